"""Each form shows the same content."""

from __future__ import annotations

import json
import re
from html import unescape

import html5lib
import jsonschema
import pytest

import pellucid
from conftest import SCHEMAS

QUESTIONS = [
    "What does nodular calcification mean?",
    "calcium score of 212",
    "eggshell calcification of the spleen",
    "I have crushing chest pain right now, what is coronary calcification",
    "What does zorblophy mean?",
    "How much ibuprofen should I take for gout?",
    "difference between dystrophic and metastatic calcification",
    'what is "<script>alert(1)</script>" calcification',
]


@pytest.fixture(params=QUESTIONS)
def answer(request: pytest.FixtureRequest, engine: pellucid.Engine) -> pellucid.Answer:
    return engine.ask(request.param)


def normalise(text: str) -> str:
    return " ".join(text.split())


def test_text_has_all_content(answer: pellucid.Answer) -> None:
    shown = normalise(pellucid.render(answer, "text", width=100))
    for section in answer.sections:
        for statement in section.statements:
            assert normalise(statement.text) in shown
    for notice in answer.notices:
        assert normalise(notice.text) in shown
    for source in answer.sources.values():
        assert source.url in shown


def test_markdown_has_all_content(answer: pellucid.Answer) -> None:
    shown = re.sub(r"\\(.)", r"\1", pellucid.render(answer, "markdown"))
    shown = normalise(shown.replace("> ", ""))
    for section in answer.sections:
        for statement in section.statements:
            assert normalise(statement.text) in shown
    for notice in answer.notices:
        assert normalise(notice.text) in shown
    for source in answer.sources.values():
        assert source.url in shown


def test_html_has_all_content_and_is_well_formed(answer: pellucid.Answer) -> None:
    fragment = pellucid.render(answer, "html")
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    tree = parser.parseFragment(fragment)
    text = normalise("".join(tree.itertext()))
    for section in answer.sections:
        for statement in section.statements:
            assert normalise(statement.text) in text
    for notice in answer.notices:
        assert normalise(notice.text) in text
    assert "<script" not in fragment
    ids = re.findall(r'id="([^"]+)"', fragment)
    for target in re.findall(r'href="#([^"]+)"', fragment):
        assert target in ids
    assert {unescape(u) for u in re.findall(r'href="(http[^"]+)"', fragment)} == {
        s.url for s in answer.sources.values()
    }


def test_json_follows_its_schema(answer: pellucid.Answer) -> None:
    schema = json.loads((SCHEMAS / "answer.schema.json").read_text(encoding="utf-8"))
    data = json.loads(pellucid.render(answer, "json"))
    jsonschema.validate(data, schema)
    assert [[s["text"] for s in section["statements"]] for section in data["sections"]] == [
        [s.text for s in section.statements] for section in answer.sections
    ]


def test_text_keeps_to_the_width(answer: pellucid.Answer) -> None:
    for line in pellucid.render(answer, "text", width=60).splitlines():
        assert len(line) <= 60 or "http" in line


def test_colour_only_when_asked(answer: pellucid.Answer) -> None:
    assert "\x1b" not in pellucid.render(answer)
    coloured = pellucid.render(answer, colour=True)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == pellucid.render(answer)


def test_emergency_is_first_in_each_form(engine: pellucid.Engine) -> None:
    answer = engine.ask("I can't breathe, what is a pleural plaque")
    assert pellucid.render(answer).startswith("!!")
    assert pellucid.render(answer, "markdown").startswith("> **")
    assert 'role="alert"' in pellucid.render(answer, "html").splitlines()[1]
    assert json.loads(pellucid.render(answer, "json"))["notices"][0]["kind"] == "emergency"


def test_unknown_form_is_refused(engine: pellucid.Engine) -> None:
    with pytest.raises(pellucid.InputError, match="json"):
        pellucid.render(engine.ask("calcification"), "docx")


def test_a_statement_without_a_citation_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="citation"):
        pellucid.Statement("Calcium is calcium.", (), "calcification")
    with pytest.raises(ValueError, match="words"):
        pellucid.Statement("  ", ("book",), "calcification")


def test_scores_show_their_whole_scale(engine: pellucid.Engine) -> None:
    page = pellucid.render(engine.show("coronary calcium score"))
    for label in ("0:", "1-99:", "100-399:", "400 and above:"):
        assert label in page
