"""Word .docx: paragraphs and tables in order, headers and footers once."""

import io
import zipfile
from collections.abc import Iterator
from typing import Any

from pellucid.errors import ReportFormatError
from pellucid.reports.extras import needs
from pellucid.reports.html import STRUCK_NOTE
from pellucid.reports.limits import (
    MAX_ZIP_BYTES,
    MAX_ZIP_RATIO,
    MIN_ZIP_BYTES_FOR_RATIO,
)
from pellucid.reports.lines import Lines
from pellucid.values.report import Report

_ENCRYPTED = 1
_DROPPED = frozenset(
    ["del", "moveFrom", "delText", "instrText", "Fallback", "pPr", "rPr", "tblPr", "sectPr"]
)
_BREAKS = frozenset(["br", "cr"])
_OFF = frozenset(("0", "false", "off"))


def read(data: bytes) -> Report:
    """The report in a Word document."""
    with needs("reading a Word file", "python-docx"):
        import docx
    _check_zip(data)
    document = docx.Document(io.BytesIO(data))
    part = document.part
    if part.element.getroottree().docinfo.doctype:
        raise ReportFormatError("this Word file declares XML entities, which is not safe to read")
    reader = _Reader()
    for section in document.sections:
        for header in (section.first_page_header, section.header):
            reader.read_once(header)
    reader.read(document.element.body)
    for section in document.sections:
        for footer in (section.first_page_footer, section.footer):
            reader.read_once(footer)
    text = reader.lines.get_text()
    names = [str(p.partname) for p in part.package.iter_parts()]
    pictures = sum(name.startswith("/word/media/") for name in names)
    if not text and pictures:
        raise ReportFormatError(
            "this Word file holds a picture and no text: save the picture itself as PNG or JPEG"
        )
    if pictures:
        reader.skipped.append(f"pictures in the Word file: {pictures}")
    return Report(text, "docx", skipped=tuple(reader.skipped))


def _check_zip(data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
    if any(entry.flag_bits & _ENCRYPTED for entry in entries):
        raise ReportFormatError("this Word file is protected by a password: save it without one")
    size = sum(entry.file_size for entry in entries)
    if size > MAX_ZIP_BYTES or (
        size > MIN_ZIP_BYTES_FOR_RATIO and size > MAX_ZIP_RATIO * len(data)
    ):
        raise ReportFormatError("this Word file expands to far more than a report: not read")


def _get_name(node: Any) -> str:
    """Name of an element without its namespace; "" for comments and the like."""
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def _get_value(node: Any, name: str) -> str:
    return next((v for k, v in node.attrib.items() if k.rpartition("}")[2] == name), "")


class _Reader:
    """Walks the elements of a story: python-docx's own walk passes over content controls,
    text boxes and tracked insertions, which templates of reports are full of.
    """

    def __init__(self) -> None:
        self.lines = Lines()
        self.skipped: list[str] = []
        self._seen: set[str] = set()

    def read_once(self, story: Any) -> None:
        """Read a header or footer unless it repeats another."""
        if story.is_linked_to_previous:
            return
        lines, self.lines = self.lines, Lines()
        self.read(story._element)
        text, self.lines = self.lines.get_text(), lines
        if text and text not in self._seen:
            self._seen.add(text)
            self.lines.add_lines(text)
            self.lines.end_line()

    def read(self, node: Any) -> None:
        """Read an element and all in it."""
        name = _get_name(node)
        if name in _DROPPED:
            if name in ("del", "moveFrom"):
                self._skip(STRUCK_NOTE)
        elif name == "t":
            self.lines.add(node.text or "")
        elif name == "tab":
            self.lines.add("\t")
        elif name == "noBreakHyphen":
            self.lines.add("-")
        elif name in _BREAKS:
            self.lines.end_line()
        elif name == "p":
            self._read_paragraph(node)
        elif name == "tr":
            self.lines.start_row()
            self._read_children(node)
            self.lines.end_row()
        elif name == "tc":
            self.lines.start_cell()
            self._read_children(node)
        elif name == "r" and self._is_struck(node):
            self._skip(STRUCK_NOTE)
        elif name in ("footnoteReference", "endnoteReference"):
            self._skip("footnotes of the Word file")
        else:
            self._read_children(node)

    def _read_paragraph(self, node: Any) -> None:
        # A text box sits inside the paragraph that it is anchored to: it comes after it.
        self.lines.end_line()
        boxes = list(_find_boxes(node))
        self._read_children(node)
        self.lines.end_line()
        for box in boxes:
            for child in box:
                self.read(child)
            self.lines.end_line()

    def _read_children(self, node: Any) -> None:
        for child in node:
            if _get_name(child) != "txbxContent":
                self.read(child)

    def _is_struck(self, run: Any) -> bool:
        marks = [m for p in run if _get_name(p) == "rPr" for m in p]
        return any(
            _get_name(m) in ("strike", "dstrike", "vanish") and _get_value(m, "val") not in _OFF
            for m in marks
        )

    def _skip(self, line: str) -> None:
        if line not in self.skipped:
            self.skipped.append(line)


def _find_boxes(paragraph: Any) -> Iterator[Any]:
    """Text boxes of a paragraph, outermost only, without the copies for old programs."""
    for child in paragraph:
        name = _get_name(child)
        if name == "txbxContent":
            yield child
        elif name not in ("Fallback", "p"):
            yield from _find_boxes(child)
