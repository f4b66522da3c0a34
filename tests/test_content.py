"""The built-in pack: sound, whole, and its numbers digit by digit."""

from __future__ import annotations

import pytest

import pellucid
from conftest import CORE
from pellucid.app.packs import PackReport, check
from pellucid.knowledge.pack import PackFolder, load_pack


@pytest.fixture(scope="module")
def report() -> PackReport:
    return check(str(CORE))


@pytest.fixture(scope="module")
def pack() -> PackFolder:
    return load_pack(str(CORE))


def test_the_pack_is_sound(report: PackReport) -> None:
    assert [f"{p.path}:{p.line}: {p.message}" for p in report.problems] == []


def test_it_is_large_enough(pack: PackFolder) -> None:
    atlas = [
        f
        for f in pack.files
        if f.concept.depth == "full"
        and f.concept.kind in ("finding", "entity", "pattern", "type", "normal", "score")
    ]
    calcium = [f for f in atlas if "calci" in " ".join(s.text.lower() for s in f.statements)]
    assert len(calcium) >= 130
    assert len(pack.files) - len(calcium) >= 300


def test_every_statement_was_checked_against_its_source(pack: PackFolder) -> None:
    from pellucid.knowledge.check import find_cited_statements
    from pellucid.knowledge.pack import get_statement_id

    for _, _, text, citations, _ in find_cited_statements(pack):
        verdicts = {pack.ledger[get_statement_id(text), key].verdict for key in citations}
        assert "supported" in verdicts
        assert "not-found" not in verdicts


ATLAS = """
calcification nodular-calcification calcified-nodule microcalcification macrocalcification punctate-calcification
coarse-calcification popcorn-calcification laminated-calcification eggshell-calcification rim-calcification
linear-calcification branching-calcification amorphous-calcification dystrophic-calcification metastatic-calcification
psammoma-body milk-of-calcium granuloma calcified-granuloma lung-hamartoma pleural-plaque lymph-node-calcification
coronary-artery-calcification coronary-calcified-nodule coronary-calcium-score cac-drs aortic-valve-calcification
mitral-annular-calcification medial-arterial-calcification phlebolith aortic-calcification carotid-artery-calcification
breast-calcification breast-microcalcification breast-implant-calcification fibroadenoma-calcification
thyroid-calcification salivary-stone physiologic-brain-calcification basal-ganglia-calcification eye-calcification
optic-disc-drusen dental-calculus pulp-stone liver-calcification spleen-calcification pancreatic-calcification gallstone
porcelain-gallbladder kidney-stone nephrocalcinosis renal-cyst-calcification fibroid-calcification
ovarian-calcification placental-calcification prostate-calcification testicular-microlithiasis calcific-tendinitis cppd
chondrocalcinosis hydroxyapatite-deposition-disease disc-calcification meniscus-calcification heterotopic-ossification
myositis-ossificans calcinosis-cutis dystrophic-calcinosis-cutis metastatic-calcinosis-cutis
idiopathic-calcinosis-cutis iatrogenic-calcinosis-cutis calciphylaxis tumoral-calcinosis muscle-calcification
""".split()


@pytest.mark.parametrize("concept", ATLAS)
def test_atlas_page_has_its_sections(engine: pellucid.Engine, concept: str) -> None:
    page = engine.show(concept)
    keys = {section.key.partition(".")[0] for section in page.sections}
    needed = (
        {"meaning", "serious", "questions"}
        if page.focus[0].kind == "score"
        else {"meaning", "serious", "causes", "found", "next", "questions"}
    )
    assert needed <= keys


VOCABULARY = """
unremarkable cannot-be-excluded clinical-correlation no-acute stable bi-rads lung-rads ti-rads li-rads pi-rads o-rads
bosniak fleischner-guideline x-ray ct-scan mri ultrasound mammogram pet-ct dxa-scan echocardiogram biopsy contrast-agent
pulmonary-nodule ground-glass-opacity pleural-effusion atelectasis pneumothorax cardiomegaly emphysema fatty-liver
renal-cyst thyroid-nodule disc-herniation osteoarthritis osteoporosis fracture stroke benign malignant
""".split()


@pytest.mark.parametrize("concept", VOCABULARY)
def test_vocabulary_page_says_what_it_is(engine: pellucid.Engine, concept: str) -> None:
    assert engine.show(concept).sections[0].key == "meaning"


#: Scale, value typed, label of its row, figures that must stand in the row's meaning.
ROWS = [
    ("calcium score", "0", "0", []),
    ("calcium score", "1", "1-99", []),
    ("calcium score", "99", "1-99", []),
    ("calcium score", "100", "100-399", []),
    ("calcium score", "399", "100-399", []),
    ("calcium score", "400", "400 and above", []),
    ("BI-RADS", "3", "Category 3", ["2 in 100"]),
    ("BI-RADS", "4", "Category 4", ["2 and 95"]),
    ("BI-RADS", "4A", "Category 4A", ["2", "10"]),
    ("BI-RADS", "4B", "Category 4B", ["10", "50"]),
    ("BI-RADS", "4C", "Category 4C", ["50"]),
    ("BI-RADS", "5", "Category 5", ["95"]),
    ("BI-RADS", "6", "Category 6", []),
    ("T-score", "-1", "+1 to -1", []),
    ("T-score", "-2.4", "Between -1 and -2.5", []),
    ("T-score", "-2.5", "-2.5 or lower", []),
    ("Bosniak", "I", "Bosniak I", []),
    ("Bosniak", "2F", "Bosniak IIF", []),
    ("Bosniak", "IV", "Bosniak IV", []),
    ("PI-RADS", "5", "PI-RADS 5", []),
    ("Lung-RADS", "4B", "Category 4B", []),
]


@pytest.mark.parametrize(("scale", "value", "label", "figures"), ROWS)
def test_score_rows(
    engine: pellucid.Engine, scale: str, value: str, label: str, figures: list[str]
) -> None:
    answer = engine.ask(f"{scale} {value}")
    row = answer.sections[0]
    assert row.key == "number"
    said = row.statements[0].text
    assert said.startswith(label)
    for figure in figures:
        assert figure in said.removeprefix(label)


def test_scores_name_values_that_are_on_no_row(engine: pellucid.Engine) -> None:
    answer = engine.ask("BI-RADS 9")
    assert "no-row" in [n.kind for n in answer.notices]
    assert all(s.key != "number" for s in answer.sections)


def test_sources_look_like_what_they_are(pack: PackFolder) -> None:
    for source in pack.sources.values():
        assert source.title.strip()
        assert source.publisher.strip()
        assert "wikipedia.org" not in source.url
        assert source.year is None or 1950 <= source.year <= 2026


def test_codes_have_the_form_of_their_system(pack: PackFolder) -> None:
    import re

    forms = {
        "icd10cm": r"[A-Z]\d[0-9A-Z](\.[0-9A-Z]{1,4})?",
        "mesh": r"[DC]\d{6,9}",
        "radlex": r"RID\d+",
        "hpo": r"HP:\d{7}",
        "oifm": r"OIFM_\w+",
    }
    for file in pack.files:
        for system, codes in file.concept.codes.items():
            for code in codes:
                assert re.fullmatch(forms[system], code), f"{file.path}: {code}"


def test_no_statement_tells_the_reader_to_take_or_stop_a_drug(pack: PackFolder) -> None:
    import re

    dose = re.compile(
        r"\b\d+\s?(mg|mcg|milligram|microgram|tablets?|pills?)\b(?!/d?L)|\b(start|stop) taking\b",
        re.IGNORECASE,
    )
    from pellucid.knowledge.check import find_cited_statements

    assert [t for _, _, t, _, _ in find_cited_statements(pack) if dose.search(t)] == []


def test_what_reports_say_is_on_a_page(pack: PackFolder) -> None:
    """A rule for a concept without a page would end the reading of each report that it fits."""
    rules = pack.tables["reports"]["statements"]
    assert {rule["concept"] for rule in rules} <= {file.concept.id for file in pack.files}
