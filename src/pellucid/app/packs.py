"""What pack authors need: check, readability, evidence, and what is still to be checked."""

from __future__ import annotations

import os
from typing import NamedTuple

from pellucid.app.settings import get_core_pack
from pellucid.errors import UnknownConceptError
from pellucid.knowledge.check import (
    ReadabilityRow,
    check_pack,
    find_cited_statements,
    get_readability,
)
from pellucid.knowledge.pack import PackFolder, get_statement_id, load_pack
from pellucid.language.tokens import get_phrase_key, make_word_key
from pellucid.values.concept import Problem, Source


class Evidence(NamedTuple):
    """A statement, one source that it cites, and the checker's verdict on the pair, if any."""

    concept: str
    section: str
    statement: str
    text: str
    source: Source
    date: str | None
    verdict: str | None


class PackReport(NamedTuple):
    """The outcome of checking a pack."""

    concepts: int
    statements: int
    sources: int
    problems: tuple[Problem, ...]
    readability: tuple[ReadabilityRow, ...]


def check(path: str) -> PackReport:
    """Check a pack folder.

    Raises
    ------
    PackNotFoundError
        If the folder is not a pack.
    """
    pack = load_pack(path)
    core = get_core_pack()
    base = pack if os.path.abspath(path) == os.path.abspath(core) else load_pack(core)
    known = [file.concept.id for file in base.files]
    word_key = make_word_key(base.tables.get("folding") or {})
    problems = check_pack(pack, lambda name: get_phrase_key(name, word_key), known)
    count = sum(1 for _ in find_cited_statements(pack))
    return PackReport(
        len(pack.files), count, len(pack.sources), tuple(problems), tuple(get_readability(pack))
    )


def list_evidence(path: str | None = None, concept: str | None = None) -> list[Evidence]:
    """Every (statement, source) pair of a pack, or of one concept of it, with its verdict.

    Raises
    ------
    UnknownConceptError
        If the pack has no such concept.
    """
    pack = load_pack(path or get_core_pack())
    if concept is not None and all(file.concept.id != concept for file in pack.files):
        raise UnknownConceptError(f"the pack {pack.meta.get('id')} has no concept '{concept}'")
    return list(_collect_evidence(pack, concept))


def _collect_evidence(pack: PackFolder, concept: str | None) -> list[Evidence]:
    rows = []
    for file, section, text, citations, _ in find_cited_statements(pack):
        if concept is not None and file.concept.id != concept:
            continue
        statement = get_statement_id(text)
        for key in citations:
            if key in pack.sources:
                verdict = pack.ledger.get((statement, key))
                rows.append(
                    Evidence(
                        file.concept.id,
                        section,
                        statement,
                        text,
                        pack.sources[key],
                        verdict and verdict.date,
                        verdict and verdict.verdict,
                    )
                )
    return rows
