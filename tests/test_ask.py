"""Questions as people type them, through the public interface."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import pellucid

CASES = yaml.safe_load(
    (Path(__file__).parent / "golden" / "questions.yaml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", CASES, ids=[case["q"][:60] for case in CASES])
def test_golden_question(engine: pellucid.Engine, case: dict) -> None:
    answer = engine.ask(case["q"])
    focus = [f.concept for f in answer.focus]
    assert focus[: len(case["focus"])] == case["focus"]
    if not case["focus"]:
        assert focus == []
    assert answer.status == case.get("status", "answered")
    assert set(case.get("types", ())) <= set(answer.question_types)
    if "notice" in case:
        assert case["notice"] in [notice.kind for notice in answer.notices]
    if "row" in case:
        assert answer.sections[0].key == "number"
        assert answer.sections[0].statements[0].text.startswith(case["row"])
    if "suggests" in case:
        assert case["suggests"] in answer.suggestions


@pytest.mark.parametrize("case", CASES, ids=[case["q"][:60] for case in CASES])
def test_every_statement_can_be_traced(engine: pellucid.Engine, case: dict) -> None:
    answer = engine.ask(case["q"])
    for section in answer.sections:
        for statement in section.statements:
            assert statement.citations
            assert all(answer.sources[key].url.startswith("http") for key in statement.citations)
    cited = {k for s in answer.sections for st in s.statements for k in st.citations}
    assert cited == set(answer.sources)
    assert [n.kind for n in answer.notices].count("education") == 1


@pytest.mark.parametrize(
    ("question", "key"),
    [
        ("is nodular calcification dangerous", "serious"),
        ("what causes nodular calcification", "causes"),
        ("symptoms of nodular calcification", "symptoms"),
        ("how is nodular calcification diagnosed", "found"),
        ("treatment of nodular calcification", "treatment"),
        ("can nodular calcification go away", "resolve"),
        ("types of nodular calcification", "types"),
        ("what does nodular calcification mean", "meaning"),
        ("what happens next with nodular calcification", "next"),
    ],
)
def test_answer_leads_with_what_was_asked(engine: pellucid.Engine, question: str, key: str) -> None:
    answer = engine.ask(question)
    assert answer.sections[0].key.partition(".")[0] == key
    page = engine.show("nodular-calcification")
    whole = next(s for s in page.sections if s.key == answer.sections[0].key)
    assert answer.sections[0].statements == whole.statements
    assert all(len(s.statements) <= 2 for s in answer.sections[answer.lead :])


def test_the_page_that_it_began_with(engine: pellucid.Engine) -> None:
    """Types with their blood values, causes, signs, diagnosis, treatment: all there, and right."""
    page = engine.show("nodular calcification")
    text = {s.key: " ".join(st.text for st in s.statements) for s in page.sections}
    assert "not a diagnosis" in text["meaning"]
    assert "body part" in text["meaning"]
    assert "normal" in text["types"]
    assert "too high" in text["types"]
    assert "phosphate" in text["types"]
    assert "does not mean that cancer" in text["types"]
    for key in (
        "serious",
        "causes",
        "symptoms",
        "found.xray",
        "found.ct",
        "found.mri",
        "found.ultrasound",
        "found.mammography",
        "next",
        "treatment",
        "care",
        "questions",
    ):
        assert text[key]
    assert "rare" in text["resolve"]
    assert "tendinitis" in text["resolve"]


def test_the_organ_decides(engine: pellucid.Engine) -> None:
    lung = engine.ask("is a microcalcification in the breast serious")
    thyroid = engine.ask("is a microcalcification in the thyroid serious")
    assert lung.focus[0].concept == "breast-microcalcification"
    assert thyroid.focus[0].concept == "thyroid-microcalcification"
    assert lung.sections[0].statements != thyroid.sections[0].statements


def test_fallback_leaves_out_what_holds_for_other_organs(engine: pellucid.Engine) -> None:
    answer = engine.ask("is nodular calcification of the spleen serious")
    said = " ".join(st.text for s in answer.sections for st in s.statements)
    assert "In the breast" not in said
    assert "In the thyroid" not in said


def test_emergency_comes_before_everything(engine: pellucid.Engine) -> None:
    answer = engine.ask("What is a pleural plaque? My husband just collapsed and is unresponsive")
    assert answer.notices[0].kind == "emergency"
    assert "112" in answer.notices[0].text
    text = pellucid.render(answer)
    assert text.startswith("!!")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "empty"),
        ("  \n\t ", "empty"),
        ("\x07\x1b", "empty"),
        ("a" * 20_001, "20,000"),
        ("calc\x00ification", "binary"),
    ],
)
def test_bad_input_is_one_clear_line(engine: pellucid.Engine, text: str, what: str) -> None:
    with pytest.raises(pellucid.InputError) as caught:
        engine.ask(text)
    assert what in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unknown_concept_names_the_nearest(engine: pellucid.Engine) -> None:
    with pytest.raises(pellucid.UnknownConceptError, match="Nephrocalcinosis"):
        engine.show("nefrocalcinosis")


def test_show_takes_any_name(engine: pellucid.Engine) -> None:
    assert engine.show("Agatston score").focus[0].concept == "coronary-calcium-score"
    assert engine.show("bi-rads").focus[0].concept == "bi-rads"


def test_a_concept_is_given_by_any_of_its_names(engine: pellucid.Engine) -> None:
    concept = engine.get_concept("Agatston score")
    page = engine.get_page("Agatston score")
    assert concept.id == "coronary-calcium-score"
    assert (page.concept, bool(page.sections), bool(page.ranges)) == (concept, True, True)
    names = dict(engine.get_names("Agatston score"))
    assert (names[concept.name], names["Agatston score"]) == ("preferred", "synonym")
    assert set(names.values()) == {"preferred", "synonym", "abbreviation", "lay"}
    for get in (engine.get_concept, engine.get_page, engine.get_names):
        with pytest.raises(pellucid.UnknownConceptError):
            get("nefrocalcinosis")


def test_search_finds_by_words(engine: pellucid.Engine) -> None:
    assert engine.search("shoulder calcium tendon")
    assert "kidney-stone" in [r.concept for r in engine.search("kidney stone")][:3]
    assert engine.search("qqqq") == []


def test_engine_answers_the_same_twice_and_in_threads(engine: pellucid.Engine) -> None:
    from concurrent.futures import ThreadPoolExecutor

    questions = [case["q"] for case in CASES[:40]] * 3
    alone = [engine.ask(q) for q in questions]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(engine.ask, questions))
    assert alone == together
