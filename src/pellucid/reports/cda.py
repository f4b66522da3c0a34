"""CDA and C-CDA: titles and narrative text of the sections, in order."""

from typing import TYPE_CHECKING

from pellucid.errors import ReportFormatError
from pellucid.reports.extras import needs
from pellucid.reports.html import STRUCK_NOTE
from pellucid.reports.lines import Lines
from pellucid.reports.parts import OpenPart, Parts, decode_base64
from pellucid.values.report import Report

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_BLOCKS = frozenset(
    ["paragraph", "list", "item", "table", "thead", "tbody", "tfoot", "caption", "br", "text"]
)
_PICTURES = frozenset(("renderMultiMedia", "observationMedia"))


def read(data: bytes, open_part: OpenPart) -> Report:
    """The report in a CDA document."""
    with needs("reading CDA", "defusedxml"):
        from defusedxml import DefusedXmlException
        from defusedxml.ElementTree import fromstring
    try:
        root = fromstring(data.strip())
    except DefusedXmlException:
        root = None
    if root is None:
        raise ReportFormatError("this XML file declares entities, which is not safe to read")
    if _get_name(root) != "ClinicalDocument":
        raise ReportFormatError("this is XML, but no CDA document: only CDA reports are read")
    reader = _Reader(Parts(open_part))
    reader.read_document(root)
    text = reader.lines.get_text()
    if not text and reader.parts.error:
        raise reader.parts.error
    return Report(text, "cda", skipped=tuple(reader.parts.skipped))


def _get_name(node: "Element") -> str:
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def _find(node: "Element", name: str) -> "Element | None":
    return next((child for child in node if _get_name(child) == name), None)


class _Reader:
    def __init__(self, parts: Parts) -> None:
        self.lines = Lines()
        self.parts = parts

    def read_document(self, root: "Element") -> None:
        """Read the title and each body of a document."""
        self._read_title(root)
        for component in root:
            if _get_name(component) != "component":
                continue
            for body in component:
                if _get_name(body) == "nonXMLBody":
                    self._read_attachment(body)
                else:
                    self._read_sections(body)

    def _read_sections(self, node: "Element") -> None:
        for child in node:
            if _get_name(child) == "component":
                self._read_sections(child)
            elif _get_name(child) == "section":
                self._read_section(child)

    def _read_section(self, section: "Element") -> None:
        title = self._read_title(section)
        narrative = _find(section, "text")
        if narrative is not None:
            self._read_narrative(narrative)
            self.lines.end_line()
        elif _find(section, "entry") is not None:
            self.parts.skip(f"section {title or 'without title'}: coded entries without text")
        self._read_sections(section)

    def _read_title(self, node: "Element") -> str:
        found = _find(node, "title")
        title = "".join(found.itertext()).strip() if found is not None else ""
        self.lines.add_heading(title)
        return title

    def _read_narrative(self, node: "Element") -> None:
        name = _get_name(node)
        if name in _PICTURES:
            self.parts.skip("pictures in the text")
        elif node.get("revised") == "delete":
            self.parts.skip(STRUCK_NOTE)
        elif name == "tr":
            self.lines.start_row()
            self._read_content(node)
            self.lines.end_row()
        elif name in ("td", "th"):
            self.lines.start_cell()
            self._read_content(node)
        elif name in _BLOCKS:
            self.lines.end_line()
            self._read_content(node)
            self.lines.end_line()
        else:
            self._read_content(node)

    def _read_content(self, node: "Element") -> None:
        self.lines.add(node.text or "")
        for child in node:
            self._read_narrative(child)
            self.lines.add(child.tail or "")

    def _read_attachment(self, body: "Element") -> None:
        node = _find(body, "text")
        if node is None:
            return
        content = "".join(node.itertext())
        if node.get("representation") == "B64":
            content = self.parts.open(decode_base64(content), "attached file")
        elif _find(node, "reference") is not None:
            self.parts.skip("the report is given as a link, which was not followed")
        self.lines.add_lines(content)
        self.lines.end_line()
