"""Everything that is wrong in a pack, with file and line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from statistics import median, quantiles
from typing import NamedTuple

from pellucid.knowledge import schema
from pellucid.knowledge.grade import get_grade
from pellucid.knowledge.pack import PackFolder, get_statement_id
from pellucid.knowledge.parse import ConceptFile, Name
from pellucid.knowledge.readability import count_text
from pellucid.values.concept import Problem

#: Folds a name to the key under which it is looked up.
NameKey = Callable[[str], str]


class ReadabilityRow(NamedTuple):
    """Flesch-Kincaid grades of the statements of one section, or of all."""

    section: str
    statements: int
    median: float
    p90: float
    hardest: float


def check_pack(pack: PackFolder, name_key: NameKey, known_ids: Iterable[str] = ()) -> list[Problem]:
    """List every problem of a pack, sorted by file and line; an empty list means sound.

    ``known_ids`` are concepts of other packs that this one may refer to.
    """
    problems = list(pack.problems)
    problems += _check_ids(pack, set(known_ids))
    problems += _check_tables(pack, set(known_ids))
    problems += _check_cycles(pack)
    problems += _check_names(pack, name_key)
    problems += _check_combinations(pack)
    problems += _check_further_sites(pack)
    problems += _check_statements(pack)
    problems += _check_citations(pack)
    return sorted(set(problems), key=lambda p: (p.path, p.line, p.code))


def _check_ids(pack: PackFolder, known: set[str]) -> Iterator[Problem]:
    first: dict[str, ConceptFile] = {}
    for file in pack.files:
        other = first.setdefault(file.concept.id, file)
        if other is not file:
            yield Problem(
                file.path,
                file.lines["id"],
                "duplicate-id",
                f"id '{file.concept.id}' is already taken by {other.path}",
            )
    known |= set(first)
    sites = {i for i, file in first.items() if file.concept.kind == "site"}
    for file in pack.files:
        concept = file.concept
        for key, ids in (
            ("parents", concept.parents),
            ("see_also", concept.see_also),
            ("head", (concept.head,)),
            ("site", (concept.site,)),
            ("scale", (concept.scale,)),
        ):
            for target in ids:
                if target and target not in known:
                    yield Problem(
                        file.path,
                        file.lines[key],
                        "unknown-id",
                        f"{key}: there is no concept '{target}'",
                    )
                elif key == "site" and target and target in first and target not in sites:
                    yield Problem(
                        file.path,
                        file.lines[key],
                        "not-a-site",
                        f"site: '{target}' is not of kind site",
                    )


def _check_tables(pack: PackFolder, known: set[str]) -> Iterator[Problem]:
    """The concepts that the word tables name: one that is not there would fail when a report is read."""
    known |= {file.concept.id for file in pack.files}
    reports, boundaries, sections = (
        pack.tables.get(name) or {} for name in ("reports", "boundaries", "sections")
    )
    parts = reports.get("organ_parts") or {}
    named = {
        "reports": [
            *(rule["concept"] for rule in reports.get("statements") or ()),
            *(reports.get("by_title") or ()),
            *(reports.get("tissues") or ()),
            *parts,
            *(organ for organs in parts.values() for organ in organs),
        ],
        "boundaries": boundaries.get("urgent") or (),
        "sections": (sections.get("organs") or {}).values(),
    }
    for table, concepts in named.items():
        for concept in concepts:
            if concept not in known:
                yield Problem(
                    f"language/{table}.yaml", 1, "unknown-id", f"there is no concept '{concept}'"
                )


def _check_cycles(pack: PackFolder) -> Iterator[Problem]:
    parents = {file.concept.id: file.concept.parents for file in pack.files}
    done: set[str] = set()
    for file in pack.files:
        trail: list[str] = []

        def visit(node: str, trail: list[str] = trail) -> list[str] | None:
            if node in trail:
                return [*trail[trail.index(node) :], node]
            if node in done or node not in parents:
                return None
            trail.append(node)
            for parent in parents[node]:
                if cycle := visit(parent):
                    return cycle
            trail.pop()
            done.add(node)
            return None

        if (cycle := visit(file.concept.id)) and file.concept.id in cycle:
            yield Problem(
                file.path,
                file.lines["parents"],
                "parent-cycle",
                f"parents go in a circle: {' -> '.join(cycle)}",
            )


def _check_names(pack: PackFolder, name_key: NameKey) -> Iterator[Problem]:
    claims: dict[str, list[tuple[ConceptFile, Name]]] = defaultdict(list)
    for file in pack.files:
        for name in file.names:
            key = name_key(name.text)
            if not key:
                yield Problem(
                    file.path, name.line, "empty-name", f"the name '{name.text}' has no word in it"
                )
            elif all(other is not file for other, _ in claims[key]):
                claims[key].append((file, name))
        for name_won in file.wins:
            if name_key(name_won) not in {name_key(n.text) for n in file.names}:
                yield Problem(
                    file.path,
                    file.lines["wins"],
                    "stray-win",
                    f"wins: '{name_won}' is not a name of this concept",
                )
    for key, claimants in claims.items():
        winners = [file for file, _ in claimants if key in map(name_key, file.wins)]
        if len(claimants) > 1 and len(winners) != 1:
            for file, name in claimants:
                others = ", ".join(other.concept.id for other, _ in claimants if other is not file)
                yield Problem(
                    file.path,
                    name.line,
                    "name-clash",
                    f"'{name.text}' also names {others}; say 'wins: [{name.text}]' in the one that it means first",
                )
        elif len(claimants) == 1 and winners:
            file, name = claimants[0]
            yield Problem(
                file.path,
                file.lines["wins"],
                "stray-win",
                f"wins: nobody else claims '{name.text}'",
            )


def _check_combinations(pack: PackFolder) -> Iterator[Problem]:
    """Two concepts made of the same parts would be told apart by chance."""
    taken: dict[tuple[str | None, ...], ConceptFile] = {}
    for file in pack.files:
        concept = file.concept
        if concept.head is None or not (concept.pattern or concept.site):
            continue
        other = taken.setdefault((concept.head, concept.pattern, concept.site), file)
        if other is not file:
            yield Problem(
                file.path,
                file.lines["head"],
                "same-parts",
                f"head, pattern and site are those of {other.concept.id} too; leave them out of one",
            )


def _check_further_sites(pack: PackFolder) -> Iterator[Problem]:
    """``also_at`` needs a head, and sites at which no other concept is the head's."""
    known = {file.concept.id: file.concept for file in pack.files}
    taken: dict[tuple[str | None, str | None], str] = {
        (c.head, c.site): c.id for c in known.values() if c.head and not c.pattern
    }
    for file in pack.files:
        for site in file.also_at:
            place = known.get(site)
            other = taken.setdefault((file.concept.head, site), file.concept.id)
            if not file.concept.head or not place or place.kind != "site":
                fault = f"also_at: '{site}' is not a site, or the concept has no head"
            elif other != file.concept.id:
                fault = f"also_at: at '{site}' the head already means {other}"
            else:
                continue
            yield Problem(file.path, file.lines["also_at"], "bad-place", fault)


def _check_statements(pack: PackFolder) -> Iterator[Problem]:
    for file in pack.files:
        concept = file.concept
        found = {line.section.partition(".")[0] for line in file.statements}
        for key in schema.get_required_sections(concept.kind, concept.depth):
            if key not in found:
                title = next(t for t, k in schema.SECTIONS.items() if k == key)
                yield Problem(
                    file.path,
                    1,
                    "missing-section",
                    f"a {concept.depth} page of kind {concept.kind} needs '## {title}'",
                )
        for line in file.statements:
            words = len(line.text.split())
            if words > schema.MAX_STATEMENT_WORDS:
                yield Problem(
                    file.path,
                    line.line,
                    "too-long",
                    f"{words} words; at most {schema.MAX_STATEMENT_WORDS}: split the statement",
                )
            grade = get_grade(count_text(line.text))
            if grade > schema.MAX_STATEMENT_GRADE:
                yield Problem(
                    file.path,
                    line.line,
                    "too-hard",
                    f"reading grade {grade:.1f}; at most {schema.MAX_STATEMENT_GRADE:g}: shorter sentences, plainer words",
                )
    rows = get_readability(pack)
    if rows and (rows[-1].median > schema.MAX_MEDIAN_GRADE or rows[-1].p90 > schema.MAX_P90_GRADE):
        yield Problem(
            "pack.yaml",
            1,
            "too-hard",
            f"reading grade of all statements: median {rows[-1].median:.1f} (at most {schema.MAX_MEDIAN_GRADE}), 90th percentile {rows[-1].p90:.1f} (at most {schema.MAX_P90_GRADE}); pack check --readability shows where",
        )


def find_cited_statements(
    pack: PackFolder,
) -> Iterator[tuple[ConceptFile, str, str, tuple[str, ...], int]]:
    """Every statement and every row of a score: file, section key, text, citations, line."""
    for file in pack.files:
        for line in file.statements:
            yield file, line.section, line.text, line.citations, line.line
        for row in file.ranges:
            yield file, f"ranges.{row.label}", row.meaning, row.citations, file.lines["ranges"]


def _check_citations(pack: PackFolder) -> Iterator[Problem]:
    used: set[str] = set()
    for file, _, text, citations, line in find_cited_statements(pack):
        used.update(citations)
        short = text if len(text) <= 60 else text[:57] + "..."
        for key in citations:
            if key not in pack.sources:
                yield Problem(file.path, line, "unknown-source", f"there is no source '{key}'")
        verdicts = {key: pack.ledger.get((get_statement_id(text), key)) for key in citations}
        if unchecked := [key for key, verdict in verdicts.items() if verdict is None]:
            yield Problem(
                file.path,
                line,
                "no-verdict",
                f"not checked against {', '.join(unchecked)}: {short}",
            )
        elif refuted := [
            key for key, verdict in verdicts.items() if verdict and verdict.verdict == "not-found"
        ]:
            yield Problem(
                file.path, line, "not-supported", f"not found in {', '.join(refuted)}: {short}"
            )
        elif not any(verdict and verdict.verdict == "supported" for verdict in verdicts.values()):
            yield Problem(file.path, line, "not-supported", f"no source fully supports: {short}")
    for key in pack.sources.keys() - used:
        path, line = pack.source_lines[key]
        yield Problem(path, line, "unused-source", f"source '{key}' is never cited; remove it")


def get_readability(pack: PackFolder) -> list[ReadabilityRow]:
    """Grades by section, in the order of the schema; the last row is of all statements."""
    grades: dict[str, list[float]] = defaultdict(list)
    for _, section, text, _, _ in find_cited_statements(pack):
        grades[section.partition(".")[0]].append(get_grade(count_text(text)))
    order = [*schema.SECTIONS.values(), "ranges"]
    rows = [(key, sorted(grades[key])) for key in order if grades[key]]
    if rows:
        rows.append(("all", sorted(grade for _, values in rows for grade in values)))
    return [
        ReadabilityRow(
            key, len(v), median(v), quantiles(v, n=10)[-1] if len(v) > 1 else v[0], v[-1]
        )
        for key, v in rows
    ]
