"""Compile packs: content by the knowledge room, words by the language room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pellucid.errors import PackInvalidError
from pellucid.knowledge.check import find_cited_statements
from pellucid.knowledge.compile import compile_packs, pack_blobs
from pellucid.knowledge.pack import PackFolder, load_pack
from pellucid.language.build import (
    ConceptName,
    build_asking_keys,
    build_english,
    build_lexicon,
    build_word_counts,
)
from pellucid.language.tokens import get_phrase_key, make_word_key

#: Faults after which a file's content would be missing without a word.
_FATAL = frozenset(
    ("yaml", "front-matter", "missing-key", "wrong-type", "encoding", "missing-citation")
)


def compile_all(paths: Sequence[str]) -> dict[str, Any]:
    """Compile packs, the first winning where two say different things.

    Raises
    ------
    PackInvalidError
        If a file cannot be read, naming the first place.
    """
    packs = [load_pack(path) for path in paths]
    for pack in packs:
        for problem in pack.problems:
            if problem.code in _FATAL:
                raise PackInvalidError(
                    f"{pack.path}: {problem.path}:{problem.line}: {problem.message} (pellucid pack check lists every error)"
                )
        for file, _, _, citations, line in find_cited_statements(pack):
            if missing := next((key for key in citations if key not in pack.sources), None):
                raise PackInvalidError(
                    f"{pack.path}: {file.path}:{line}: there is no source '{missing}' (pellucid pack check lists every error)"
                )
    tables: dict[str, Any] = {}
    for pack in reversed(packs):
        tables.update(pack.tables)
    word_key = make_word_key(tables.get("folding") or {})
    sections = compile_packs(packs, lambda text: get_phrase_key(text, word_key).split())
    sections["lexicon"] = tuple(build_lexicon(tables, _list_names(packs)))
    sections["english"] = tuple(build_english(tables))
    sections["notices"] = tables.get("notices") or {}
    counts = build_word_counts(tables)
    places, sections["counts"] = pack_blobs(counts)
    total = sum(sum(near.values()) for near in counts.values())
    sections["asking"] = (build_asking_keys(tables), tables.get("folding") or {}, places, total)
    return sections


def _list_names(packs: Sequence[PackFolder]) -> list[ConceptName]:
    seen: set[str] = set()
    names = []
    for pack in packs:
        for file in pack.files:
            concept = file.concept
            if concept.id in seen:
                continue
            seen.add(concept.id)
            wins = {name.lower() for name in file.wins}
            names += [
                ConceptName(
                    n.text,
                    concept.id,
                    concept.kind,
                    n.role == "abbreviation",
                    n.text.lower() in wins,
                )
                for n in file.names
            ]
            # A category with letters of its own ("TR5") names its scale.
            names += [
                ConceptName(row.value, concept.id, concept.kind, True, False)
                for row in file.ranges
                if row.value
                and len(row.value) > 2
                and row.value[0].isalpha()
                and row.value[-1].isdigit()
            ]
    return names
