"""How a pattern looks: a schematic drawing of 200 by 200 units."""

from __future__ import annotations

from functools import cache
from random import Random
from typing import NamedTuple

from pellucid.errors import UnknownConceptError
from pellucid.web.drawings.content import load_content
from pellucid.web.drawings.shapes import SHAPES
from pellucid.web.drawings.svg import Svg, build_drawing

SIZE = 200


class Pattern(NamedTuple):
    """The words for a drawing; ``concept`` is the page that explains the pattern."""

    id: str
    concept: str
    title: str
    text: str


def list_patterns() -> tuple[str, ...]:
    """Ids of all patterns that can be drawn, in the order of the file."""
    return tuple(load_content("patterns")["patterns"])


def find_pattern(name: str) -> Pattern | None:
    """A pattern by its id or by the id of its concept."""
    patterns = load_content("patterns")["patterns"]
    for key, row in patterns.items():
        if name in (key, row["concept"]):
            return Pattern(key, row["concept"], row["title"], row["text"])
    return None


@cache
def draw_pattern(name: str) -> Svg:
    """Draw a pattern; the same name always gives the same drawing.

    Parameters
    ----------
    name
        Id of the pattern (``popcorn``) or of its concept (``popcorn-calcification``).

    Raises
    ------
    UnknownConceptError
        If there is no drawing of that name.
    """
    pattern = find_pattern(name)
    if pattern is None:
        raise UnknownConceptError(
            f"there is no drawing of '{name[:80]}'; there are: {', '.join(list_patterns())}"
        )
    content = load_content("patterns")
    layers = [{"tissue": {"points": content["outline"]}}, *content["patterns"][pattern.id]["draw"]]
    drawn = []
    for number, layer in enumerate(layers):
        [(shape, numbers)] = layer.items()
        drawn.append(SHAPES[shape](Random(f"{pattern.id} {number}"), **numbers))
    return build_drawing(*drawn, title=pattern.title, text=pattern.text, size=(SIZE, SIZE))
