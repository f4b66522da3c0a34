"""Flesch-Kincaid grade level: ``0.39 words/sentence + 11.8 syllables/word - 15.59``.

Kincaid JP, Fishburne RP, Rogers RL, Chissom BS. Research Branch Report 8-75, 1975.
"""

from typing import NamedTuple


class TextCounts(NamedTuple):
    """Words, sentences and syllables of a text; they add up over texts."""

    words: int
    sentences: int
    syllables: int


def get_grade(counts: TextCounts) -> float:
    """Flesch-Kincaid grade level; 0.0 for a text without words."""
    if not counts.words:
        return 0.0
    words, sentences, syllables = counts
    return 0.39 * words / sentences + 11.8 * syllables / words - 15.59
