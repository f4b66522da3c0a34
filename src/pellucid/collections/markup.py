"""HTML and Markdown: headings, paragraphs and items; scripts and all that is no text are dropped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from pellucid.collections.intake import needs
from pellucid.collections.limits import MAX_SECTION

_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_DROPPED = frozenset(
    {
        *("script", "style", "template", "noscript", "svg", "math", "iframe", "object", "embed"),
        *("nav", "form", "button", "select", "footer", "del", "s", "strike"),
    }
)
#: Elements inside a line; every other one begins a block.
_INLINE = frozenset(
    {
        *("a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "dfn", "em"),
        *(
            "font",
            "i",
            "ins",
            "kbd",
            "label",
            "mark",
            "q",
            "ruby",
            "rp",
            "rt",
            "samp",
            "small",
            "span",
        ),
        *("strong", "sub", "sup", "time", "tt", "u", "var", "wbr"),
    }
)
_MAIN = frozenset(("main", "article"))
_SAVED_FROM = re.compile(r"saved from url=\(\d+\)(https?://\S+)")


class Block(NamedTuple):
    """A heading (``level`` 1 to 6), a text, an item of a list or a row of a table."""

    kind: str
    text: str
    level: int = 0


class Page(NamedTuple):
    """The blocks of a page, its title, and the address that it gives as its own."""

    blocks: tuple[Block, ...]
    title: str = ""
    url: str = ""


class Section(NamedTuple):
    """Text under one heading; ``heading`` is "" before the first."""

    heading: str
    text: str


def parse_html(text: str, dropped: frozenset[str] = frozenset()) -> Page:
    """Read a page or a fragment; elements named in ``dropped`` are left out too."""
    with needs("reading HTML", "lxml"):
        from lxml import etree  # type: ignore[import-untyped]
    reader = _Reader(_DROPPED | dropped)
    parser = etree.HTMLParser(target=reader, encoding="utf-8", huge_tree=True)
    parser.feed(text.replace("\0", "").encode("utf-8", "replace") or b" ")
    parser.close()
    return Page(tuple(reader.get_blocks()), reader.title, reader.url)


def parse_markdown(text: str, dropped: frozenset[str] = frozenset()) -> Page:
    """Read CommonMark with tables, and the HTML that may stand in it."""
    with needs("reading Markdown", "markdown-it-py"):
        from markdown_it import MarkdownIt
    html = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text)
    return parse_html(html, dropped)


def split_sections(blocks: Iterable[Block]) -> Iterator[Section]:
    """One section a heading; a long one in several, cut between blocks or at white space."""
    heading, length = "", 0
    pieces: list[Block] = []
    for block in blocks:
        if block.kind == "heading":
            yield Section(heading, _join(pieces))
            heading, pieces, length = block.text, [], 0
            continue
        for text in _cut(block.text):
            if length + len(text) > MAX_SECTION:
                yield Section(heading, _join(pieces))
                pieces, length = [], 0
            pieces.append(Block(block.kind, text))
            length += len(text)
    yield Section(heading, _join(pieces))


def _cut(text: str) -> Iterator[str]:
    """Pieces of a block, cut at white space if it is longer than a section."""
    while len(text) > MAX_SECTION:
        at = text.rfind(" ", 1, MAX_SECTION)
        at = at if at > 0 else MAX_SECTION
        yield text[:at]
        text = text[at:].lstrip()
    yield text


def _join(blocks: Sequence[Block]) -> str:
    """Text of blocks: an empty line between paragraphs, none between the items of a list."""
    lines: list[str] = []
    last = ""
    for kind, text, _ in blocks:
        if last and (kind == "text" or (kind == "row" and last != "row")):
            lines.append("")
        lines.append(f"- {text}" if kind == "item" else text)
        last = kind
    return "\n".join(lines)


class _Reader:
    """Takes the parser's events; nesting of any depth costs nothing."""

    def __init__(self, dropped: frozenset[str]) -> None:
        self.title = ""
        self.url = ""
        self._dropped_tags = dropped
        self._dropped = 0
        self._in_title = False
        self._main = 0
        self._blocks: list[tuple[Block, bool]] = []
        self._kind = ("text", 0)
        self._pieces: list[str] = []

    def start(self, tag: str, attributes: Any) -> None:
        if tag == "link" and "canonical" in attributes.get("rel", "").lower().split():
            self.url = self.url or attributes.get("href", "").strip()
        if tag in self._dropped_tags:
            self._end_block()
            self._dropped += 1
        elif tag == "title":
            self._in_title = True
        elif tag in _MAIN:
            self._end_block()
            self._main += 1
        elif tag in _HEADINGS:
            self._end_block()
            self._kind = ("heading", _HEADINGS[tag])
        elif tag in ("li", "tr"):
            self._end_block()
            self._kind = ("item" if tag == "li" else "row", 0)
        elif tag in ("td", "th"):
            self._pieces.append(" | " if self._pieces else "")
        elif tag not in _INLINE and not (tag == "p" and self._kind[0] in ("item", "row")):
            self._end_block()

    def end(self, tag: str) -> None:
        if tag in self._dropped_tags:
            self._dropped -= 1
        elif tag == "title":
            self._in_title = False
        elif tag in _MAIN:
            self._end_block()
            self._main -= 1
        elif tag not in _INLINE and tag not in ("td", "th"):
            self._end_block()

    def data(self, data: str) -> None:
        if self._in_title:
            self.title = " ".join((self.title + data).split())
        elif not self._dropped:
            self._pieces.append(data)

    def comment(self, text: str) -> None:
        saved = _SAVED_FROM.search(text)
        if saved:
            self.url = self.url or saved[1]

    def close(self) -> None:
        self._end_block()

    def get_blocks(self) -> Iterator[Block]:
        """The blocks of the page's main part, if it marks one."""
        marked = any(main for _, main in self._blocks)
        return (block for block, main in self._blocks if main or not marked)

    def _end_block(self) -> None:
        text = " ".join("".join(self._pieces).split())
        self._pieces.clear()
        if text.strip(" |"):
            self._blocks.append((Block(self._kind[0], text, self._kind[1]), self._main > 0))
        self._kind = ("text", 0)
