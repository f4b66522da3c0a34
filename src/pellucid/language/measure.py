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
        parts = _PART.findall(match[0])
        units = [unit for _, unit in parts if unit]
        if not units:
            continue
        factors = [10.0 if (unit or units[-1])[0] in "cC" else 1.0 for _, unit in parts]
        dims = tuple(
            [
                round(float(n.replace(",", ".")) * f, 4)
                for (n, _), f in zip(parts, factors, strict=True)
            ]
        )
        found.append(Measurement(max(dims), dims, match[0], match.start(), match.end()))
    return found
