"""HL7 v2 ORU messages: the OBX segments in order, escapes resolved, attachments opened."""

import re
from typing import Any, NamedTuple

from pellucid.errors import ReportFormatError
from pellucid.reports.detect import is_html
from pellucid.reports.extras import needs
from pellucid.reports.html import read_html
from pellucid.reports.limits import MAX_SEGMENTS, MAX_SEPARATORS
from pellucid.reports.parts import OpenPart, Parts, decode_base64
from pellucid.reports.text import decode_text
from pellucid.values.report import Report

_SECTION = re.compile(
    r"(?i)^(?:\w+ )?(?:findings?|impressions?|conclusions?|indications?|techniques?|procedure|"
    r"comparisons?|(?:clinical )?history|clinical information|reason for (?:study|exam\w*)|"
    r"recommendations?|addend(?:um|a)|opinion|summary)(?: section)?$"
)
_SUFFIXES = {"IMP": "IMPRESSION", "REC": "RECOMMENDATION", "ADT": "ADDENDUM"}
_TEXT_TYPES = frozenset(("TX", "FT", "ST", ""))
_NOT_A_RESULT = frozenset(("D", "W", "X"))
_ESCAPED_BREAK = re.compile(
    r"(?i)\.(?:br|sp\s*[+-]?\d*|ce|fi|nf|in\s*[+-]?\d*|ti\s*[+-]?\d*|sk\s*\d*)$"
)
_LINE_BREAKS = (".br", ".sp", ".ce")


class _Marks(NamedTuple):
    """The separators that a message declares, in the order of the standard's names."""

    field: str
    component: str
    repetition: str
    escape: str
    subcomponent: str


def read(data: bytes, open_part: OpenPart) -> Report:
    """The report in one HL7 v2 message, or in several one after another."""
    with needs("reading HL7 v2", "hl7"):
        import hl7  # type: ignore[import-untyped]
    text = _decode(data)
    parts = Parts(open_part)
    lines: list[str] = []
    for message in _split(text):
        marks = _get_marks(message)
        if sum(map(message.count, set(marks))) > MAX_SEPARATORS:
            raise ReportFormatError("the message has more fields than a report can have")
        reader = _Reader(marks, parts)
        for segment in hl7.parse(message):
            reader.read_segment(segment)
        lines += reader.lines
    found = "\n".join(lines)
    if not found.strip():
        raise parts.error or ReportFormatError("this HL7 message holds no report: no OBX with text")
    return Report(found, "hl7", skipped=tuple(parts.skipped))


def _decode(data: bytes) -> str:
    declared = re.search(rb"8859[/-](\d{1,2})", data[:1000].splitlines()[0] if data else b"")
    data = data.strip(b"\x0b\x1c\r\n ")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        if declared and declared[1] != b"1":
            return data.decode(f"iso8859-{int(declared[1])}", "replace")
        return decode_text(data) or data.decode("cp1252", "replace")


def _split(text: str) -> list[str]:
    """Messages with CR between segments; a line that begins no segment goes on the last."""
    messages: list[list[list[str]]] = []
    all_lines = re.split("[\r\n\x0b\x1c]+", text)
    if len(all_lines) > MAX_SEGMENTS:
        raise ReportFormatError(f"the message has more than {MAX_SEGMENTS:,} lines, the limit")
    for line in all_lines:
        if re.match(r"\ufeff?\s*MSH[^\w\s]", line):
            messages.append([[line.strip("\ufeff \t")]])
        elif messages and re.match("[A-Z][A-Z0-9]{2}" + re.escape(messages[-1][0][0][3]), line):
            messages[-1].append([line])
        elif messages and line.strip():
            messages[-1][-1].append(line)
    return ["\r".join("\n".join(segment) for segment in message) for message in messages]


def _get_marks(message: str) -> _Marks:
    declared = message[3:8]
    default = "|^~\\&"
    marks = declared[0] + declared[1:].partition(declared[0])[0]
    return _Marks(*(marks + default[len(marks) :]))


class _Reader:
    def __init__(self, marks: _Marks, parts: Parts) -> None:
        self.lines: list[str] = []
        self._marks = marks
        self._parts = parts
        self._heading = ""
        escape = re.escape(marks.escape)
        self._escapes = re.compile(f"{escape}([^{escape}\n]{{0,200}}){escape}")

    def read_segment(self, segment: Any) -> None:
        """Add what a segment says to the lines."""
        name = str(segment[0])
        if name == "OBR":
            title = self._get_name(_get(segment, 4))
            self._heading = ""
            self.lines += [title] if title else []
        elif name == "NTE":
            self._add_text(_get(segment, 3))
        elif name == "OBX":
            if _get(segment, 11).strip() in _NOT_A_RESULT:
                self._parts.skip("a result that is marked as deleted, wrong or not available")
            else:
                self._read_result(segment)

    def _read_result(self, segment: Any) -> None:
        kind = _get(segment, 2).strip().upper()
        identifier = _get(segment, 3)
        value = _get(segment, 5)
        heading = self._get_heading(identifier)
        if heading and heading != self._heading and not _begins_with(value, heading):
            self.lines.append(f"{heading}:")
        self._heading = heading
        if kind in _TEXT_TYPES:
            self._add_text(value)
        elif kind == "ED":
            for one in value.split(self._marks.repetition):
                self._add_attachment(one)
        elif kind == "RP":
            self._parts.skip("a result that is given only as a link")
        else:
            self._add_value(kind, "" if heading else self._get_name(identifier), value, segment)

    def _add_text(self, value: str) -> None:
        for one in value.split(self._marks.repetition):
            text = self._unescape(one)
            if text.lstrip().startswith("{\\rtf"):
                self._parts.skip("rich text (RTF) inside the message")
                continue
            if is_html(text):
                text, skipped = read_html(text)
                for line in skipped:
                    self._parts.skip(line)
            self.lines.append(text)

    def _add_value(self, kind: str, name: str, value: str, segment: Any) -> None:
        """Add a coded, numeric or other value as "name: value units"."""
        marks = self._marks
        words = []
        for one in value.split(marks.repetition):
            pieces = [self._unescape(piece).strip() for piece in one.split(marks.component)]
            if kind in ("CE", "CWE", "CNE", "CF"):
                # identifier^text^system^alternate^alternate text^system^...^original text
                texts = [pieces[i] for i in (8, 1, 4, 0) if i < len(pieces)]
                words.append(next(filter(None, texts), ""))
            else:
                words.append(" ".join(filter(None, pieces)))
        said = ", ".join(filter(None, words))
        unit = self._unescape(_get(segment, 6).split(marks.component)[0]).strip()
        if said:
            self.lines.append(": ".join(filter(None, (name, f"{said} {unit}".strip()))))

    def _add_attachment(self, value: str) -> None:
        # source^type of data^subtype^encoding^data
        pieces = value.split(self._marks.component, 4)
        if len(pieces) < 5:
            if value.strip():
                self._parts.skip("an attachment without data")
            return
        name = " ".join(self._unescape("/".join(p for p in pieces[1:3] if p)).split())[:40]
        encoding, content = pieces[3].strip().lower(), pieces[4]
        if encoding == "base64":
            data = decode_base64(content)
        elif encoding == "hex":
            data = _decode_hex(content)
        else:
            data = self._unescape(content).encode()
        text = self._parts.open(data, name or "attachment")
        self.lines += [text] if text else []

    def _get_heading(self, identifier: str) -> str:
        """The section that OBX-3 names, in capitals, or ""."""
        first = identifier.split(self._marks.component)[0]
        suffix = (
            first.rpartition(self._marks.subcomponent)[2]
            if self._marks.subcomponent in first
            else ""
        )
        if suffix in _SUFFIXES:
            return _SUFFIXES[suffix]
        pieces = identifier.replace(self._marks.subcomponent, self._marks.component)
        for piece in pieces.split(self._marks.component):
            name = self._unescape(piece).strip().strip(":")
            if _SECTION.match(name):
                return name.upper()
        return ""

    def _get_name(self, identifier: str) -> str:
        """The words of an identifier^text^system field."""
        pieces = identifier.split(self._marks.component)
        name = pieces[1] if len(pieces) > 1 and pieces[1].strip() else pieces[0]
        return " ".join(self._unescape(name).split())

    def _unescape(self, text: str) -> str:
        return self._escapes.sub(self._resolve, text)

    def _resolve(self, match: re.Match[str]) -> str:
        code = match[1]
        plain = dict(zip("FSRET", self._marks, strict=True))
        if code in plain:
            return plain[code]
        if _ESCAPED_BREAK.match(code):
            return "\n" if code.lower().startswith(_LINE_BREAKS) else ""
        if code in ("H", "N"):
            return ""
        if code[:1] == "X":
            data = _decode_hex(code[1:])
            return (decode_text(data) or "") if data else match[0]
        return "" if re.fullmatch(r"[CMZ][0-9A-Fa-f]+", code) else match[0]


def _get(segment: Any, number: int) -> str:
    return str(segment[number]) if number < len(segment) else ""


def _begins_with(value: str, heading: str) -> bool:
    return value.lstrip().casefold().startswith(heading.rstrip("S").casefold())


def _decode_hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
