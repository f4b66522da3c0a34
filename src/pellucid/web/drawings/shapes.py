"""The shapes that a drawing is put together from: each turns its numbers into an element."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt
from random import Random

from pellucid.web.drawings.curves import (
    Point,
    find_around,
    join_numbers,
    make_ring,
    make_round,
    scatter,
    trace_curve,
    trace_polygon,
)
from pellucid.web.drawings.svg import CALCIUM, TISSUE, Svg, build_element

Shape = Callable[..., Svg]
Pair = tuple[float, float]


def draw_tissue(rng: Random, points: Sequence[Point]) -> Svg:
    """The outline of a body part that is not named."""
    return build_element(
        "path",
        d=trace_curve(points, closed=True),
        fill=TISSUE,
        fill_opacity="0.07",
        stroke=TISSUE,
        stroke_opacity="0.55",
        stroke_width=1.5,
    )


def draw_lump(rng: Random, at: Point, r: float, wobble: float = 0.03) -> Svg:
    """A round growth without calcium: a soft fill and a dashed edge."""
    return build_element(
        "path",
        d=trace_curve(make_round(rng, at, r, wobble), closed=True),
        fill=TISSUE,
        fill_opacity="0.14",
        stroke=TISSUE,
        stroke_opacity="0.75",
        stroke_width=1.5,
        stroke_dasharray="5 3",
    )


def draw_solids(
    rng: Random, at: Sequence[Point], r: Sequence[float], wobble: float = 0.05, corners: int = 12
) -> Svg:
    """Solid pieces of calcium with soft edges, one for each place and size."""
    path = "".join(
        trace_curve(make_round(rng, place, extent, wobble, corners), closed=True)
        for place, extent in zip(at, r, strict=True)
    )
    return build_element("path", d=path, fill=CALCIUM)


def draw_dots(
    rng: Random,
    count: int,
    at: Point,
    spread: Pair,
    r: Pair,
    gap: float,
    strength: float = 1,
) -> Svg:
    """Round dots in an ellipse, in three sizes: lines of no length, whose round ends show.

    ``strength`` below 1 makes them pale.
    """
    sizes = [r[0], (r[0] + r[1]) / 2, r[1]]
    paths = ["", "", ""]
    for point in scatter(rng, count, at, spread, gap):
        paths[int(rng.random() * 3)] += f"M{join_numbers(*point)}h.01"
    dots = [
        build_element("path", d=path, stroke_width=2 * size)
        for path, size in zip(paths, sizes, strict=True)
        if path
    ]
    return build_element(
        "g",
        *dots,
        stroke=CALCIUM,
        stroke_linecap="round",
        stroke_opacity=None if strength == 1 else f"{strength:g}",
    )


def draw_chips(
    rng: Random, count: int, at: Point, spread: Pair, r: Pair, gap: float, corners: int = 5
) -> Svg:
    """Pieces with sharp corners, no two alike."""
    path = ""
    for point in scatter(rng, count, at, spread, gap):
        size = r[0] + (r[1] - r[0]) * rng.random()
        turn = rng.random()
        path += trace_polygon(
            [
                find_around(point, size * (0.55 + 0.45 * rng.random()), turn + i / corners)
                for i in range(corners)
            ]
        )
    return build_element("path", d=path, fill=CALCIUM)


def draw_puffs(rng: Random, at: Sequence[Point], r: Sequence[float], lobes: int = 5) -> Svg:
    """Puffy clumps: round lobes of many sizes that grow out of a middle."""
    circles = []
    for place, extent in zip(at, r, strict=True):
        turn = rng.random()
        circles.append(build_element("circle", cx=place[0], cy=place[1], r=extent * 0.55))
        for i in range(lobes):
            x, y = find_around(place, extent * (0.55 + 0.2 * rng.random()), turn + i / lobes)
            size = extent * (0.3 + 0.18 * rng.random())
            circles.append(build_element("circle", cx=x, cy=y, r=size))
    return build_element("g", *circles, fill=CALCIUM)


def draw_ring(
    rng: Random,
    at: Point,
    r: float,
    width: float,
    wobble: float = 0.02,
    arcs: Sequence[Pair] = ((0, 1),),
) -> Svg:
    """A ring of calcium, whole or in arcs, given in turns."""
    count = 24
    around = make_ring(rng, at, r, wobble, count)
    path = ""
    for start, end in arcs:
        whole = end - start >= 1
        first, last = round(start * count), round(end * count)
        picked = [around[i % count] for i in range(first, last if whole else last + 1)]
        path += trace_curve(picked, closed=whole)
    return build_element(
        "path", d=path, fill="none", stroke=CALCIUM, stroke_width=width, stroke_linecap="round"
    )


def draw_lines(
    rng: Random,
    through: Sequence[Sequence[Point]],
    width: float,
    dash: str | None = None,
    soft: bool = False,
) -> Svg:
    """Smooth lines through points; ``soft`` ones are pale and of tissue, not of calcium."""
    return build_element(
        "path",
        d="".join(trace_curve(points) for points in through),
        fill="none",
        stroke=TISSUE if soft else CALCIUM,
        stroke_opacity="0.2" if soft else None,
        stroke_width=width,
        stroke_linecap="butt" if soft else "round",
        stroke_dasharray=dash,
    )


def draw_twigs(
    rng: Random, at: Point, angle: float, length: float, forks: int, width: float
) -> Svg:
    """A line that forks like a twig, in short pieces with gaps."""
    path = ""
    ends = [(at, angle, length)]
    for _ in range(forks + 1):
        grown = []
        for start, direction, reach in ends:
            bend = find_around(start, reach / 2, direction + 0.03 * (2 * rng.random() - 1))
            end = find_around(start, reach, direction)
            path += trace_curve([start, bend, end])
            for side in (-1, 1):
                turn = direction + side * (0.07 + 0.05 * rng.random())
                grown.append((end, turn, reach * (0.62 + 0.16 * rng.random())))
        ends = grown
    return build_element(
        "path",
        d=path,
        fill="none",
        stroke=CALCIUM,
        stroke_width=width,
        stroke_linecap="round",
        stroke_dasharray="11 6 5 6",
    )


def draw_level(rng: Random, at: Point, r: float, depth: float) -> Svg:
    """What has sunk to the bottom of a round space: its top is flat, ``depth`` below the middle."""
    half = sqrt(r * r - depth * depth)
    y = at[1] + depth
    path = (
        f"M{join_numbers(at[0] - half, y)}L{join_numbers(at[0] + half, y)}"
        f"A{join_numbers(r, r)} 0 0 1 {join_numbers(at[0] - half, y)}Z"
    )
    return build_element("path", d=path, fill=CALCIUM)


SHAPES: dict[str, Shape] = {
    "tissue": draw_tissue,
    "lump": draw_lump,
    "solids": draw_solids,
    "dots": draw_dots,
    "chips": draw_chips,
    "puffs": draw_puffs,
    "ring": draw_ring,
    "lines": draw_lines,
    "twigs": draw_twigs,
    "level": draw_level,
}
