"""A pack's word tables and names -> the lexicon."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Mapping
from importlib.resources import files
from typing import Any, NamedTuple

from pellucid.language.assertion import build_clauses, build_cues
from pellucid.language.lexicon import COUNTED, English, Lexicon
from pellucid.language.phrases import PhraseTable, build_table
from pellucid.language.sections import build_titles
from pellucid.language.tokens import get_phrase_key, make_word_key
from pellucid.language.urgency import build_urgency
from pellucid.values.mention import LOOSE

#: How often a word stands in the English list for it to be an everyday one.
_COMMON = 3000
#: Kinds of concepts that a name of two words may call by its word and its site.
_FINDINGS = frozenset(("finding", "entity"))


class ConceptName(NamedTuple):
    """A name as a pack gives it. ``wins`` settles a name that two concepts claim."""

    text: str
    concept: str
    kind: str
    abbreviation: bool
    wins: bool


def build_lexicon(tables: Mapping[str, Any], names: Iterable[ConceptName]) -> Lexicon:
    """Build the lexicon; ``tables`` are the files of a pack's ``language`` folder by name."""
    word_key = make_word_key(tables.get("folding") or {})
    questions = tables.get("questions") or {}
    boundaries = tables.get("boundaries") or {}
    reports = tables.get("reports") or {}

    def phrases(texts: Iterable[str], value: Any = True) -> list[tuple[str, Any]]:
        return [(get_phrase_key(text, word_key), value) for text in texts]

    ranked = sorted(names, key=lambda n: (not n.wins, n.abbreviation))
    name_table = build_table((get_phrase_key(n.text, word_key), n.concept) for n in ranked)
    spelled_out = {get_phrase_key(n.text, word_key) for n in ranked if not n.abbreviation}
    parts = build_table(
        row
        for pattern, texts in ((tables.get("parts") or {}).get("patterns") or {}).items()
        for row in phrases(texts, pattern)
    )
    types = build_table(
        row
        for kind, entry in (questions.get("types") or {}).items()
        for row in phrases(entry["phrases"], kind)
    )
    weak = build_table(
        row for kind, texts in (questions.get("weak") or {}).items() for row in phrases(texts, kind)
    )
    dose = boundaries.get("dose") or {}
    cues = build_cues(tables.get("assertion") or {}, word_key)
    words = _weigh_words(
        [*name_table.values, *parts.values],
        [*types.values, *weak.values, *cues.values],
    )
    kinds = {n.concept: n.kind for n in ranked}
    called = _list_called(reports, phrases, name_table.values, kinds)
    loose = [w for w in called if kinds.get(name_table.values.get(w, "")) not in _FINDINGS]
    kinds |= dict.fromkeys([LOOSE + word for word in loose], "finding")
    titles, organs, background = build_titles(tables.get("sections") or {}, word_key)
    return Lexicon(
        folding=tables.get("folding") or {},
        names=_plain(name_table),
        abbreviations=frozenset(name_table.values.keys() - spelled_out),
        kinds=kinds,
        parts=_plain(parts),
        types=_plain(types),
        weak=_plain(weak),
        asking=_plain(build_table(phrases(questions.get("asking") or ()))),
        reporting=_plain(build_table(phrases(questions.get("reporting") or ()))),
        opening=frozenset(questions.get("opening") or ()),
        ordinary=frozenset(word_key(word) for word in questions.get("ordinary") or ()),
        cues=_plain(cues),
        urgency=build_urgency(tables.get("urgency") or {}),
        clauses=build_clauses(tables.get("assertion") or {}, word_key),
        dose=(
            tuple(build_table(phrases(dose.get("phrases") or ()))),
            tuple(build_table(phrases(dose.get("drugs") or ()))),
        ),
        urgent=frozenset(boundaries.get("urgent") or ()),
        diagnosis=_plain(
            build_table(phrases((boundaries.get("diagnosis") or {}).get("phrases") or ()))
        ),
        roots=tuple(
            (row["part"], row["at"], row["means"])
            for row in (tables.get("roots") or {}).get("roots") or ()
        ),
        words=words,
        around=_plain(build_table(_list_around(reports, phrases))),
        normal=_plain(build_table(_list_normal(reports, phrases))),
        subjects=_plain(build_table(_list_said(reports, "subjects", phrases))),
        says=_plain(build_table(_list_said(reports, "says", phrases))),
        loose=_plain(build_table((w, c) for w, c in called.items() if LOOSE + w in kinds)),
        at_sites={
            LOOSE + w if LOOSE + w in kinds else name_table.values[w]: c for w, c in called.items()
        },
        beside=frozenset(
            rule["concept"] for rule in reports.get("statements") or () if rule.get("beside")
        ),
        tissues=frozenset(reports.get("tissues") or ()),
        by_title=frozenset(reports.get("by_title") or ()),
        seats={c: site for site, ids in (reports.get("seats") or {}).items() for c in ids},
        variants=tuple(reports.get("variants") or ()),
        wholes=frozenset(reports.get("wholes") or ()),
        definite=tuple(f"{word} " for word in reports.get("definite") or ()),
        organ_parts=frozenset(
            (part, organ)
            for part, organs in (reports.get("organ_parts") or {}).items()
            for organ in organs
        ),
        time_units=frozenset(reports.get("units") or ()),
        measured=frozenset(reports.get("measured") or ()),
        shared=frozenset(word_key(w) for w in reports.get("shared") or ()),
        prior_size=frozenset(key for key, _ in phrases(reports.get("prior_size") or ())),
        prior_after=frozenset(key for key, _ in phrases(reports.get("prior_after") or ())),
        numbered=frozenset(word_key(w) for w in reports.get("numbered") or ()),
        distance=frozenset(key for key, _ in phrases(reports.get("distance") or ())),
        side_after=frozenset(reports.get("side_after") or ()),
        places=frozenset(reports.get("places") or ()),
        abbreviated=tuple(reports.get("abbreviated") or ()),
        answers=tuple(reports.get("answers") or ()),
        unfinished=tuple(reports.get("unfinished") or ()),
        titles=titles,
        organs=organs,
        background=background,
    )


#: Turns texts and a value into rows of a phrase table.
Phrases = Callable[..., list[tuple[str, Any]]]


def _list_around(table: Mapping[str, Any], phrases: Phrases) -> list[tuple[str, Any]]:
    rows = [
        row
        for kind in ("change", "laterality", "pseudo")
        for value, texts in (table.get(kind) or {}).items()
        for row in phrases(texts, (kind, value))
    ]
    rows += phrases(table.get("actions") or (), ("action", ""))
    return rows + phrases(table.get("recommend") or (), ("recommend", ""))


def _list_normal(table: Mapping[str, Any], phrases: Phrases) -> list[tuple[str, Any]]:
    rows = []
    for rule in table.get("statements") or ():
        rows += phrases(rule.get("whole") or (), (rule["concept"], True))
        rows += phrases(rule["subjects"] if rule.get("normal") else (), (rule["concept"], False))
    return rows + phrases(table.get("normal") or (), "normal")


def _list_said(table: Mapping[str, Any], key: str, phrases: Phrases) -> list[tuple[str, Any]]:
    """Phrases of the ``statements`` (``subjects`` or ``says``) with the rules that they stand in.

    A rule is its number and its concept: what one rule says is not said of another's subjects.
    """
    told: dict[str, list[tuple[int, str]]] = {}
    for number, rule in enumerate(table.get("statements") or ()):
        for phrase, _ in phrases(rule.get(key) or ()):
            told.setdefault(phrase, []).append((number, rule["concept"]))
    return [(phrase, tuple(dict.fromkeys(rules))) for phrase, rules in told.items()]


def _list_called(
    table: Mapping[str, Any], phrases: Phrases, names: Mapping[str, str], kinds: Mapping[str, str]
) -> dict[str, dict[str, str]]:
    """The ``loose`` words with what each is called at a site: a "laceration" of the spleen."""
    words: dict[str, dict[str, str]] = {word: {} for word, _ in phrases(table.get("loose") or ())}
    for key, concept in names.items():
        if kinds[concept] not in _FINDINGS:
            continue
        for word, called in words.items():
            place = ""
            if key.endswith(f" {word}"):
                place = key.removesuffix(f" {word}")
            elif key.startswith(f"{word} of the "):
                place = key.removeprefix(f"{word} of the ")
            site = names.get(place, "")
            if kinds.get(site) == "site":
                called.setdefault(site, concept)
    return words


def _plain(table: PhraseTable) -> tuple[dict[str, Any], dict[str, int]]:
    """A table as the artefact can keep it: without its class."""
    return table.values, table.longest


def _weigh_words(medical: Iterable[str], other: Iterable[str]) -> dict[str, int]:
    """Words of the tables; a medical word weighs the number of names that it stands in."""
    words: dict[str, int] = {}
    for key in medical:
        for word in key.split(" "):
            words[word] = words.get(word, 0) + 1
    for key in other:
        for word in key.split(" "):
            words.setdefault(word, 0)
    return words


def build_english(tables: Mapping[str, Any]) -> English:
    """Build the list of ordinary English words from pyspellchecker's, folded as names are."""
    word_key = make_word_key(tables.get("folding") or {})
    counts = _read_counts()
    common = {word for word, count in counts.items() if count >= _COMMON and word.isalpha()}
    common |= {word_key(word) for word in common}
    valid = {word for word in counts if word.isalpha()}
    return English("\n".join(["", *sorted(common), ""]), "\n".join(["", *sorted(valid), ""]))


def build_word_counts(tables: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """How often each folded word of pyspellchecker's list occurs: first letters -> word -> count.

    They are apart by their first letters so that a question reads those that it has, not all 100,000.
    """
    word_key = make_word_key(tables.get("folding") or {})
    counts: dict[str, dict[str, int]] = {}
    for word, count in _read_counts().items():
        key = word_key(word)
        near = counts.setdefault(key[:COUNTED], {})
        near[key] = near.get(key, 0) + count
    return counts


def build_asking_keys(tables: Mapping[str, Any]) -> dict[str, Any]:
    """The table ``asking`` with each phrase as its key, so that whoever opens it need not fold it."""
    word_key = make_word_key(tables.get("folding") or {})

    def fold(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: fold(texts) for name, texts in value.items()}
        return tuple(get_phrase_key(str(text), word_key) for text in value)

    keys: dict[str, Any] = fold(tables.get("asking") or {})
    return keys


def _read_counts() -> dict[str, int]:
    packed = (files("spellchecker") / "resources" / "en.json.gz").read_bytes()
    counts: dict[str, int] = json.loads(gzip.decompress(packed))
    return counts
