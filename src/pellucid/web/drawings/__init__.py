"""Drawings made from the pack's data, without Django: patterns, the body, scales."""

from pellucid.web.drawings.body import draw_body
from pellucid.web.drawings.concept import Drawing, find_drawings
from pellucid.web.drawings.patterns import draw_pattern, list_patterns
from pellucid.web.drawings.scale import draw_scale
from pellucid.web.drawings.svg import Svg

__all__ = [
    "Drawing",
    "Svg",
    "draw_body",
    "draw_pattern",
    "draw_scale",
    "find_drawings",
    "list_patterns",
]
