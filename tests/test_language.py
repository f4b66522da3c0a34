"""Words, spelling, assertion, numbers, question types: the examples beside each rule are the tests."""

from __future__ import annotations

import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import pellucid
from conftest import CORE
from pellucid.app.compile import compile_all
from pellucid.language.lexicon import English, Lexicon
from pellucid.language.question import QuestionReader
from pellucid.language.spelling import is_english
from pellucid.language.tokens import get_phrase_key, make_word_key, tokenize


def load_table(name: str):
    return yaml.safe_load((CORE / "language" / f"{name}.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def reader() -> QuestionReader:
    sections = compile_all([str(CORE)])
    english = English._make(sections["english"])
    return QuestionReader(Lexicon._make(sections["lexicon"]), lambda: english)


@pytest.fixture(scope="module")
def word_key():
    return make_word_key(load_table("folding"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("calcifications", "calcification"),
        ("arteries", "artery"),
        ("masses", "mass"),
        ("Calculi", "calculus"),
        ("tumour", "tumor"),
        ("haematoma", "hematoma"),
        ("oesophagus", "esophagus"),
        ("Mönckeberg's", "Monckeberg"),
        ("metastases", "metastasis"),
        ("disks", "disc"),
        ("colour", "color"),
    ],
)
def test_forms_of_a_word_have_one_key(word_key, one: str, other: str) -> None:
    assert word_key(one) == word_key(other)


@pytest.mark.parametrize("word", ["pelvis", "mass", "thrombus", "diagnosis", "gas", "iris"])
def test_words_that_only_look_like_plurals_stay(word_key, word: str) -> None:
    assert word_key(word) == word


def test_tokens_point_into_the_text(word_key) -> None:
    text = "A 4mm, 1.5 cm Bosniak 2F cyst — Mönckeberg's!"
    tokens = tokenize(text, word_key)
    assert [text[t.start : t.end] for t in tokens] == [t.text for t in tokens]
    assert [t.text for t in tokens] == [
        "A",
        "4",
        "mm",
        "1.5",
        "cm",
        "Bosniak",
        "2F",
        "cyst",
        "Mönckeberg's",
    ]


def test_phrase_key_joins_words(word_key) -> None:
    assert get_phrase_key("BI-RADS  Categories", word_key) == "bi rad category"


CUES = load_table("assertion")["cues"]


@pytest.mark.parametrize("row", CUES, ids=[row["cue"] for row in CUES])
def test_assertion_cue_does_what_its_example_says(
    reader: QuestionReader, row: dict[str, str]
) -> None:
    stopped = "absent" if row["way"] == "none" else row["way"]
    expected = {"pseudo": "present", "given": "present", "stop": stopped}.get(
        row["effect"], row["effect"]
    )
    assert expected in read_assertion(reader, row["example"])
    assert read_assertion(reader, row["counter"]) == {"present"}


def read_assertion(reader: QuestionReader, text: str) -> set[str]:
    """What is said of the words in braces, read as a statement."""
    match = re.search(r"\{(.*?)\}", text)
    assert match, text
    plain = text.replace("{", "").replace("}", "")
    # The reader decides what a name is; here only the cue is under test, so the span is given.
    tokens = tokenize(plain, reader._word_key)
    keys = [t.key for t in tokens]
    inside = [i for i, t in enumerate(tokens) if match.start() <= t.start < match.end() - 2]
    from pellucid.language.assertion import (
        Clauses,
        add_clause_stops,
        build_clauses,
        classify_assertion,
    )
    from pellucid.language.phrases import find_phrases

    clauses = Clauses(*build_clauses(load_table("assertion"), reader._word_key))
    hits = find_phrases(keys, reader._cues)
    names = [(i, i + 1) for i in range(len(tokens))]
    cues = add_clause_stops(hits, plain, tokens, clauses, lambda: names)
    found = classify_assertion(cues, (inside[0], inside[-1] + 1))
    said = {found.status, found.temporality, found.experiencer} - {"current", "patient"}
    return said - {"present"} or {"present"}


CLAUSES = load_table("assertion")["clauses"]


@pytest.mark.parametrize("word", CLAUSES["begins"])
def test_what_a_clause_begins_with_ends_the_denial_before_it(
    reader: QuestionReader, word: str
) -> None:
    assert read_assertion(reader, f"No effusion, {word} {{scarring}}.") == {"present"}
    assert read_assertion(reader, f"No effusion, {word} {{scarring}} or mass.") == {"absent"}


@pytest.mark.parametrize("verb", CLAUSES["tells"])
def test_a_clause_with_a_verb_of_its_own_is_not_denied(reader: QuestionReader, verb: str) -> None:
    assert read_assertion(reader, f"No effusion, {{scarring}} {verb} large.") == {"present"}
    assert read_assertion(reader, f"No effusion or {{scarring}} {verb} large.") == {"absent"}


@pytest.mark.parametrize("verb", CLAUSES["closes"])
def test_a_verb_may_close_the_denial_itself(reader: QuestionReader, verb: str) -> None:
    assert read_assertion(reader, f"No effusion, {{scarring}} is {verb}.") == {"absent"}


TYPES = load_table("questions")["types"]


@pytest.mark.parametrize(
    ("kind", "text"), [(k, text) for k, entry in TYPES.items() for text in entry["examples"]]
)
def test_question_type_is_found_in_its_example(
    reader: QuestionReader, kind: str, text: str
) -> None:
    assert kind in reader.understand(text).types


@pytest.mark.parametrize("kind", ["dose", "diagnosis"])
def test_boundary_fires_on_its_example_only(engine: pellucid.Engine, kind: str) -> None:
    rule = load_table("boundaries")[kind]
    declined = engine.ask(rule["example"])
    assert declined.status == "declined"
    assert any(notice.kind == kind for notice in declined.notices)
    assert not any(notice.kind == kind for notice in engine.ask(rule["counter"]).notices)


@pytest.mark.parametrize(
    "text",
    [
        "I have no chest pain, what is coronary calcification",
        "Indication: chest pain",
        "He denies chest pain now",
    ],
)
def test_denied_or_bare_symptoms_are_no_emergency(engine: pellucid.Engine, text: str) -> None:
    assert engine.ask(text).status != "emergency"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("calcifcation", "calcification"),
        ("thyriod", "thyroid"),
        ("granulma", "granuloma"),
        ("mamogram", "mammogram"),
        ("nefrocalcinosis", "nephrocalcinosis"),
        ("tendonitus", "tendinitis"),
        ("gall bladdar", "gallbladder"),
        ("atherosclorosis", "atherosclerosis"),
    ],
)
def test_misspelt_words_are_read(reader: QuestionReader, typed: str, meant: str) -> None:
    question = reader.understand(f"what is {typed}")
    assert meant.split()[-1] in [t.key for t in question.tokens] or any(
        b in meant for _, b in question.corrections
    )


@pytest.mark.parametrize(
    "word", ["trust", "heard", "liver", "their", "weather", "nodded", "brain", "holiday"]
)
def test_english_words_are_left_alone(reader: QuestionReader, word: str) -> None:
    assert reader.understand(f"what about {word} then").corrections == ()


@pytest.mark.parametrize(
    ("text", "kind", "label", "value"),
    [
        ("calcium score of 212", "score", "212", 212.0),
        ("my CAC score was 1,204", "score", "1,204", 1204.0),
        ("BI-RADS 4", "score", "4", 4.0),
        ("birads category 4b", "score", "4B", None),
        ("Bosniak 2F", "score", "2F", None),
        ("Lung-RADS: 4A", "score", "4A", None),
        ("a 4 mm nodule", "size", None, 4.0),
        ("1.5cm nodule", "size", None, 15.0),
        ("T-score -2.7", "score", "-2.7", -2.7),
    ],
)
def test_numbers_are_read(
    reader: QuestionReader, text: str, kind: str, label: str | None, value: float | None
) -> None:
    number = reader.understand(text).numbers[0]
    assert (number.kind, number.label, number.value) == (kind, label, value)


def test_a_quoted_report_is_not_the_question(reader: QuestionReader) -> None:
    question = reader.understand(
        'My report says "no suspicious calcification". What does that mean?'
    )
    mention = next(m for m in question.mentions if "calcification" in m.text)
    assert mention.assertion.status == "absent"
    asked = reader.understand("What does calcification without a nodule mean?")
    assert all(m.assertion.status == "present" for m in asked.mentions)


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("hepatomegaly", ["liver", "enlarged"]),
        ("arthralgia", ["joint", "pain"]),
        ("nephrolithiasis", ["kidney", "stone", "condition"]),
    ],
)
def test_word_parts(word: str, parts: list[str]) -> None:
    from pellucid.language.spelling import split_roots

    roots = [(r["part"], r["at"], r["means"]) for r in load_table("roots")["roots"]]
    assert [means for _, means in split_roots(word, roots)] == parts
    assert split_roots("zorblophy", roots) == []


@given(st.sets(st.text("abcé-", min_size=1, max_size=3)), st.text("abcé-", min_size=1, max_size=3))
def test_a_word_is_found_in_a_list_of_lines_if_it_is_one(words: set[str], word: str) -> None:
    lines = "\n".join(["", *sorted(words), ""])
    assert all(is_english(known, lines) for known in words)
    assert is_english(word, lines) == (word in words)  # too short to have an ending taken off
