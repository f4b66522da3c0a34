"""The rows of a score: read from its page, and found by a value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from math import floor, inf, nextafter

from pellucid.values.answer import Answer
from pellucid.values.concept import Range
from pellucid.web.drawings.content import load_content


def find_rows(page: Answer) -> tuple[Range, ...]:
    """The rows of a score's page (``engine.show``), in their order; none if it has no scale."""
    section = next((s for s in page.sections if s.key == "ranges"), None)
    return tuple(_read_row(s.text, s.citations) for s in section.statements) if section else ()


def find_row(rows: Sequence[Range], value: str | float) -> int | None:
    """Position of the row that a value falls in: by its written form first, then by its size."""
    if isinstance(value, str):
        forms = _list_forms(value)
        for position, row in enumerate(rows):
            if row.value and any(_list_forms(v) & forms for v in (row.value, *row.also)):
                return position
    size = _parse_number(value)
    if size is None:
        return None
    bounds = [b for row in rows for b in (row.low, row.high) if b is not None]
    # A scale of whole numbers takes whole numbers: 99.6 is not yet 100.
    size = floor(size) if all(b == int(b) for b in bounds) else round(size, 1)
    for position, row in enumerate(rows):
        low = -inf if row.low is None else row.low
        high = inf if row.high is None else row.high
        if (low, high) != (-inf, inf) and low <= size <= high:
            return position
    return None


def find_share(row: Range, value: str | float) -> float | None:
    """How far a value is from the low to the high end of its row, 0 to 1; None if it is open."""
    size = _parse_number(value)
    if size is None or row.low is None or row.high is None or row.high <= row.low:
        return None
    return min(max((size - row.low) / (row.high - row.low), 0.0), 1.0)


def _parse_number(value: str | float) -> float | None:
    try:
        size = float(value)
    except ValueError:
        return None
    return size if abs(size) < inf else None  # neither infinite nor "nan"


def _list_forms(value: str) -> set[str]:
    """The ways in which one step is written: with the letters of its scale or not, in Roman."""
    content = load_content("scale")
    whole = "".join(value.upper().split())
    bare = re.sub(content["letters"], "", whole)
    roman = content["roman"].get(bare[:1], bare[:1]) + bare[1:]
    return {form for form in (whole, bare, roman) if form}


@cache
def _list_bounds() -> tuple[tuple[re.Pattern[str], float | None, float | None], ...]:
    """How labels say numbers, each with the ends that need no saying."""
    content = load_content("scale")
    return tuple(
        (
            re.compile(row["label"].replace("{number}", content["number"])),
            row.get("low"),
            row.get("high"),
        )
        for row in content["bounds"]
    )


def _read_row(text: str, citations: tuple[str, ...]) -> Range:
    content = load_content("scale")
    parts = re.match(content["label"], text, re.DOTALL)
    label, meaning = (parts["label"], parts["meaning"]) if parts else (text, text)
    for pattern, least, most in _list_bounds():
        if found := pattern.fullmatch(label):
            low, high = _read_bounds(found.groupdict())
            low = least if low is None else low
            high = most if high is None else high
            return Range(label, meaning, citations, low=low, high=high)
    named = re.fullmatch(content["value"], label)
    return Range(label, meaning, citations, value=named["value"] if named else label)


def _read_bounds(found: dict[str, str | None]) -> tuple[float | None, float | None]:
    """Low and high of a row; a bound that is not part of it moves by the smallest step."""
    if found.get("high") == "":  # one number alone
        found = {**found, "high": found["low"]}
    numbers = {key: float(text) for key, text in found.items() if text}
    low, high = numbers.get("low"), numbers.get("high")
    above, below = numbers.get("above"), numbers.get("below")
    if above is not None and below is not None and above > below:
        above, below = below, above
    if low is not None and high is not None and low > high:
        low, high = high, low
    if above is not None:
        low = nextafter(above, inf)
    if below is not None:
        high = nextafter(below, -inf)
    return low, high
