"""Markdown as members write it, made into HTML that is safe to show."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

import nh3
from django.urls import reverse
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

_TAGS = {"a", "p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li"}
_TAGS |= {"h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"}
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}


class Rendered(NamedTuple):
    """Safe HTML, the names that the text mentions, and how many links it has."""

    html: str
    mentions: frozenset[str]
    links: int


def _read_mention(state: StateInline, silent: bool) -> bool:
    """Take "@name" as a mention where no word stands before it (an email address has one)."""
    start = state.pos
    if state.src[start] != "@" or (start and state.src[start - 1].isalnum()):
        return False
    end = start + 1
    while end < state.posMax and (state.src[end].isalnum() or state.src[end] in "_.+-"):
        end += 1
    name = state.src[start + 1 : end].rstrip(".+-")
    if not name:
        return False
    if not silent:
        state.push("mention", "", 0).content = name
        state.env["mentions"].add(name)
    state.pos = start + 1 + len(name)
    return True


def _render_mention(
    renderer: RendererProtocol, tokens: Sequence[Token], index: int, options: Any, env: Any
) -> str:
    name = tokens[index].content
    # A name has letters, digits and _.+- only: nothing to escape.
    if known := env["known"].get(name.lower()):
        return f'<a href="{reverse("accounts:profile", args=[known])}">@{name}</a>'
    return f"@{name}"


def _lower_headings(tokens: Sequence[Token]) -> None:
    # A page's own headings end at the second level, and none of a text's skips one below.
    above = 2
    for token in tokens:
        if token.type == "heading_open":
            above = min(int(token.tag[1]) + 2, above + 1, 6)
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{above}"


def _make_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable(
        ["table", "strikethrough"]
    )
    # An image would call another site from the reader's browser.
    parser.disable("image")
    parser.inline.ruler.push("mention", _read_mention)
    parser.add_render_rule("mention", _render_mention)
    return parser


_PARSER = _make_parser()


def render_text(
    source: str, find_known: Callable[[set[str]], Collection[str]] = lambda names: ()
) -> Rendered:
    """Render Markdown; ``find_known`` tells which of the mentioned names are members."""
    env: dict[str, Any] = {"mentions": set()}
    tokens = _PARSER.parse(source, env)
    _lower_headings(tokens)
    env["known"] = {name.lower(): name for name in find_known(env["mentions"])}
    dirty = _PARSER.renderer.render(tokens, _PARSER.options, env)
    links = sum(t.type == "link_open" for token in tokens for t in token.children or ())
    html = nh3.clean(
        dirty,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow ugc noopener noreferrer",
    )
    return Rendered(html, frozenset(env["mentions"]), links)


def quote_text(source: str, name: str) -> str:
    r"""The start of a reply that quotes a post.

    >>> quote_text("one\ntwo", "ann")
    '> @ann wrote:\n>\n> one\n> two\n\n'
    """
    lines = [f"@{name} wrote:", "", *source.splitlines()]
    return "\n".join(f"> {line}".rstrip() for line in lines) + "\n\n"


class Change(NamedTuple):
    """A line of a comparison: ``kind`` is same, added or removed."""

    kind: str
    text: str


_KINDS = {"+": "added", "-": "removed", " ": "same"}


def compare_texts(before: str, after: str) -> list[Change]:
    """What changed between two texts, line by line."""
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    return [Change(_KINDS[line[0]], line[2:]) for line in lines if line[0] in _KINDS]


def make_diff(before: str, after: str) -> str:
    """The change between two texts as a unified diff."""
    return "\n".join(
        difflib.unified_diff(
            before.splitlines(), after.splitlines(), "before", "after", lineterm=""
        )
    )
