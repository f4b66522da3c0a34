"""Where a value falls: the rows of a score as steps, the one of the value marked."""

from __future__ import annotations

from collections.abc import Sequence

from pellucid.app.scale import find_range, parse_number
from pellucid.values.concept import Range
from pellucid.web.drawings.content import load_content
from pellucid.web.drawings.curves import trace_polygon
from pellucid.web.drawings.svg import MARK, TISSUE, Svg, build_drawing, build_element

_WIDTH, _HEIGHT, _GAP = 320, 34, 4
_BOX = 210  # width of a step; the value stands beside it
_LONGEST = 10  # characters of a value that fit beside it


def draw_scale(
    rows: Sequence[Range], value: str | float | None = None, name: str | None = None
) -> Svg:
    """Draw the steps of a score from top to bottom and point at the one that a value falls in.

    Parameters
    ----------
    rows
        The rows of a score, at least one.
    value
        As it is written (``"4B"``) or as a number (``212``). Without one, no step is marked.
    name
        Name of the score, for the title.

    Raises
    ------
    ValueError
        If there are no rows.
    """
    if not rows:
        raise ValueError("a scale needs at least one row")
    content = load_content("scale")
    found = None if value is None else _find_step(rows, value)
    steps = [_draw_step(row.label, i, i == found) for i, row in enumerate(rows)]
    if found is not None and value is not None:
        steps.append(_draw_pointer(_write(value), _get_height(rows, found, value)))
    title = content["title"].format(name=name) if name else content["plain_title"]
    size = (_WIDTH, len(rows) * (_HEIGHT + _GAP) - _GAP + 4)
    return build_drawing(*steps, title=title, text=describe_scale(rows, value), size=size)


def describe_scale(rows: Sequence[Range], value: str | float | None = None) -> str:
    """What the drawing shows, in words."""
    content = load_content("scale")
    labels = "; ".join(row.label for row in rows)
    text: str = content["unmarked"].format(labels=labels)
    if value is None:
        return text
    found = _find_step(rows, value)
    if found is None:
        return f"{text} {content['outside'].format(value=_write(value))}"
    place = content["marked"].format(
        value=_write(value), step=found + 1, count=len(rows), label=rows[found].label
    )
    return f"{text} {place}"


def _find_step(rows: Sequence[Range], value: str | float) -> int | None:
    row = find_range(rows, value)
    return rows.index(row) if row else None


def _find_share(row: Range, value: str | float) -> float | None:
    """How far a value is from the low to the high end of its row, 0 to 1; None if it is open."""
    size = parse_number(value)
    if size is None or row.low is None or row.high is None or row.high <= row.low:
        return None
    return min(max((size - row.low) / (row.high - row.low), 0.0), 1.0)


def _write(value: str | float) -> str:
    text = value if isinstance(value, str) else f"{value:.10g}"
    return "".join(c for c in text if c.isprintable()).strip()[:40]


def _draw_step(label: str, position: int, marked: bool) -> Svg:
    y = 2 + position * (_HEIGHT + _GAP)
    ink = MARK if marked else TISSUE
    return build_element(
        "g",
        build_element(
            "rect",
            x=2,
            y=y,
            width=_BOX,
            height=_HEIGHT,
            rx=4,
            fill=ink,
            fill_opacity="0.25" if marked else "0.07",
            stroke=ink,
            stroke_opacity=None if marked else "0.55",
            stroke_width=3 if marked else 1,
        ),
        build_element(
            "text",
            label,
            x=14,
            y=y + _HEIGHT / 2 + 5,
            font_size=14,
            font_weight="bold" if marked else None,
            fill="currentColor",
        ),
    )


def _get_height(rows: Sequence[Range], found: int, value: str | float) -> float:
    """Where the pointer stands: in a closed row as far down as the value is, else in the middle."""
    row = rows[found]
    share = _find_share(row, value)
    starts = [r.high if r.low is None else r.low for r in rows]
    numbers = [start for start in starts if start is not None]
    falling = len(numbers) > 1 and numbers[0] > numbers[-1]
    part = 0.5 if share is None else 1 - share if falling else share
    # The tip keeps off the corners, so that it never seems to mean the next step.
    return 2 + found * (_HEIGHT + _GAP) + _HEIGHT * (0.2 + 0.6 * part)


def _draw_pointer(value: str, y: float) -> Svg:
    tip = 2 + _BOX + 5
    shown = value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…"
    return build_element(
        "g",
        build_element(
            "path", d=trace_polygon([(tip, y), (tip + 14, y - 8), (tip + 14, y + 8)]), fill=MARK
        ),
        build_element(
            "text",
            shown,
            x=tip + 20,
            y=y + 5,
            font_size=14,
            font_weight="bold",
            fill="currentColor",
        ),
    )
