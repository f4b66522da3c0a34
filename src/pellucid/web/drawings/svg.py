"""SVG elements: every value is escaped, and none needs a style attribute (strict CSP)."""

from __future__ import annotations

from html import escape

#: Ink that the stylesheet may colour; without it, drawings take the colour of the text.
CALCIUM = "var(--drawing-calcium, currentColor)"
TISSUE = "var(--drawing-tissue, currentColor)"
MARK = "var(--drawing-mark, currentColor)"


class Svg(str):
    """Finished markup. Templates may print it as it is: all that went in was escaped."""

    __slots__ = ()

    def __html__(self) -> Svg:
        """The markup itself: tells a template engine that it needs no escaping."""
        return self


def format_number(value: float) -> str:
    """A length with at most one decimal: a tenth of a unit cannot be seen, but is downloaded."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def build_element(name: str, *children: str, **attributes: str | float | None) -> Svg:
    """An element. Underscores in names become hyphens; attributes that are None are left out."""
    parts = [name]
    for key, value in attributes.items():
        if value is not None:
            text = value if isinstance(value, str) else format_number(value)
            parts.append(f'{key.rstrip("_").replace("_", "-")}="{escape(text)}"')
    inner = "".join(c if isinstance(c, Svg) else escape(c, quote=False) for c in children)
    tag = " ".join(parts)
    return Svg(f"<{tag}>{inner}</{name}>" if inner else f"<{tag}/>")


def build_drawing(
    *children: str, title: str, text: str, size: tuple[float, float], role: str = "img"
) -> Svg:
    """A whole drawing with its name and its text alternative.

    Ids are not used, so that a page may hold any number of drawings, or one twice.
    """
    width, height = size
    return build_element(
        "svg",
        build_element("title", title),
        build_element("desc", text),
        *children,
        xmlns="http://www.w3.org/2000/svg",
        class_="drawing",
        role=role,
        width=width,
        height=height,
        viewBox=f"0 0 {format_number(width)} {format_number(height)}",
    )
