"""Words, sentences and syllables of a text, for its reading grade.

Syllables are counted by rule. The dictionary packages that count them are under licences that
this project cannot pass on, or download their data at run time; tests/test_readability.py holds
the rule against words whose count is known.
"""

from __future__ import annotations

import re

from pellucid.knowledge.grade import TextCounts

_WORD = re.compile(r"[A-Za-z]+(?:['’][a-z]+)?")
_SENTENCE_END = re.compile(r"[.!?:;]+(?=\s|$)")
_VOWELS = re.compile(r"[aeiouy]+")
# Two vowels that are spoken apart: "medial", "period" (but not "special", "nation"), "usual".
_SPLIT = re.compile(
    r"[^cgstaeiou]ia|[^cgst]io(?!us)|[^g]eo(?!u)|[^gqaeo]ua|[^aeo]iu|[aeo]ing\b|[^ aeiou]ie(?=t)|creat|\w{2}ea$"
)
_SILENT_E = re.compile(r"[^aeiouy]e$")
_SPOKEN_LE = re.compile(r"[^aeiouy]le$")
_SILENT_ED = re.compile(r"[^aeioutdy]ed$")
_SILENT_ES = re.compile(r"[^aeiouyscgxz]es$")
_SPOKEN_ES = re.compile(r"(?:[cs]h|[^aeiouy]l)es$")


def count_syllables(word: str) -> int:
    """Syllables of one English word, at least 1; two capitals or more are spelled out."""
    if len(word) > 1 and word.isupper():
        return len(word)
    word = word.lower()
    count = len(_VOWELS.findall(word)) + len(_SPLIT.findall(word))
    if (_SILENT_E.search(word) and not _SPOKEN_LE.search(word)) or _SILENT_ED.search(word):
        count -= 1
    if _SILENT_ES.search(word) and not _SPOKEN_ES.search(word):
        count -= 1
    return max(count, 1)


def count_text(text: str) -> TextCounts:
    """Count the words, sentences (at least 1) and syllables of a text."""
    words = _WORD.findall(text)
    sentences = max(1, len([part for part in _SENTENCE_END.split(text) if _WORD.search(part)]))
    return TextCounts(len(words), sentences, sum(map(count_syllables, words)))
