"""DICOM: structured reports as lines in the order of the tree, encapsulated PDF and CDA."""

import io
from collections.abc import MutableSequence
from typing import TYPE_CHECKING, Any

from pellucid.errors import ReportFormatError
from pellucid.reports.extras import needs
from pellucid.reports.lines import Lines
from pellucid.reports.parts import OpenPart
from pellucid.values.report import Report

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_STRUCTURED = "1.2.840.10008.5.1.4.1.1.88."
_ENCAPSULATED = {
    "1.2.840.10008.5.1.4.1.1.104.1": "dicom-pdf",
    "1.2.840.10008.5.1.4.1.1.104.2": "dicom-cda",
}
_DEFLATED = b"1.2.840.10008.1.2.1.99"
_NO_MODALITY = frozenset(("SR", "DOC", "KO", "PR", "OT", ""))
# Code values of DCM: what language the text is in, and of which country.
_LANGUAGE = frozenset(("121045", "121046", "121047", "121048", "121049"))
_MODALITY, _TARGET = "121139", "123014"
_REFERENCES = frozenset(["IMAGE", "COMPOSITE", "WAVEFORM", "SCOORD", "SCOORD3D", "TCOORD"])
_SIMPLE = {
    "TEXT": "TextValue",
    "PNAME": "PersonName",
    "DATE": "Date",
    "TIME": "Time",
    "DATETIME": "DateTime",
}


def read(data: bytes, open_part: OpenPart) -> Report:
    """The report in a DICOM object."""
    with needs("reading DICOM", "pydicom"):
        import pydicom
        from pydicom.config import disable_value_validation
    if _DEFLATED in data[:2048]:
        raise ReportFormatError("this DICOM file is deflated: save it uncompressed")
    with disable_value_validation():
        dataset = pydicom.dcmread(io.BytesIO(data), force=True)
        kind = str(dataset.get("SOPClassUID", ""))
        modality = _get(dataset, "Modality").upper()
        body_part = _get(dataset, "BodyPartExamined")
        known = None if modality in _NO_MODALITY else modality
        if kind in _ENCAPSULATED:
            content = bytes(dataset.EncapsulatedDocument)
            report = open_part(content[: dataset.get("EncapsulatedDocumentLength") or None])
            return report._replace(
                format=_ENCAPSULATED[kind], modality=known, body_part=body_part or None
            )
        if not kind.startswith(_STRUCTURED):
            if not dataset:
                raise ReportFormatError("this DICOM file is damaged or cut short")
            raise ReportFormatError(
                "this DICOM file is an image or another object, not a structured report"
            )
        reader = _Reader()
        reader.read_item(dataset, "")
    return Report(
        reader.lines.get_text(),
        "dicom-sr",
        known or reader.modality,
        body_part or reader.body_part,
        tuple(reader.skipped),
    )


def _get(dataset: "Dataset", keyword: str) -> str:
    """An element as text; several values stand with spaces."""
    value = dataset.get(keyword)
    if value is None:
        return ""
    values = [value] if not isinstance(value, MutableSequence) else value
    return " ".join(map(str, values)).strip()


def _get_code(dataset: "Dataset", keyword: str) -> tuple[str, str]:
    """Code value and meaning of the first item of a code sequence."""
    for item in dataset.get(keyword) or ():
        value = _get(item, "CodeValue") or _get(item, "LongCodeValue") or _get(item, "URNCodeValue")
        return value, _get(item, "CodeMeaning") or value
    return "", ""


def _is_same(name: str, heading: str) -> bool:
    """True for Finding under Findings, Impression under Impressions."""
    short, long = sorted((name.casefold(), heading.casefold()), key=len)
    return bool(short) and long.startswith(short)


class _Reader:
    def __init__(self) -> None:
        self.lines = Lines()
        self.skipped: list[str] = []
        self.modality: str | None = None
        self.body_part: str | None = None

    def read_item(self, item: "Dataset", heading: str) -> None:
        """Read a content item and those below it; ``heading`` is that of its container."""
        code, name = _get_code(item, "ConceptNameCodeSequence")
        kind = _get(item, "ValueType").upper()
        if code in _LANGUAGE:
            return
        if kind == "CONTAINER":
            self.lines.add_heading(name)
            heading = name
        elif kind in _REFERENCES or "ReferencedContentItemIdentifier" in item:
            self._skip("references to images and other objects")
        elif kind != "UIDREF":
            text = self._get_value(item, kind, code)
            title = "" if kind == "TEXT" and _is_same(name, heading) else name
            if text:
                self.lines.add_lines(f"{title}: {text}" if title else text)
                self.lines.end_line()
        for child in item.get("ContentSequence") or ():
            self.read_item(child, heading)

    def _get_value(self, item: Any, kind: str, code: str) -> str:
        if kind in _SIMPLE:
            text = _get(item, _SIMPLE[kind]).replace("\r\n", "\n").replace("\r", "\n")
            return " ".join(text.replace("^", " ").split()) if kind == "PNAME" else text
        if kind == "CODE":
            value, meaning = _get_code(item, "ConceptCodeSequence")
            if code == _MODALITY:
                self.modality = self.modality or value or None
            if code == _TARGET:
                self.body_part = self.body_part or meaning or None
            return meaning
        if kind == "NUM":
            return self._get_measure(item)
        return ""

    def _get_measure(self, item: Any) -> str:
        for measured in item.get("MeasuredValueSequence") or ():
            unit_code, unit = _get_code(measured, "MeasurementUnitsCodeSequence")
            shown = "" if unit_code == "1" else unit_code if unit_code.isalpha() else unit
            return f"{_get(measured, 'NumericValue')} {shown}".strip()
        return _get_code(item, "NumericValueQualifierCodeSequence")[1]

    def _skip(self, line: str) -> None:
        if line not in self.skipped:
            self.skipped.append(line)
