"""Which drawings belong on the page of a concept."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pellucid.app.engine import Engine
from pellucid.values.concept import Concept, Page
from pellucid.web.config.engine import get_engine
from pellucid.web.drawings.body import draw_body, find_region, is_everywhere
from pellucid.web.drawings.content import load_content
from pellucid.web.drawings.patterns import draw_pattern, find_pattern
from pellucid.web.drawings.scale import describe_scale, draw_scale
from pellucid.web.drawings.svg import Svg


class Drawing(NamedTuple):
    """A drawing and the words under it, which say what it shows to those who cannot see it."""

    svg: Svg
    caption: str


def link_to_body(site: str) -> str:
    """Address of the page of a body part."""
    return f"/body/{site}"


def find_drawings(
    concept: str,
    value: str | float | None = None,
    *,
    engine: Engine | None = None,
    link: Callable[[str], str] | None = link_to_body,
) -> list[Drawing]:
    """Drawings for a concept: how it looks, where a value falls on it, where in the body it is.

    Parameters
    ----------
    concept
        Id of the concept, or one of its names.
    value
        For a score: the value to mark on its scale.
    engine
        The engine that knows the concept; the site's own if not given.
    link
        Address of the page of a body part, for the links of the body map; None for no links.

    Raises
    ------
    UnknownConceptError
        If nothing goes by that id or name.
    """
    engine = engine or get_engine()
    page = engine.get_page(concept)
    broader = engine.get_broader(page.concept.id)
    found = [
        _find_look(page.concept, broader),
        _find_scale(page, value),
        _find_place(page.concept, broader, engine, link),
    ]
    return [drawing for drawing in found if drawing]


def _find_look(concept: Concept, broader: tuple[str, ...]) -> Drawing | None:
    content = load_content("patterns")
    pattern = find_pattern(concept.pattern) if concept.pattern else None
    if pattern is None or content["head"] not in broader:
        return None
    caption = f"{pattern.title}. {pattern.text} {content['note']}"
    return Drawing(draw_pattern(pattern.id), caption)


def _find_scale(page: Page, value: str | float | None) -> Drawing | None:
    if not page.ranges:
        return None
    svg = draw_scale(page.ranges, value, page.concept.name)
    return Drawing(svg, f"{describe_scale(page.ranges, value)} {load_content('scale')['note']}")


def _find_place(
    concept: Concept, broader: tuple[str, ...], engine: Engine, link: Callable[[str], str] | None
) -> Drawing | None:
    content = load_content("body")
    chain = _find_site(concept, broader, engine)
    region = find_region(chain)
    if region is None and not any(is_everywhere(site) for site in chain):
        return None
    text = content["marked"].format(names=region.title) if region else content["all"]
    return Drawing(draw_body([chain], link), f"{content['title']}. {text} {content['note']}")


def _find_site(concept: Concept, broader: tuple[str, ...], engine: Engine) -> tuple[str, ...]:
    """The body part of a concept, else of the nearest broader one, with those above it."""
    if concept.kind == "site":
        return broader
    sites = (engine.get_concept(one).site for one in broader)
    site = next(filter(None, sites), None)
    return engine.get_broader(site) if site else ()
