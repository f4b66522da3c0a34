"""Sizes in a report: "4 mm", "1.2 x 0.8 cm", "3 by 4 by 5 mm", "2-3 mm"."""

from __future__ import annotations

import re

from pellucid.values.report import Measurement

_NUMBER = r"\d{1,4}(?:[.,]\d{1,4})?"
_UNIT = r"(?:mm|cm|millimet(?:er|re)s?|centimet(?:er|re)s?)"
_SIZE = re.compile(
    rf"(?<![\d.])(?P<first>{_NUMBER})(?:\s?-?\s?(?P<unit1>{_UNIT}))?"
    rf"(?P<rest>(?:\s?and\s(?:{_NUMBER})(?=\s?-?\s?{_UNIT})|\s?(?:x|×|by|-|–|to)\s?(?:{_NUMBER})(?:\s?-?\s?{_UNIT})?){{0,3}})"
    rf"(?:\s?-?\s?(?P<unit2>{_UNIT}))?(?![A-Za-z\d])",
    re.IGNORECASE,
)
_PART = re.compile(rf"({_NUMBER})(?:\s?-?\s?({_UNIT}))?", re.IGNORECASE)


def find_measurements(text: str, start: int = 0, end: int | None = None) -> list[Measurement]:
    """Find the sizes between two offsets, in order; a number without a unit is none."""
    found = []
    for match in _SIZE.finditer(text, start, len(text) if end is None else end):
        units = [unit for _, unit in _PART.findall(match[0]) if unit]
        if not units:
            continue
        place = match.start()
        for written in _split_change(text, match):
            place = text.index(written, place)
            found.append(_measure(written, place, units[-1]))
            place += len(written)
    return found


def _split_change(text: str, match: re.Match[str]) -> list[str]:
    """One size, or two where one became the other: "from 4 mm to 9 mm" is no range."""
    if text[: match.start()].endswith("from "):
        return match[0].split(" to ")
    return [match[0]]


def _measure(written: str, place: int, last_unit: str) -> Measurement:
    parts = _PART.findall(written)
    last_unit = next((unit for _, unit in reversed(parts) if unit), last_unit)
    dims = tuple(
        [
            round(float(n.replace(",", ".")) * (10.0 if (unit or last_unit)[0] in "cC" else 1.0), 4)
            for n, unit in parts
        ]
    )
    return Measurement(max(dims), dims, written, place, place + len(written))
