"""Pack folders -> the sections of the artefact that this room reads."""

from __future__ import annotations

import marshal
from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import groupby
from math import log
from typing import Any

from pellucid.knowledge.pack import PackFolder
from pellucid.knowledge.parse import ConceptFile
from pellucid.knowledge.readability import count_text


def compile_packs(
    packs: Iterable[PackFolder], find_words: Callable[[str], list[str]]
) -> dict[str, Any]:
    """Compile packs in order of precedence: of two concepts with one id, the first stays.

    ``find_words`` splits a text into folded words, for the search index.
    """
    files: dict[str, ConceptFile] = {}
    sources: dict[str, tuple[Any, ...]] = {}
    for pack in packs:
        for file in pack.files:
            files.setdefault(file.concept.id, file)
        for key, source in pack.sources.items():
            sources.setdefault(key, tuple(source))
    site_names = {
        " ".join(find_words(name.text)): concept_id
        for concept_id, file in files.items()
        for name in file.names
        if file.concept.kind == "site"
    }
    pages = {
        i: _compile_page(f, lambda text: _find_sites(find_words(text), site_names))
        for i, f in files.items()
    }
    page_places, page_bytes = pack_blobs(pages)
    source_places, source_bytes = pack_blobs(sources)
    concept_places, concept_bytes = pack_blobs({i: tuple(f.concept) for i, f in files.items()})
    children = defaultdict(list)
    combinations: dict[str, str] = {}
    patterns = {
        f.concept.pattern: i
        for i, f in files.items()
        if f.concept.head and f.concept.pattern and not f.concept.site
    }
    for concept_id, file in files.items():
        concept = file.concept
        for parent in concept.parents:
            children[parent].append(concept_id)
        if concept.head:
            combinations.setdefault(
                f"{concept.head}|{concept.pattern or ''}|{concept.site or ''}", concept_id
            )
    for concept_id, file in files.items():
        for site in file.also_at:
            combinations.setdefault(f"{file.concept.head}||{site}", concept_id)
    return {
        "index": {
            "concepts": concept_places,
            "pages": page_places,
            "combinations": combinations,
            "patterns": patterns,
            "heads": frozenset(f.concept.head for f in files.values() if f.concept.head),
            "children": dict(children),
            "sources": source_places,
        },
        "concepts": concept_bytes,
        "pages": page_bytes,
        "sources": source_bytes,
        "names": {i: tuple((n.text, n.role) for n in file.names) for i, file in files.items()},
        "search": _build_postings(files, find_words),
    }


def pack_blobs(values: dict[str, Any]) -> tuple[dict[str, tuple[int, int]], bytes]:
    """Set values one behind the other, so that one can be read alone: (offset, length) of each."""
    places, blobs, offset = {}, [], 0
    for key, value in values.items():
        blob = marshal.dumps(value)
        places[key] = (offset, len(blob))
        blobs.append(blob)
        offset += len(blob)
    return places, b"".join(blobs)


def _compile_page(
    file: ConceptFile, find_sites: Callable[[str], tuple[str, ...]]
) -> tuple[Any, ...]:
    """Sections as (key, title, ((text, citations, counts, sites), ...)), and the rows of a score."""
    sections = []
    for (key, title), lines in groupby(file.statements, key=lambda s: (s.section, s.title)):
        statements = [
            (s.text, s.citations, tuple(count_text(s.text)), find_sites(s.text)) for s in lines
        ]
        sections.append((key, title, tuple(statements)))
    return tuple(sections), tuple(tuple(row) for row in file.ranges)


def _find_sites(words: list[str], names: dict[str, str]) -> tuple[str, ...]:
    """Ids of the body parts that a text names; of names that overlap, the longest."""
    found: list[str] = []
    place = 0
    while place < len(words):
        size = next((n for n in (3, 2, 1) if " ".join(words[place : place + n]) in names), 0)
        if size:
            found.append(names[" ".join(words[place : place + size])])
        place += size or 1
    return tuple(dict.fromkeys(found))


def _build_postings(
    files: dict[str, ConceptFile], find_words: Callable[[str], list[str]]
) -> dict[str, Any]:
    """Words -> (concept, weight) by inverse document frequency; a name's word counts four times."""
    frequencies: dict[str, dict[str, float]] = defaultdict(dict)
    for concept_id, file in files.items():
        counts: dict[str, float] = defaultdict(float)
        for name in file.names:
            for word in find_words(name.text):
                counts[word] = max(counts[word], 4.0)
        for statement in file.statements:
            if statement.section in ("meaning", "types", "causes"):
                for word in find_words(statement.text):
                    counts[word] = min(counts[word] + 0.5, 5.0)
        for word, count in counts.items():
            frequencies[word][concept_id] = count
    total = len(files)
    return {
        word: tuple((i, count * log(1 + total / len(found))) for i, count in found.items())
        for word, found in frequencies.items()
    }
