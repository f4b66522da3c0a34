"""Curves through points, as path data."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, pi, sin
from random import Random

from pellucid.web.drawings.svg import format_number

Point = tuple[float, float]


def join_numbers(*values: float) -> str:
    """Numbers of path data, with the fewest characters that keep them apart."""
    text = ""
    for value in values:
        number = format_number(value)
        text += number if not text or number[0] == "-" else f" {number}"
    return text


def trace_polygon(points: Sequence[Point]) -> str:
    """Straight lines through points, back to the first."""
    return "M" + "L".join(join_numbers(x, y) for x, y in points) + "Z"


def trace_curve(points: Sequence[Point], closed: bool = False) -> str:
    """A smooth curve through points: Catmull-Rom, written as cubic Bezier segments."""
    count = len(points)
    path = "M" + join_numbers(*points[0])
    for i in range(count if closed else count - 1):
        if closed:
            before, here, there, after = (points[(i + k) % count] for k in (-1, 0, 1, 2))
        else:
            before, here = points[max(i - 1, 0)], points[i]
            there, after = points[i + 1], points[min(i + 2, count - 1)]
        path += "C" + join_numbers(
            here[0] + (there[0] - before[0]) / 6,
            here[1] + (there[1] - before[1]) / 6,
            there[0] - (after[0] - here[0]) / 6,
            there[1] - (after[1] - here[1]) / 6,
            *there,
        )
    return path + ("Z" if closed else "")


def find_around(centre: Point, extent: float, angle: float) -> Point:
    """The point at an angle (in turns, clockwise from the right) and distance of another."""
    return (
        centre[0] + extent * cos(2 * pi * angle),
        centre[1] + extent * sin(2 * pi * angle),
    )


def make_round(
    rng: Random, centre: Point, extent: float, wobble: float = 0.0, corners: int = 12
) -> list[Point]:
    """Points around a centre; each extent differs by up to ``wobble`` (a share of it)."""
    return [
        find_around(centre, extent * (1 + wobble * (2 * rng.random() - 1)), i / corners)
        for i in range(corners)
    ]


def make_ring(
    rng: Random, centre: Point, extent: float, wobble: float = 0.0, corners: int = 24
) -> list[Point]:
    """Points around a centre, off the circle in slow waves: uneven, and smooth everywhere."""
    waves = [(count, wobble * (rng.random() - 0.5), rng.random()) for count in (2, 3, 5)]
    points = []
    for i in range(corners):
        turn = i / corners
        shift = sum(height * sin(2 * pi * (count * turn + at)) for count, height, at in waves)
        points.append(find_around(centre, extent * (1 + shift), turn))
    return points


def scatter(
    rng: Random, count: int, centre: Point, spread: tuple[float, float], gap: float
) -> list[Point]:
    """Up to ``count`` points in an ellipse, each at least ``gap`` from the others."""
    found: list[Point] = []
    for _ in range(count * 60):
        if len(found) == count:
            break
        x, y = 2 * rng.random() - 1, 2 * rng.random() - 1
        point = (centre[0] + x * spread[0], centre[1] + y * spread[1])
        far = all((point[0] - a) ** 2 + (point[1] - b) ** 2 >= gap * gap for a, b in found)
        if x * x + y * y <= 1 and far:
            found.append(point)
    return found
