"""A pack folder -> its concepts, sources and ledger, with all that is wrong in it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from typing import Any, NamedTuple

from pellucid.errors import PackNotFoundError
from pellucid.knowledge import schema
from pellucid.knowledge.parse import ConceptFile, load_yaml, parse_concept
from pellucid.values.concept import Problem, Source

PACK_KEYS = frozenset(
    ("id", "name", "version", "schema_version", "language", "licence", "attribution", "description")
)
PACK_REQUIRED = ("id", "name", "version", "schema_version", "licence", "attribution")


class Verdict(NamedTuple):
    """A checker's word on one statement and one source."""

    statement: str
    source: str
    date: str
    verdict: str


class PackFolder(NamedTuple):
    """A pack as read from its folder. ``source_lines`` maps keys to (file, line)."""

    path: str
    meta: dict[str, Any]
    files: tuple[ConceptFile, ...]
    sources: dict[str, Source]
    source_lines: dict[str, tuple[str, int]]
    ledger: dict[tuple[str, str], Verdict]
    tables: dict[str, Any]
    problems: tuple[Problem, ...]


def get_statement_id(text: str) -> str:
    """Id of a statement in the ledger: the first 12 hex digits of the SHA-256 of its wording."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def find_pack_files(path: str) -> Iterator[os.DirEntry[str]]:
    """All files of a pack that count, in no order; hidden ones and editors' back-ups do not."""
    stack = [path]
    while stack:
        with os.scandir(stack.pop()) as entries:
            for entry in entries:
                if entry.name[0] in ".#" or entry.name[-1] == "~":
                    continue
                if entry.is_dir():
                    stack.append(entry.path)
                elif entry.name.endswith((".md", ".yaml", ".tsv")):
                    yield entry


def load_pack(path: str) -> PackFolder:
    """Read a pack folder; never stops at the first fault.

    Raises
    ------
    PackNotFoundError
        If the folder has no ``pack.yaml``.
    """
    path = os.path.abspath(path)
    if not os.path.isfile(os.path.join(path, "pack.yaml")):
        raise PackNotFoundError(
            f"no pack at {path}: it has no pack.yaml (docs/authoring.md shows how to begin one)"
        )
    problems: list[Problem] = []
    files: list[ConceptFile] = []
    sources: dict[str, Source] = {}
    source_lines: dict[str, tuple[str, int]] = {}
    ledger: dict[tuple[str, str], Verdict] = {}
    tables: dict[str, Any] = {}
    meta: dict[str, Any] = {}
    for entry in sorted(find_pack_files(path), key=lambda e: e.path):
        name = os.path.relpath(entry.path, path).replace(os.sep, "/")
        folder, _, base = name.partition("/")
        try:
            with open(entry.path, encoding="utf-8") as file:
                text = file.read()
        except UnicodeDecodeError:
            problems.append(Problem(name, 1, "encoding", "not UTF-8 text; save the file as UTF-8"))
            continue
        if name == "pack.yaml":
            meta, found = _parse_meta(text, name)
        elif folder == "concepts" and name.endswith(".md"):
            parsed, found = parse_concept(text, name, entry.name[:-3])
            if parsed:
                files.append(parsed)
        elif folder == "sources" and name.endswith(".yaml"):
            found = _parse_sources(text, name, sources, source_lines)
        elif folder == "ledger" and name.endswith(".tsv"):
            found = _parse_ledger(text, name, ledger)
        elif folder == "language" and name.endswith(".yaml"):
            tables[base[:-5]], _, found = load_yaml(text, name)
        elif folder == "drawings" and name.endswith(".yaml"):
            _, _, found = load_yaml(text, name)  # the site draws from it
        else:
            found = [
                Problem(
                    name,
                    1,
                    "stray-file",
                    "not part of a pack: concepts/*.md, sources/*.yaml, ledger/*.tsv, language/*.yaml",
                )
            ]
        problems += found
    return PackFolder(
        path, meta, tuple(files), sources, source_lines, ledger, tables, tuple(problems)
    )


def _parse_meta(text: str, name: str) -> tuple[dict[str, Any], list[Problem]]:
    data, lines, problems = load_yaml(text, name)
    if not isinstance(data, dict):
        return {}, [
            *problems,
            Problem(name, 1, "pack", "pack.yaml is not a list of 'key: value' lines"),
        ]
    for key in data:
        if key not in PACK_KEYS:
            problems.append(
                Problem(
                    name,
                    lines[str(key)],
                    "unknown-key",
                    f"unknown key '{key}'; known: {', '.join(sorted(PACK_KEYS))}",
                )
            )
    for key in PACK_REQUIRED:
        if not data.get(key):
            problems.append(Problem(name, 1, "missing-key", f"'{key}' is missing"))
    if data.get("schema_version") not in (None, schema.SCHEMA_VERSION):
        problems.append(
            Problem(
                name,
                lines["schema_version"],
                "schema-version",
                f"schema_version {data['schema_version']} is not known; this is version {schema.SCHEMA_VERSION}",
            )
        )
    return data, problems


def _parse_sources(
    text: str, name: str, sources: dict[str, Source], source_lines: dict[str, tuple[str, int]]
) -> list[Problem]:
    data, lines, problems = load_yaml(text, name)
    if data is None:
        return problems
    if not isinstance(data, dict):
        return [
            *problems,
            Problem(
                name, 1, "sources", "sources are a map: key, then its title, publisher, url, ..."
            ),
        ]
    for key, fields in data.items():
        line = lines.get(str(key), 1)
        wrong = _find_source_fault(fields)
        if str(key) in sources:
            wrong = f"source '{key}' is already in {source_lines[str(key)][0]}; keep one"
        if wrong:
            problems.append(Problem(name, line, "bad-source", wrong))
            continue
        sources[str(key)] = Source(
            key=str(key),
            title=str(fields["title"]),
            publisher=str(fields["publisher"]),
            url=str(fields["url"]),
            kind=str(fields["kind"]),
            year=fields.get("year"),
            edition=fields.get("edition"),
            licence=str(fields["licence"]),
        )
        source_lines[str(key)] = (name, line)
    return problems


def _find_source_fault(fields: Any) -> str | None:
    if not isinstance(fields, dict):
        return "a source is a map of title, publisher, url, kind, licence, checked"
    if unknown := sorted(map(str, set(fields) - schema.SOURCE_KEYS)):
        return f"unknown key '{unknown[0]}'; known: {', '.join(sorted(schema.SOURCE_KEYS))}"
    if missing := [key for key in schema.SOURCE_REQUIRED if not fields.get(key)]:
        return f"'{missing[0]}' is missing"
    if fields["kind"] not in schema.SOURCE_KINDS:
        return f"unknown kind '{fields['kind']}'; known: {', '.join(sorted(schema.SOURCE_KINDS))}"
    if not str(fields["url"]).startswith(("https://", "http://")):
        return "url must begin with https:// or http://"
    if not isinstance(fields.get("year", 0), int):
        return "year must be a number such as 2017"
    if not isinstance(fields.get("edition", ""), str):
        return "edition must be text; quote it"
    return None


def _parse_ledger(text: str, name: str, ledger: dict[tuple[str, str], Verdict]) -> list[Problem]:
    problems = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != 4 or fields[3] not in schema.VERDICTS:
            problems.append(
                Problem(
                    name,
                    number,
                    "bad-ledger-row",
                    f"four fields with tabs between: statement id, source key, date, one of {', '.join(schema.VERDICTS)}",
                )
            )
            continue
        verdict = Verdict(*fields)
        earlier = ledger.get((verdict.statement, verdict.source))
        if earlier is None or earlier.date <= verdict.date:
            ledger[verdict.statement, verdict.source] = verdict
    return problems
