"""A folder of documents: Markdown, HTML, PDF, Word and text, be it a site's saved pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from posixpath import basename, splitext
from urllib.parse import quote, urljoin, urlsplit

import yaml

from pellucid.collections.intake import Intake
from pellucid.collections.markup import Block, Page, parse_html, parse_markdown, split_sections
from pellucid.collections.source import File, Source
from pellucid.errors import CollectionError, PellucidError
from pellucid.values.passage import Passage

_FRONT_MATTER = re.compile(r"\A---\r?\n(.*?\n)---\r?\n", re.DOTALL)
_CHARSET = re.compile(rb"(?i)<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w-]+)")
_QUESTION = 150


def read(source: Source, intake: Intake) -> Iterator[Passage]:
    """A passage for each headed part of each document.

    Raises
    ------
    CollectionError
        If a document is damaged or too large, or there is none.
    MissingExtraError
        If a library for a format is missing.
    """
    for file in source.files:
        reader = _READERS.get(splitext(file.name)[1].lower())
        if reader is None:
            if basename(file.name) != "collection.yaml":
                intake.left_out["other kinds of file"] += 1
            continue
        intake.read += 1
        with intake.skipping():
            yield from list(_cut(file, reader(file, intake), intake))
    if not intake.read:
        kinds = ", ".join(_READERS)
        raise CollectionError(f"{source.path} holds no document that can be read ({kinds})")


def _cut(file: File, page: Page, intake: Intake) -> Iterator[Passage]:
    blocks = list(page.blocks)
    title = page.title
    if blocks and blocks[0].kind == "heading" and blocks[0].level == 1:
        title = title or blocks[0].text
        if blocks[0].text == title:
            del blocks[0]
    title = title or splitext(basename(file.name))[0].replace("-", " ").replace("_", " ")
    url = page.url if urlsplit(page.url).scheme in ("http", "https") else ""
    base = intake.terms["url"]
    if not url and base:
        url = urljoin(base if base.endswith("/") else f"{base}/", quote(page.url or file.name))
    sections = [section for section in split_sections(blocks) if section.text]
    if not sections:
        intake.left_out["no text"] += 1
    for number, section in enumerate(sections, 1):
        yield intake.make_passage(
            id=f"{file.name}#{number}",
            focus=title,
            question=section.heading or title,
            answer=section.text,
            title=title,
            url=url,
        )


def decode(data: bytes, name: str) -> str:
    """Text of a file: UTF-8, UTF-16 with its mark, else Windows-1252.

    Raises
    ------
    CollectionError
        If it is none of them.
    """
    encodings = ["utf-16"] if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise CollectionError(f"{name} is no text that can be decoded: save it as UTF-8")


def _read_html(file: File, intake: Intake) -> Page:
    data = file.read()
    declared = _CHARSET.search(data[:2048])
    try:
        text = data.decode(declared[1].decode("ascii")) if declared else decode(data, file.name)
    except (LookupError, UnicodeDecodeError):
        text = decode(data, file.name)
    return parse_html(text)


def _read_markdown(file: File, intake: Intake) -> Page:
    text = decode(file.read(), file.name)
    front = _FRONT_MATTER.match(text)
    if not front:
        return parse_markdown(text)
    page = parse_markdown(text[front.end() :])
    try:
        meta = yaml.safe_load(front[1])
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise CollectionError(f"{file.name}: what stands between the --- is no YAML") from error
    meta = meta if isinstance(meta, dict) else {}
    return page._replace(title=str(meta.get("title") or ""), url=str(meta.get("url") or ""))


def _read_document(file: File, intake: Intake, kind: str) -> Page:
    """A PDF or Word file, whose text comes in lines; a short line that asks is a heading."""
    try:
        text = intake.open_text(file.read(), file.name)
    except CollectionError:
        raise
    except PellucidError as error:
        raise CollectionError(f"{file.name}: {error}") from error
    return Page(tuple(_read_lines(text)))


def _read_text(file: File, intake: Intake) -> Page:
    return Page(tuple(_read_lines(decode(file.read(), file.name))))


def _read_lines(text: str) -> Iterator[Block]:
    """Paragraphs: lines are joined until one ends a sentence or an empty one follows."""
    pieces: list[str] = []
    for line in [*text.splitlines(), ""]:
        clean = " ".join(line.split())
        asks = clean.endswith("?") and len(clean) < _QUESTION
        item = clean[:2] in ("- ", "• ", "* ")
        if pieces and (not clean or asks or item or pieces[-1][-1] in ".!?:"):
            joined = " ".join(pieces)
            yield (
                Block("item", joined[2:])
                if joined[:2] in ("- ", "• ", "* ")
                else Block("text", joined)
            )
            pieces = []
        if asks:
            yield Block("heading", clean, 2)
        elif clean:
            pieces.append(clean)


_READERS: dict[str, Callable[[File, Intake], Page]] = {
    ".md": _read_markdown,
    ".markdown": _read_markdown,
    ".html": _read_html,
    ".htm": _read_html,
    ".xhtml": _read_html,
    ".txt": _read_text,
    ".pdf": partial(_read_document, kind="PDF"),
    ".docx": partial(_read_document, kind="Word"),
}
