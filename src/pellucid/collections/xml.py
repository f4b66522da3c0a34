"""XML, by defusedxml: no entities, nothing fetched, one line for what is damaged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from pellucid.collections.intake import needs
from pellucid.collections.source import opening
from pellucid.errors import CollectionError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


@contextmanager
def _parsing(name: str) -> Iterator[None]:
    with needs("reading XML", "defusedxml"):
        from xml.etree.ElementTree import ParseError

        from defusedxml import DefusedXmlException
    try:
        with opening(name):
            yield
    except ParseError as error:
        line = f" (line {error.position[0]})" if hasattr(error, "position") else ""
        raise CollectionError(f"{name} is no XML, or is cut short{line}: get it again") from error
    except DefusedXmlException as error:
        raise CollectionError(f"{name} declares XML entities, which is not safe to read") from error
    except (LookupError, ValueError, RecursionError) as error:
        raise CollectionError(f"{name} is XML that cannot be decoded: get it again") from error


def parse(data: bytes, name: str) -> Element:
    """The root of a document.

    Raises
    ------
    CollectionError
        If it is damaged, or declares entities.
    """
    with _parsing(name):
        from defusedxml.ElementTree import fromstring

        root: Element = fromstring(data)
    return root


def walk(file: IO[bytes], name: str, root: str, tags: tuple[str, ...]) -> Iterator[Element]:
    """Each element with one of the tags in a document of any size; one is held at a time.

    Raises
    ------
    CollectionError
        If the document has another root, is damaged, or declares entities.
    """
    with _parsing(name):
        from defusedxml.ElementTree import iterparse

        events = iterparse(file, events=("start", "end"))
        _, top = next(events)
    if top.tag != root:
        raise CollectionError(f"{name} is no <{root}> file: its root is <{top.tag}>")
    while True:
        with _parsing(name):
            event, element = next(events, (None, None))
        if element is None:
            return
        if event == "end" and element.tag in tags:
            yield element
            top.clear()


def get_text(element: Element | None) -> str:
    """Text of an element and all in it, white space as one space; "" for none."""
    return "" if element is None else " ".join("".join(element.itertext()).split())
