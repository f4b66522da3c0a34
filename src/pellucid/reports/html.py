"""HTML: blocks become lines, rows of tables one line each, scripts and styles are dropped."""

import re

from pellucid.errors import ReportFormatError
from pellucid.reports.extras import needs
from pellucid.reports.lines import Lines
from pellucid.reports.text import decode_text
from pellucid.values.report import Report

_CHARSET = re.compile(rb"(?i)<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w-]+)")
_DECLARED = re.compile(r"\s*<\?xml[^>]*\?>")
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "caption",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "nav",
        "ol",
        "option",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "ul",
    ]
)
_DROPPED = frozenset(
    ["script", "style", "title", "template", "noscript", "svg", "iframe", "object"]
)
_STRUCK = frozenset(["del", "s", "strike"])
STRUCK_NOTE = "text that is struck through or deleted was left out"


def read(data: bytes) -> Report:
    """The report in an HTML page."""
    declared = _CHARSET.search(data[:2048])
    text = decode_text(data)
    if declared and declared[1].lower() not in (b"utf-8", b"utf8"):
        try:
            text = data.decode(declared[1].decode("ascii"))
        except (LookupError, UnicodeDecodeError):
            text = text or None
    if text is None:
        raise ReportFormatError("the characters of this HTML page cannot be decoded")
    content, skipped = read_html(text)
    return Report(content, "html", skipped=skipped)


def read_html(text: str) -> tuple[str, tuple[str, ...]]:
    """Text of an HTML page or fragment, and what of it was left out."""
    with needs("reading HTML", "lxml"):
        from lxml import etree  # type: ignore[import-untyped]
    page = _Page()
    clean = text.replace("\0", "")
    declared = _DECLARED.match(clean)
    clean = clean[declared.end() :] if declared else clean
    parser = etree.HTMLParser(target=page, encoding="utf-8", huge_tree=True)
    parser.feed(clean.encode("utf-8", "replace"))
    parser.close()
    return page.lines.get_text(), page.skipped


class _Page:
    """Takes the parser's events; nesting of any depth costs nothing."""

    def __init__(self) -> None:
        self.lines = Lines()
        self.skipped: tuple[str, ...] = ()
        self._dropped = 0
        self._kept = 0

    def start(self, tag: str, attributes: object) -> None:
        if tag in _DROPPED or tag in _STRUCK:
            self._dropped += 1
        if tag in _STRUCK:
            self.skipped = (STRUCK_NOTE,)
        if tag == "pre":
            self._kept += 1
        if tag == "tr":
            self.lines.start_row()
        elif tag in ("td", "th"):
            self.lines.start_cell()
        elif tag in _BLOCKS:
            self.lines.end_line()

    def end(self, tag: str) -> None:
        if tag in _DROPPED or tag in _STRUCK:
            self._dropped -= 1
        if tag == "pre":
            self._kept -= 1
        if tag == "tr":
            self.lines.end_row()
        elif tag in _BLOCKS:
            self.lines.end_line()

    def data(self, data: str) -> None:
        if self._dropped:
            return
        if self._kept:
            self.lines.add_lines(data)
        else:
            self.lines.add(data)

    def comment(self, text: str) -> None:
        """Comments are no text."""

    def close(self) -> None:
        """Nothing to close."""
