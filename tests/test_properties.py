"""Any text gets an answer, and every statement of every answer has a citation."""

from __future__ import annotations

import itertools
import random

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pellucid
from conftest import ROOT

WORDS = sorted(
    {
        word
        for case in yaml.safe_load(
            (ROOT / "tests" / "golden" / "questions.yaml").read_text(encoding="utf-8")
        )
        for word in case["q"].split()
    }
)


def check(engine: pellucid.Engine, text: str) -> None:
    try:
        answer = engine.ask(text)
    except pellucid.InputError:
        return
    for section in answer.sections:
        assert section.statements
        for statement in section.statements:
            assert statement.citations
            assert set(statement.citations) <= set(answer.sources)
    for form in ("text", "markdown", "html", "json"):
        assert pellucid.render(answer, form)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(max_size=300))
def test_any_text(engine: pellucid.Engine, text: str) -> None:
    check(engine, text)


@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=25))
def test_any_run_of_known_words(engine: pellucid.Engine, words: list[str]) -> None:
    check(engine, " ".join(words))


def test_mutated_questions(engine: pellucid.Engine) -> None:
    """A sample of what benchmarks/robustness.py does ten thousand times."""
    source = random.Random(20261123)
    for _ in range(300):
        letters = list(" ".join(source.choices(WORDS, k=source.randint(1, 12))))
        for _ in range(source.randint(1, 6)):
            place = source.randrange(len(letters))
            letters[place] = source.choice(
                ["", " ", letters[place] * 2, chr(source.randint(32, 0x2FFF))]
            )
        check(engine, "".join(letters))


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=400))
def test_parser_of_concept_files_never_fails(text: str) -> None:
    from pellucid.knowledge.parse import parse_body, parse_concept

    _, problems = parse_concept(text, "x.md", "x")
    assert all(p.line >= 1 and p.message for p in problems)
    statements, _ = parse_body("## Meaning\n" + text, "x.md", 1)
    assert all(s.citations for s in statements)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(max_size=200))
def test_tokens_slice_back(text: str) -> None:
    from pellucid.language.tokens import make_word_key, tokenize

    tokens = tokenize(text, make_word_key({}))
    assert all(text[t.start : t.end] == t.text for t in tokens)
    assert all(a.end <= b.start for a, b in itertools.pairwise(tokens))
