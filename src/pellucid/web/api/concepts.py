"""All concepts of the engine by id and by code."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import NamedTuple

from pellucid import Engine, UnknownConceptError
from pellucid.web.config.engine import get_engine


class CodeSystem(NamedTuple):
    """A code system of the packs: its key there, its name, its OID and its FHIR URI."""

    key: str
    name: str
    oid: str | None
    uri: str | None


#: OIDs of the HL7 registry and URIs of terminology.hl7.org; what has none goes by its key.
SYSTEMS = (
    CodeSystem(
        "icd10cm", "ICD-10-CM", "2.16.840.1.113883.6.90", "http://hl7.org/fhir/sid/icd-10-cm"
    ),
    CodeSystem("mesh", "MeSH", "2.16.840.1.113883.6.177", "https://www.nlm.nih.gov/mesh"),
    CodeSystem("radlex", "RadLex", "2.16.840.1.113883.6.256", "http://radlex.org/RID/"),
    CodeSystem("hpo", "HPO", "2.16.840.1.113883.6.339", "http://human-phenotype-ontology.org"),
    CodeSystem("oifm", "OIFM", None, None),
)


class Entry(NamedTuple):
    """A concept in a list."""

    concept: str
    name: str
    kind: str
    codes: dict[str, tuple[str, ...]]


class Index(NamedTuple):
    """The concepts by id, in the order of their names, and the ids by system and code."""

    entries: dict[str, Entry]
    codes: dict[tuple[str, str], list[str]]


def build_index(engine: Engine) -> Index:
    """List all concepts of an engine."""
    found = [engine.show(concept).focus[0] for concept in engine.concepts]
    found.sort(key=lambda f: f.name.casefold())
    entries = {f.concept: Entry(f.concept, f.name, f.kind, f.codes) for f in found}
    codes: dict[tuple[str, str], list[str]] = defaultdict(list)
    for entry in entries.values():
        for key, values in entry.codes.items():
            for value in values:
                codes[key, _fold(value)].append(entry.concept)
    return Index(entries, dict(codes))


@cache
def get_index() -> Index:
    """The index of the process's engine."""
    return build_index(get_engine())


def find_system(name: str) -> CodeSystem | None:
    """The code system that goes by an OID (also as ``urn:oid:``), a FHIR URI or its key."""
    name = name.strip().removeprefix("urn:oid:").rstrip("/").lower()
    for system in SYSTEMS:
        uri = system.uri and system.uri.rstrip("/").lower()
        if name in (system.key, system.oid, uri):
            return system
    return None


def find_by_code(system: CodeSystem, code: str) -> list[str]:
    """Ids of the concepts with exactly this code; dots and case are no part of it."""
    return get_index().codes.get((system.key, _fold(code)), [])


def find_by_name(name: str) -> list[str]:
    """Id of the concept with this name, or of what a question with these words is about."""
    engine = get_engine()
    try:
        return [engine.get_concept_id(name)]
    except UnknownConceptError:
        answer = engine.ask(name)
    # A part of the words is no match: the rest may be what matters.
    return [answer.focus[0].concept] if answer.status == "answered" and answer.focus else []


def _fold(code: str) -> str:
    return code.strip().replace(".", "").upper()
