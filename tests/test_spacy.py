"""The spaCy component, in a real spaCy pipeline."""

from __future__ import annotations

import pytest

spacy = pytest.importorskip("spacy", reason="pip install 'pellucid[spacy]'")

REPORT = """FINDINGS: A 6 mm nodule in the right upper lobe. No pleural effusion or pneumothorax.
Possible granuloma in the left lower lobe.
IMPRESSION: Right upper lobe nodule."""


@pytest.fixture(scope="module")
def nlp() -> object:
    made = spacy.blank("en")
    made.add_pipe("pellucid")
    return made


def test_entities_carry_what_the_report_says(nlp) -> None:  # type: ignore[no-untyped-def]
    doc = nlp(REPORT)
    said = [(e.text, e.label_, e._.is_negated, e._.is_uncertain) for e in doc.ents]
    assert said == [
        ("nodule", "pulmonary-nodule", False, False),
        ("pleural effusion", "pleural-effusion", True, False),
        ("pneumothorax", "pneumothorax", True, False),
        ("granuloma", "granuloma", False, True),
        ("nodule", "pulmonary-nodule", False, False),
    ]
    nodule = doc.ents[0]._.pellucid
    assert (nodule.laterality, nodule.measurements[0].dims) == ("right", (6.0,))
    assert nodule.explanation[0].citations
    assert doc._.pellucid.report.text == REPORT


def test_the_component_is_found_by_its_name_and_keeps_other_entities() -> None:
    made = spacy.blank("en")
    made.add_pipe("entity_ruler").add_patterns([{"label": "WHEN", "pattern": "yesterday"}])
    made.add_pipe("pellucid", config={"explain": False})
    doc = made("No pneumothorax since yesterday.")
    assert [(e.text, e.label_) for e in doc.ents] == [
        ("pneumothorax", "pneumothorax"),
        ("yesterday", "WHEN"),
    ]
    assert doc._.pellucid is None
    assert not made("").ents
