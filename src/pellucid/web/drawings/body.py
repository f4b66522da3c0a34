"""Where in the body: a map with one link for each region, the regions that matter marked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

from pellucid.web.drawings.content import load_content
from pellucid.web.drawings.curves import Point, trace_curve, trace_polygon
from pellucid.web.drawings.svg import MARK, TISSUE, Svg, build_drawing, build_element

_ROW = 26  # height of a label: a finger finds it (WCAG 2.5.8 asks for 24)
_GEOMETRY = ("circle", "oval", "box", "shape", "lines")


class Region(NamedTuple):
    """A part of the map. ``site`` is the pack's body part that it leads to."""

    site: str
    title: str
    sites: frozenset[str]
    inner: bool
    paired: bool
    form: str
    numbers: Any
    steps: int


@cache
def list_regions() -> tuple[Region, ...]:
    """All regions, those drawn on top last."""
    return tuple(_parse_region(row) for row in load_content("body")["regions"])


def _parse_region(row: dict[str, Any]) -> Region:
    form = next(name for name in _GEOMETRY if name in row)
    return Region(
        row["site"],
        row["title"],
        frozenset((row["site"], *row.get("sites", ()))),
        bool(row.get("inner")),
        row.get("sides") == "both",
        form,
        row[form],
        row.get("steps", 1),
    )


def is_everywhere(site: str) -> bool:
    """Whether a body part has no one place, as the skin."""
    return site in load_content("body")["everywhere"]


def find_region(sites: Sequence[str]) -> Region | None:
    """Where a body part is: given its id, then those of broader ones, nearest first."""
    regions = list_regions()
    for site in sites:
        own = [region for region in regions if region.site == site]
        found = own or [region for region in regions if site in region.sites]
        if found:
            return found[-1]
    return None


def draw_body(
    sites: Iterable[str | Sequence[str]] = (), link: Callable[[str], str] | None = None
) -> Svg:
    """Draw the body map.

    Parameters
    ----------
    sites
        Body parts to mark, each as its id or as its id followed by those of broader ones,
        nearest first (:meth:`pellucid.Engine.get_broader` gives them).
    link
        Address of the page of a body part; without it the map is a picture only.
    """
    content = load_content("body")
    chains = [[site] if isinstance(site, str) else list(site) for site in sites]
    found = [find_region(chain) for chain in chains]
    marked = [region for region in list_regions() if region in found]
    whole = any(
        region is None and any(is_everywhere(site) for site in chain)
        for chain, region in zip(chains, found, strict=True)
    )
    shown = [region for region in list_regions() if region in marked or not region.inner]
    heights = [_get_height(region) for region in marked]
    labels = dict(
        zip([r.site for r in marked], _place_labels(heights, content["size"][1]), strict=True)
    )
    text = " ".join(
        content[key].format(names=", ".join(region.title for region in regions))
        for key, regions, wanted in (
            ("all", (), whole),
            ("marked", marked, marked),
            ("unmarked", shown, not whole and not marked),
        )
        if wanted
    )
    regions = [_draw_region(region, labels.get(region.site), link) for region in shown]
    plain = build_element(
        "g",
        *regions,
        fill=TISSUE,
        fill_opacity="0.06",
        stroke=TISSUE,
        stroke_opacity="0.45",
        stroke_linejoin="round",
    )
    return build_drawing(
        _draw_outline(content, whole),
        plain,
        title=content["title"],
        text=text,
        size=tuple(content["size"]),
        role="group" if link else "img",
    )


def _draw_outline(content: dict[str, Any], whole: bool) -> Svg:
    half: list[Point] = [tuple(point) for point in content["half"]]
    mirrored = [(-x, y) for x, y in reversed(half[1:-1])]
    middle = content["middle"]
    outline = build_element(
        "path",
        d=trace_curve([(middle + x, y) for x, y in half + mirrored], closed=True),
        fill=TISSUE,
        fill_opacity="0.07",
        stroke=MARK if whole else TISSUE,
        stroke_width=4 if whole else 1.5,
    )
    return build_element("g", outline, _draw_name(content["whole"], 60)) if whole else outline


def _draw_region(region: Region, label: float | None, link: Callable[[str], str] | None) -> Svg:
    """A region; with ``label``, the height at which its name stands, it is marked."""
    marked = label is not None
    inside = [build_element("title", region.title)]
    for side in (1, -1) if region.paired else (1,):
        inside += _draw_form(region, side)
    if label is not None:
        inside.append(_draw_label(region, label))
    return build_element(
        "a" if link else "g",
        *inside,
        href=link(region.site) if link else None,
        aria_label=region.title if link else None,
        aria_current="true" if link and marked else None,
        fill=MARK if marked else None,
        fill_opacity="0.3" if marked else None,
        stroke=MARK if marked else None,
        stroke_opacity="1" if marked else None,
        stroke_width=3 if marked else None,
    )


def _draw_form(region: Region, side: int) -> list[Svg]:
    """The shape of a region on one side: 1 as written, -1 mirrored."""
    middle = load_content("body")["middle"]
    numbers = region.numbers
    if region.form == "circle":
        x, y, r = numbers
        return [build_element("circle", cx=middle + side * x, cy=y, r=r)]
    if region.form == "oval":
        x, y, rx, ry = numbers
        return [build_element("ellipse", cx=middle + side * x, cy=y, rx=rx, ry=ry)]
    if region.form == "box":
        x, y, width, height = numbers
        step = height / region.steps
        return [
            build_element("rect", x=middle + x, y=y + i * step, width=width, height=step, rx=4)
            for i in range(region.steps)
        ]
    if region.form == "shape":
        points = [(middle + side * x, y) for x, y in numbers]
        path = trace_curve(points, closed=True) if region.inner else trace_polygon(points)
        return [build_element("path", d=path)]
    path = "".join(trace_curve([(middle + side * x, y) for x, y in line]) for line in numbers)
    return [build_element("path", d=path, fill="none", stroke_linecap="round")]


def _draw_label(region: Region, y: float) -> Svg:
    """The name beside the map, with a line to its region; the whole row can be pressed."""
    content = load_content("body")
    left, width = content["labels"], content["size"][0]
    edge = content["middle"] + _get_edge(region)
    return build_element(
        "g",
        build_element(
            "rect",
            x=left,
            y=y - _ROW / 2,
            width=width - left,
            height=_ROW,
            fill="none",
            stroke="none",
            pointer_events="all",
        ),
        build_element(
            "path",
            d=trace_polygon([(edge, _get_height(region)), (left - 5, y)])[:-1],
            stroke_width=1.5,
        ),
        _draw_name(region.title, y),
    )


def _draw_name(name: str, y: float) -> Svg:
    return build_element(
        "text",
        name,
        x=load_content("body")["labels"],
        y=y + 4.5,
        font_size=13,
        font_weight="bold",
        fill="currentColor",
        fill_opacity="1",
        stroke="none",
    )


def _get_points(region: Region) -> list[Point]:
    """Points that a region reaches, on the right side as you look."""
    numbers = region.numbers
    if region.form in ("circle", "oval"):
        return [(numbers[0] + numbers[2], numbers[1])]
    if region.form == "box":
        return [(numbers[0] + numbers[2], numbers[1] + numbers[3] / 2)]
    lines = numbers if region.form == "lines" else [numbers]
    return [(x, y) for line in lines for x, y in line]


def _get_edge(region: Region) -> float:
    return max(x for x, _ in _get_points(region))


def _get_height(region: Region) -> float:
    """Where the line to the label begins: at the point furthest to the right."""
    return max(_get_points(region))[1]


def _place_labels(heights: Sequence[float], bottom: float) -> list[float]:
    """Heights for labels near those wished for, in the same order and a row apart at least."""
    placed = [0.0] * len(heights)
    free = _ROW / 2
    for i in sorted(range(len(heights)), key=lambda i: heights[i]):
        placed[i] = max(heights[i], free)
        free = placed[i] + _ROW
    over = max(0.0, free - _ROW / 2 - bottom)
    if over:  # too low: move up from the end as far as needed
        limit = bottom - _ROW / 2
        for i in sorted(range(len(heights)), key=lambda i: -placed[i]):
            placed[i] = min(placed[i], limit)
            limit = placed[i] - _ROW
    return placed
