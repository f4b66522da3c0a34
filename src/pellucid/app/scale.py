"""Where a value falls on the scale of a score."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from pellucid.knowledge.resolve import find_range as find_range_of_number
from pellucid.values.concept import Range
from pellucid.values.question import Number


def find_range(ranges: Sequence[Range], value: str | float) -> Range | None:
    """The row that a value falls in; None if it is on no row.

    Parameters
    ----------
    ranges
        The rows of a score: ``engine.get_page("BI-RADS").ranges``.
    value
        As it is written (``"4B"``) or as a number (``212``).
    """
    label = value if isinstance(value, str) else None
    number = Number("score", str(value), parse_number(value), label or None, None, None)
    return find_range_of_number(ranges, number)


def parse_number(value: str | float) -> float | None:
    """The number that a value is; None if it is none, infinite or not a number."""
    try:
        size = float(value)
    except ValueError:
        return None
    return size if isfinite(size) else None
