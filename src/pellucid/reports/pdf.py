"""PDF: the text layer in reading order; pages without one go through OCR."""

import re
from threading import Lock
from typing import Any, NamedTuple

from pellucid.errors import MissingExtraError, ReportFormatError
from pellucid.reports import ocr
from pellucid.reports.extras import needs
from pellucid.reports.limits import MAX_PDF_PAGES, MAX_SCANNED_PAGES, MAX_TEXT
from pellucid.values.report import Report

_MIN_LETTERS = 25
_SCAN_SIDE = 2400
_MAX_SORTED_LINES = 300
_PASSWORD = 4
_SECURITY = 5
# PDFium writes one of these where a word was broken at the end of a line.
_BROKEN = re.compile("(?<![^\\W\\d_])([^\\W\\d_]+)-?[\x02\ufffe]([^\\W\\d_]+)")
_KEEPS_HYPHEN = frozenset(
    [
        "all",
        "ex",
        "follow",
        "full",
        "half",
        "high",
        "ill",
        "in",
        "intra",
        "left",
        "long",
        "low",
        "mid",
        "multi",
        "non",
        "off",
        "one",
        "peri",
        "post",
        "pre",
        "re",
        "right",
        "self",
        "semi",
        "short",
        "single",
        "six",
        "small",
        "thick",
        "thin",
        "three",
        "two",
        "un",
        "well",
    ]
)
_LOCK = Lock()


class _Line(NamedTuple):
    """A line and its box, in points from the lower left corner of the page."""

    text: str
    left: float
    bottom: float
    right: float
    top: float

    def is_above(self, other: "_Line") -> bool:
        """True if all of it lies above the other, in the same column."""
        middle = (self.bottom + self.top) / 2
        return middle > other.top and self.left < other.right and other.left < self.right


def read(data: bytes) -> Report:
    """The report in a PDF file."""
    with needs("reading a PDF", "pypdfium2"):
        import pypdfium2  # type: ignore[import-untyped]
    with _LOCK:  # PDFium works in one thread at a time
        document, code = None, None
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            code = error.err_code
        if document is None:
            if code in (_PASSWORD, _SECURITY):
                raise ReportFormatError("this PDF is protected by a password: save it without one")
            raise ReportFormatError("this PDF is damaged or cut short and cannot be read")
        try:
            return _read_document(document)
        finally:
            document.close()


def _read_document(document: Any) -> Report:
    if len(document) > MAX_PDF_PAGES:
        raise ReportFormatError(f"this PDF has more than {MAX_PDF_PAGES} pages, the limit")
    texts: list[str] = []
    scans: list[int] = []
    skipped: list[str] = []
    for number in range(len(document)):
        page = document[number]
        texts.append(_read_page(page))
        if sum(map(len, texts)) > MAX_TEXT:
            raise ReportFormatError(f"the text is longer than {MAX_TEXT:,} characters, the limit")
        if sum(map(str.isalnum, texts[-1])) < _MIN_LETTERS and _has_picture(page):
            scans.append(number)
        page.close()
    if len(scans) > MAX_SCANNED_PAGES:
        raise ReportFormatError(f"this PDF has more than {MAX_SCANNED_PAGES} scanned pages")
    has_text = any(text.strip() for n, text in enumerate(texts) if n not in scans)
    kind = "pdf"
    for number in scans:
        try:
            texts[number] = _read_scan(document[number]) or texts[number]
            kind = "scanned-pdf"
        except MissingExtraError:
            if not has_text:
                raise
            skipped.append(f"page {number + 1} is a picture: reading it needs the ocr extra")
    if document.get_formtype():
        skipped.append("what was typed into the form fields of the PDF was not read")
    return Report(_join_words("\n".join(texts)), kind, skipped=tuple(skipped))


def _read_page(page: Any) -> str:
    textpage = page.get_textpage()
    try:
        return "\n".join(line.text for line in _sort(_get_lines(textpage)))
    finally:
        textpage.close()


def _get_lines(textpage: Any) -> list[_Line]:
    """Lines in the order in which the file draws them."""
    from pypdfium2 import raw

    count = textpage.count_chars()
    if count > MAX_TEXT:
        raise ReportFormatError(f"the text is longer than {MAX_TEXT:,} characters, the limit")
    codes = [raw.FPDFText_GetUnicode(textpage.raw, i) for i in range(count)]
    lines = []
    start = 0
    for end in range(count + 1):
        if end < count and codes[end] not in (10, 13):
            continue
        seen = [i for i in range(start, end) if codes[i] > 32]
        if seen:
            first, last = textpage.get_charbox(seen[0]), textpage.get_charbox(seen[-1])
            text = "".join(map(_get_character, codes[start:end]))
            lefts, bottoms, rights, tops = zip(first, last, strict=True)
            lines.append(_Line(text, min(lefts), min(bottoms), max(rights), max(tops)))
        start = end + 1
    return lines


def _get_character(code: int) -> str:
    return chr(code) if code < 0x110000 else "\ufffd"


def _sort(lines: list[_Line]) -> list[_Line]:
    """Move a line that was drawn late up to its place in its column; columns stay whole."""
    if len(lines) > _MAX_SORTED_LINES:
        return lines
    done: list[_Line] = []
    for line in lines:
        place = next((i for i, other in enumerate(done) if line.is_above(other)), len(done))
        done.insert(place, line)
    return done


def _join_words(text: str) -> str:
    """Put together words broken at the end of a line.

    A hyphen stays where the text has the hyphenated word elsewhere, or the first part is one
    that takes a hyphen ("follow-up", "non-contrast").
    """
    words = set(re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", text.casefold()))

    def join(match: re.Match[str]) -> str:
        first, second = match[1], match[2]
        hyphened, joined = f"{first}-{second}", first + second
        if joined.casefold() in words:
            return joined
        keep = hyphened.casefold() in words or first.casefold() in _KEEPS_HYPHEN
        return hyphened if keep or len(first) == 1 or second[0].isupper() else joined

    return re.sub("-?[\x02\ufffe]", "-", _BROKEN.sub(join, text))


def _has_picture(page: Any) -> bool:
    from pypdfium2 import raw

    return any(page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3))


def _read_scan(page: Any) -> str:
    ocr.get_engine("reading the pages of a scanned PDF")
    scale = min(_SCAN_SIDE / max(page.get_size()), 4.0)
    picture = page.render(scale=scale, may_draw_forms=False).to_pil()
    page.close()
    return ocr.read_picture(picture)
