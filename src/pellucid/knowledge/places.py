"""What is known of places: concepts put together with them, and words that mean something else at each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pellucid.knowledge.library import Library
from pellucid.values.concept import Concept


class Places(NamedTuple):
    """What words around a finding tell of its place.

    ``tissues`` are the sites that are in every organ (a vessel): one tells less than the section's heading.
    ``organ_parts`` are sites and organs: under the organ's heading the site's word is a part of it.
    ``by_title`` are the concepts whose place is what was scanned, where nothing else tells it.
    ``wholes`` are the sites of which each part tells about each other one.
    ``definite`` are the words before a thing that was named already ("the mass").
    ``at_sites``: concept, or loose word -> site -> what it is called there; ``seats``: concept without
    a site of its own -> where it is all the same.
    """

    tissues: frozenset[str]
    organ_parts: frozenset[tuple[str, str]]
    by_title: frozenset[str]
    wholes: frozenset[str]
    definite: tuple[str, ...]
    at_sites: Mapping[str, Mapping[str, str]]
    seats: Mapping[str, str]


class Composed(dict[tuple[str, str | None, str | None], tuple[Concept, str | None]]):
    """The concept made of one with a pattern and a site near it, or the one itself; and its site."""

    def __init__(self, library: Library, at_sites: Mapping[str, Mapping[str, str]]) -> None:
        self._library = library
        self._at_sites = at_sites

    def __missing__(self, key: tuple[str, str | None, str | None]) -> tuple[Concept, str | None]:
        concept_id, _, near = key
        concept = self._library.get_concept(concept_id)
        final = self._library.get_concept(self._find_composed(*key))
        found = self[key] = (final, final.site or concept.site or near)
        return found

    def _find_composed(self, concept_id: str, pattern: str | None, site: str | None) -> str:
        library = self._library
        concept = library.find_concept(concept_id)
        if concept is None or concept.kind == "score":
            return concept_id
        around = library.find_ancestors(site) if site else []
        shape = concept.pattern or pattern
        called = self._at_sites.get(concept_id, {})
        for place in around:
            if direct := library.find_combination(concept_id, shape, place) or called.get(place):
                return direct
        if concept.kind == "entity":
            return concept_id
        if concept.site and concept.site not in around:
            if shape == concept.pattern:
                return concept_id
            around = library.find_ancestors(concept.site)
        elif concept.site and site == concept.site and shape == concept.pattern:
            return concept_id
        for head in [concept.id, *([concept.head] if concept.head else concept.parents)]:
            for spot in [*around, None]:
                for wanted in dict.fromkeys([shape, None]):
                    if spot or wanted:
                        found = library.find_combination(head, wanted, spot)
                        if found and self._says_more(found, concept, head):
                            return found
        return concept_id

    def _says_more(self, found: str, concept: Concept, head: str) -> bool:
        """Whether a concept that was put together says all that the name says.

        A broader concept's kind in this place ("cancer" of the lung) is not what the name says
        ("metastasis"), unless the name's concept is one of its broader ones.
        """
        better = self._library.find_concept(found)
        return (
            better is not None
            and bool(better.pattern or not concept.pattern)
            and bool(better.site or not concept.site)
            and (
                bool(concept.head)
                or head == concept.id
                or concept.id in self._library.find_ancestors(found)
            )
        )


class Seats(dict[str, str | None]):
    """Where the finding of a concept is, if its page or the pack's table says so."""

    def __init__(self, library: Library, seats: Mapping[str, str]) -> None:
        self._library = library
        self._seats = seats

    def __missing__(self, concept_id: str) -> str | None:
        site = self._library.get_concept(concept_id).site or self._seats.get(concept_id)
        self[concept_id] = site
        return site


class Called(dict[tuple[str, tuple[str | None, ...]], str]):
    """What a loose word is called at the first of some sites that tells it; empty where none does."""

    def __init__(self, library: Library, places: Places) -> None:
        self._library = library
        self._places = places

    def __missing__(self, key: tuple[str, tuple[str | None, ...]]) -> str:
        word, sites = key
        called = self._places.at_sites[word]
        names = (self._find(called, site) for site in dict.fromkeys(sites) if site)
        found = self[key] = next(filter(None, names), "")
        return found

    def _find(self, called: Mapping[str, str], site: str) -> str:
        above = self._library.find_ancestors(site)
        for place in above:
            if place in called:
                return called[place]
        # A part of what is spoken of, where the word has one meaning there: a "protrusion" of the spine.
        whole = self._places.wholes.intersection(above)
        lines = {s: self._library.find_ancestors(s)[1:] for s in called}
        inside = {
            called[s]
            for s, line in lines.items()
            if not whole.isdisjoint([s, *line]) and called.keys().isdisjoint(line)
        }
        return inside.pop() if len(inside) == 1 else ""
