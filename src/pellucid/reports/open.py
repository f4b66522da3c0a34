"""The way in: the bytes of a file -> its report."""

import warnings
from collections.abc import Callable

from pellucid.errors import PellucidError, ReportFormatError
from pellucid.reports import cda, dicom, fhir, hl7v2, html, image, pdf, text, word
from pellucid.reports.detect import detect_kind
from pellucid.reports.limits import MAX_FILE_BYTES, MAX_PART_DEPTH, MAX_TEXT
from pellucid.reports.parts import OpenPart
from pellucid.values.report import Report

_FILES: dict[str, tuple[str, Callable[[bytes], Report]]] = {
    "text": ("text", text.read),
    "pdf": ("PDF", pdf.read),
    "docx": ("Word", word.read),
    "html": ("HTML", html.read),
    "image": ("picture", image.read),
}
_CONTAINERS: dict[str, tuple[str, Callable[[bytes, OpenPart], Report]]] = {
    "fhir": ("FHIR", fhir.read),
    "hl7": ("HL7", hl7v2.read),
    "dicom": ("DICOM", dicom.read),
    "cda": ("CDA", cda.read),
}


def open_report(data: bytes) -> Report:
    r"""Read a report: text, PDF, Word, HTML, FHIR, HL7 v2, DICOM, CDA, or a picture of one.

    The format is told by the content. Raises ReportFormatError with one line if the bytes are
    no report that can be read, MissingExtraError if a library for the format is missing.

    >>> open_report(b"CT of the chest\r\nNo change.").text
    'CT of the chest\nNo change.'
    """
    if len(data) > MAX_FILE_BYTES:
        raise ReportFormatError(f"the file is over {MAX_FILE_BYTES // 1_000_000} MB, the limit")
    return _open(data, depth=0)


def _open(data: bytes, depth: int) -> Report:
    if not data.strip():
        raise ReportFormatError("the file is empty")
    if depth > MAX_PART_DEPTH:
        raise ReportFormatError("files stand inside files too deep to be a report")
    kind = detect_kind(data)
    report = None
    # A library's own words may quote the report: nothing of them gets out of this block.
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if kind in _FILES:
                report = _FILES[kind][1](data)
            else:
                report = _CONTAINERS[kind][1](data, lambda part: _open(part, depth + 1))
    except PellucidError:
        raise
    except Exception:  # libraries raise anything on damaged bytes
        report = None
    if report is None:
        name = (_FILES.get(kind) or _CONTAINERS[kind])[0]
        raise ReportFormatError(f"this {name} file is damaged or cut short and cannot be read")
    return _finish(report)


def _finish(report: Report) -> Report:
    if len(report.text) > MAX_TEXT:
        raise ReportFormatError(f"the text is longer than {MAX_TEXT:,} characters, the limit")
    clean = text.tidy(report.text)
    if not clean:
        raise ReportFormatError("the file holds no text")
    return report._replace(text=clean)
