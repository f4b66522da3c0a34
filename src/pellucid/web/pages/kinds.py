"""What was typed into the one box: a question, or a report."""

from __future__ import annotations

import re

#: A question up to this length, in one line, may stand in an address.
MAX_SHORT = 300
_MANY_LINES = 5
_LONG = 900
# "IMPRESSION:" or "Clinical history:" at the beginning of a line; or in capitals anywhere.
_HEADING = re.compile(r"^\s*[A-Z][A-Za-z/&() ]{2,40}:(?!//)|\b[A-Z][A-Z /&]{4,40}:", re.MULTILINE)


def looks_like_report(text: str) -> bool:
    """Whether a text is built as reports are: headings, many lines, or great length."""
    lines = [line for line in text.splitlines() if line.strip()]
    headings = len(_HEADING.findall(text))
    if text.rstrip().endswith("?") and len(text) <= _LONG and headings < 2:
        return False
    return len(text) > _LONG or len(lines) >= _MANY_LINES or headings >= 1


def is_short(text: str) -> bool:
    """Whether a question is short enough to stand in an address."""
    return len(text) <= MAX_SHORT and "\n" not in text and not looks_like_report(text)
