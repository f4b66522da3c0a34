"""All concepts by letter and by body part, made once of what the engine says of each."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import cache
from typing import NamedTuple

from pellucid import Engine
from pellucid.web.config.engine import get_engine


class Entry(NamedTuple):
    """A concept in a list."""

    concept: str
    name: str
    kind: str
    codes: dict[str, tuple[str, ...]]


class Catalogue(NamedTuple):
    """The concepts, each list in the order of its names; ``sites`` are the body parts that have any."""

    entries: dict[str, Entry]
    letters: dict[str, list[Entry]]
    bodies: dict[str, list[Entry]]
    sites: list[Entry]


def build_catalogue(engine: Engine) -> Catalogue:
    """List all concepts of an engine."""
    concepts = {concept: engine.get_concept(concept) for concept in engine.concepts}
    entries = [Entry(c.id, c.name, c.kind, c.codes) for c in concepts.values()]
    entries.sort(key=lambda entry: entry.name.casefold())
    letters: dict[str, list[Entry]] = defaultdict(list)
    bodies: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        first = entry.name[0].casefold()
        letters[first if "a" <= first <= "z" else "0"].append(entry)
        broader = engine.get_broader(entry.concept)
        # A concept that names no site is where the nearest broader one is.
        site = next((s for b in broader if (s := concepts[b].site)), None)
        for place in engine.get_broader(site) if site else ():
            bodies[place].append(entry)
    by_id = {entry.concept: entry for entry in entries}
    sites = [entry for entry in entries if entry.concept in bodies]
    return Catalogue(by_id, dict(sorted(letters.items())), dict(bodies), sites)


@cache
def get_catalogue() -> Catalogue:
    """The catalogue of the process's engine."""
    return build_catalogue(get_engine())


def get_other_names(concept: str) -> list[str]:
    """The synonyms, abbreviations and everyday names of a concept."""
    names = get_engine().get_names(concept)
    return [name for name, role in names if role != "preferred"]


@cache
def list_publishers(count: int = 40) -> list[tuple[str, int]]:
    """Who publishes most of the sources, and how many of them."""
    engine = get_engine()
    publishers = {
        key: source.publisher
        for concept in engine.concepts
        for key, source in engine.show(concept).sources.items()
    }
    return Counter(publishers.values()).most_common(count)
