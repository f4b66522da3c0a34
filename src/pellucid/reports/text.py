"""Plain text: bytes to characters, characters to tidy lines."""

import codecs
import re

from pellucid.errors import ReportFormatError
from pellucid.reports.limits import MAX_TEXT
from pellucid.values.report import Report

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 100_000
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2060\ufeff\ufffe\ud800-\udfff]"
)
_BLANKS = re.compile("[\u00a0\u2007\u202f]")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x19\x1c-\x1f\x7f]")
_LIGATURES = str.maketrans(
    {"\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl"}
)


def read(data: bytes) -> Report:
    """The report in a plain text file."""
    text = decode_text(data)
    if text is None:
        raise ReportFormatError(
            "this is neither a known format nor text: it looks like binary data"
        )
    if len(text) > MAX_TEXT:
        raise ReportFormatError(f"the text is longer than {MAX_TEXT:,} characters, the limit")
    return Report(text, "text")


def decode_text(data: bytes) -> str | None:
    """Characters of a text file in UTF-8, UTF-16 with its mark, or Windows-1252; else None."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _decode(data[len(bom) :], encoding)
    if b"\0" in data or len(_CONTROL.findall(data)) > len(data) / 200:
        return None
    text = _decode(data, "utf-8")
    return text if text is not None else _decode_windows(data)


def tidy(text: str) -> str:
    """Text with plain line feeds, no unseen characters and no blank edges."""
    text = _LINE_END.sub("\n", text).translate(_LIGATURES)
    text = _BLANKS.sub(" ", _UNSEEN.sub("", text))
    return re.sub(r"(?<=\S)[ \t]+(?=\n|\Z)|(?<=\n)[ \t]+(?=\n|\Z)", "", text).strip()


def _decode(data: bytes, encoding: str) -> str | None:
    """Decode; a character cut off at the very end does not count."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(data, final=False)
    except UnicodeDecodeError:
        return None


def _decode_windows(data: bytes) -> str | None:
    """Decode as Windows-1252 if the result could be text: few accents, mostly letters."""
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return None
    sample = text[:_SAMPLE]
    plain = sum(c.isalnum() or c.isspace() for c in sample)
    accents = sum(c > "\x7f" for c in sample)
    return text if plain >= 0.6 * len(sample) and accents <= 0.25 * len(sample) else None
