"""Concepts by code and by name, as others ask for them."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import NamedTuple

from pellucid import UnknownConceptError
from pellucid.web.config.engine import get_engine
from pellucid.web.pages.catalogue import get_catalogue


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


@cache
def get_index() -> dict[tuple[str, str], list[str]]:
    """The ids of concepts by system and code, in the order of their names."""
    index: dict[tuple[str, str], list[str]] = defaultdict(list)
    for entry in get_catalogue().entries.values():
        for key, codes in entry.codes.items():
            for code in codes:
                index[key, _fold(code)].append(entry.concept)
    return dict(index)


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
    return get_index().get((system.key, _fold(code)), [])


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
