"""The Human Phenotype Ontology: ``hp.obo`` (OBO 1.2 or 1.4) or ``hp.json`` (OBO Graphs).

Formats: https://owlcollab.github.io/oboformat/doc/GO.format.obo-1_4.html and
https://github.com/geneontology/obographs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from io import TextIOWrapper
from typing import Any, NamedTuple

from pellucid.collections.intake import Intake, unique
from pellucid.collections.limits import MAX_ROW
from pellucid.collections.source import File, Source, opening
from pellucid.errors import CollectionError
from pellucid.values.passage import Passage

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"\s*(.*)')
_ESCAPE = re.compile(r"\\(.)")
_SPACES = {"n": "\n", "t": "\t", "W": " "}
_IRI = "http://purl.obolibrary.org/obo/"
#: Vocabulary of a cross-reference -> key of a passage's codes.
_VOCABULARIES = {"umls": "umls", "snomedct_us": "snomedct", "msh": "mesh", "mesh": "mesh"}


class Term(NamedTuple):
    """A term of the ontology. ``lay`` are the names in plain words; ``xrefs`` are ``DB:code``."""

    id: str
    name: str
    definition: str = ""
    comment: str = ""
    synonyms: tuple[str, ...] = ()
    lay: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    xrefs: tuple[str, ...] = ()


def read(source: Source, intake: Intake) -> Iterator[Passage]:
    """A passage for each term that is not obsolete.

    Raises
    ------
    CollectionError
        If the file is damaged, cut short or of another format.
    """
    files = list(source.find(".obo")) or list(source.find(".json"))
    if len(files) != 1:
        raise CollectionError(f"{source.path} holds {len(files)} ontologies: name one hp.obo")
    read_terms = _read_obo if files[0].name.lower().endswith(".obo") else _read_graph
    terms = {term.id: term for term in read_terms(files[0], intake)}
    missing = next((p for t in terms.values() for p in t.parents if p not in terms), None)
    if missing or not terms:
        what = f"it names {missing} and does not define it" if missing else "it has no terms"
        raise CollectionError(f"{files[0].name} is cut short or no ontology: {what}")
    for term in terms.values():
        answer = _make_answer(term, terms)
        if answer:
            yield _make_passage(term, answer, intake)
        else:
            intake.left_out["nothing said"] += 1


def _make_answer(term: Term, terms: Mapping[str, Term]) -> str:
    kinds = [terms[parent].name for parent in term.parents]
    lay = [name for name in term.lay if name.casefold() != term.name.casefold()]
    return "\n\n".join(
        part
        for part in (
            term.definition,
            term.comment,
            f"In plain words: {'; '.join(lay)}." if lay else "",
            f"A kind of: {'; '.join(kinds)}." if kinds else "",
        )
        if part
    )


def _make_passage(term: Term, answer: str, intake: Intake) -> Passage:
    codes: dict[str, tuple[str, ...]] = {"hpo": (term.id, *term.alternatives)}
    for xref in term.xrefs:
        vocabulary, _, code = xref.partition(":")
        key = _VOCABULARIES.get(vocabulary.lower())
        if key and code:
            codes[key] = (*codes.get(key, ()), code)
    if term.parents:
        codes["hpo.parent"] = term.parents
    return intake.make_passage(
        id=term.id,
        focus=term.name,
        synonyms=tuple(
            s for s in unique(*term.lay, *term.synonyms) if s.casefold() != term.name.casefold()
        ),
        question_type="information",
        question=f"What is {term.name}?",
        answer=answer,
        title=term.name,
        url=f"https://hpo.jax.org/browse/term/{term.id}",
        codes=codes,
    )


def _read_obo(file: File, intake: Intake) -> Iterator[Term]:
    with opening(file.name), file.open() as opened:
        stanza, tags = "header", _Tags(file.name)
        lines = TextIOWrapper(opened, "utf-8", "replace")
        line = "\n"
        while line:
            line = lines.readline(MAX_ROW)
            if line.startswith("[") or not line:
                if stanza == "header":
                    intake.version = tags.get_one("data-version").rpartition("/")[2] or None
                elif stanza == "[Term]" and (term := tags.make_term(intake)):
                    yield term
                stanza, tags = line.strip(), _Tags(file.name)
            else:
                tags.add(line)


class _Tags:
    """The tag-value pairs of one stanza."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._values: dict[str, list[str]] = {}

    def add(self, line: str) -> None:
        tag, colon, value = line.partition(":")
        if colon:
            self._values.setdefault(tag, []).append(value.strip())

    def get_one(self, tag: str) -> str:
        return self._values.get(tag, [""])[0]

    def get_ids(self, tag: str) -> tuple[str, ...]:
        return tuple(v.split(" ", 1)[0] for v in self._values.get(tag, ()))

    def make_term(self, intake: Intake) -> Term | None:
        identifier = self.get_one("id")
        if not identifier.startswith("HP:"):
            return None
        intake.read += 1
        if self.get_one("is_obsolete") == "true":
            intake.left_out["obsolete"] += 1
            return None
        if not self.get_one("name"):
            raise CollectionError(f"{self._name} is cut short: {identifier} has no name")
        synonyms = [self._unquote(s, identifier) for s in self._values.get("synonym", ())]
        definition = self.get_one("def")
        return Term(
            identifier,
            self.get_one("name"),
            self._unquote(definition, identifier)[0] if definition else "",
            _unescape(self.get_one("comment")),
            tuple(text for text, rest in synonyms if "obsolete_synonym" not in rest),
            tuple(text for text, rest in synonyms if "layperson" in rest.split("[")[0]),
            self.get_ids("is_a"),
            self.get_ids("alt_id"),
            self.get_ids("xref"),
        )

    def _unquote(self, value: str, identifier: str) -> tuple[str, str]:
        match = _QUOTED.match(value)
        if not match:
            raise CollectionError(f"{self._name} is damaged: {identifier} has a quote without end")
        return _unescape(match[1]), match[2]


def _unescape(text: str) -> str:
    return " ".join(_ESCAPE.sub(lambda m: _SPACES.get(m[1], m[1]), text).split())


def _read_graph(file: File, intake: Intake) -> Iterator[Term]:
    try:
        graph = json.loads(file.read())["graphs"][0]
        intake.version = _get_version(graph.get("meta", {}).get("version", ""))
        parents: dict[str, list[str]] = {}
        for edge in graph["edges"]:
            if edge["pred"] == "is_a":
                parents.setdefault(edge["sub"], []).append(_shorten(edge["obj"]))
        for node in graph["nodes"]:
            if _shorten(node["id"]).startswith("HP:") and node.get("type") == "CLASS":
                intake.read += 1
                meta = node.get("meta", {})
                if meta.get("deprecated"):
                    intake.left_out["obsolete"] += 1
                else:
                    yield _make_term(node, meta, tuple(parents.get(node["id"], ())))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise CollectionError(f"{file.name} is no OBO graph, or is cut short") from error


def _make_term(node: dict[str, Any], meta: dict[str, Any], parents: tuple[str, ...]) -> Term:
    synonyms = meta.get("synonyms", ())
    return Term(
        _shorten(node["id"]),
        node["lbl"],
        " ".join(meta.get("definition", {}).get("val", "").split()),
        " ".join(" ".join(meta.get("comments", ())).split()),
        tuple(s["val"] for s in synonyms if "obsolete" not in s.get("synonymType", "")),
        tuple(s["val"] for s in synonyms if s.get("synonymType", "").endswith("layperson")),
        parents,
        tuple(
            _shorten(p["val"])
            for p in meta.get("basicPropertyValues", ())
            if p["pred"].endswith("#hasAlternativeId")
        ),
        tuple(x["val"] for x in meta.get("xrefs", ())),
    )


def _shorten(iri: str) -> str:
    return iri.removeprefix(_IRI).replace("_", ":", 1)


def _get_version(iri: str) -> str | None:
    found = re.search(r"\d{4}-\d{2}-\d{2}", iri)
    return found[0] if found else None
