"""The syllable rule against words whose count is known, and the formula against a worked example."""

from __future__ import annotations

import pytest

from pellucid.knowledge.grade import TextCounts, get_grade
from pellucid.knowledge.readability import count_syllables, count_text

KNOWN = {
    1: "scan bone stone lump breast heart one use spread called cause shapes edge gland size names passed walked",
    2: "doctor harmless body table little cancer needle tissue often mammal seldom spotted needed muscle places causes patches",
    3: "calcium medical deposit syllable hospital radius granular idea period area usual radial biopsy artery",
    4: "radiograph pneumonia arterial material ordinary mammography",
    5: "calcification inflammatory imaginary examination abnormality",
}


@pytest.mark.parametrize(("count", "words"), KNOWN.items())
def test_syllables_of_known_words(count: int, words: str) -> None:
    assert {w: count_syllables(w) for w in words.split()} == dict.fromkeys(words.split(), count)


def test_letters_are_spelled_out() -> None:
    assert count_syllables("CT") == 2
    assert count_syllables("MRI") == 3


def test_formula() -> None:
    # 100 words, 5 sentences, 150 syllables: 0.39*20 + 11.8*1.5 - 15.59
    assert get_grade(TextCounts(100, 5, 150)) == pytest.approx(9.91)
    assert get_grade(TextCounts(0, 1, 0)) == 0.0


def test_counts_add_up() -> None:
    assert count_text("The scan shows calcium. It is harmless.") == TextCounts(7, 2, 11 - 1)
