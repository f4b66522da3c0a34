"""A passage -> its sentences that answer the question, in their order, none of them changed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from pellucid.retrieval.condense import Asked
from pellucid.retrieval.entail import get_share
from pellucid.retrieval.words import Asking, split_sentences

if TYPE_CHECKING:
    from pellucid.retrieval.dense import Encoder

#: Words of an answer: a shorter passage is given whole, a longer one is cut to about so many.
_WORDS = 120
#: What the first sentence is worth beside its words, as it mostly says what follows.
_LEAD = 0.3

_PARAGRAPH = re.compile(r"\n\s*\n")


class Extract(NamedTuple):
    """Sentences of a passage in their order; ``more`` is whether others were left out."""

    sentences: tuple[str, ...]
    more: bool


class _Unit(NamedTuple):
    """What can only be given together: a sentence, and the sentences or items that lean on it."""

    sentences: tuple[str, ...]
    size: int


def extract(
    asked: Asked, text: str, tables: Asking, encoder: Encoder | None = None, limit: int = _WORDS
) -> Extract:
    """Choose the sentences of a passage that answer what is asked.

    A sentence that leans on the one before it ("It ...", an item of a list) comes with it. At
    least one sentence is given, however long.

    Parameters
    ----------
    asked
        The question, condensed.
    text
        The passage as its pack has it: paragraphs apart, items of a list behind ``- ``.
    tables
        How people ask.
    encoder
        Ranks sentences by meaning too.
    limit
        Words that the answer has at most, roughly.
    """
    sentences = list_sentences(text)
    units = _join(sentences, tables)
    if sum(unit.size for unit in units) <= limit:
        return Extract(tuple(sentences), False)
    scores = _score(asked, units, tables, encoder)
    chosen: list[int] = []
    size = 0
    for i in sorted(range(len(units)), key=lambda i: -scores[i]):
        if not chosen or size + units[i].size <= limit:
            chosen.append(i)
            size += units[i].size
    chosen.sort()
    return Extract(tuple(s for i in chosen for s in units[i].sentences), len(chosen) < len(units))


def list_sentences(text: str) -> list[str]:
    """The sentences and items of a passage in their order, without headings and torn brackets."""
    blocks = _PARAGRAPH.split(text)
    sentences = [s for block in blocks for s in split_sentences(block)]
    pairs = zip(sentences, [*sentences[1:], ""], strict=False)
    whole = [sentence for sentence, following in pairs if _is_whole(sentence, following)]
    return whole or sentences


def _is_whole(sentence: str, following: str) -> bool:
    """Whether it is no heading: it ends as a sentence does, is an item of a list, or leads to one."""
    item = sentence.startswith("- ") or following.startswith("- ")
    ended = sentence.rstrip(")\"'”’ ")[-1:] in (".", "!", "?", ":", ";", ",")
    return (item or ended) and sentence.count("(") == sentence.count(")")


def _join(sentences: Sequence[str], tables: Asking) -> list[_Unit]:
    units: list[_Unit] = []
    for sentence in sentences:
        keys = tables.tokenize(sentence)
        leans = sentence.startswith("- ") or (keys and keys[0] in tables.leaning)
        if units and (leans or units[-1].sentences[-1].endswith(":")):
            last = units.pop()
            units.append(_Unit((*last.sentences, sentence), last.size + len(keys)))
        else:
            units.append(_Unit((sentence,), len(keys)))
    return units


def _score(
    asked: Asked, units: Sequence[_Unit], tables: Asking, encoder: Encoder | None
) -> list[float]:
    scores = []
    for place, unit in enumerate(units):
        keys = tables.tokenize(" ".join(unit.sentences))
        about = get_share(asked.focus, dict.fromkeys(keys, 1.0))
        wanted = not asked.types.isdisjoint(tables.find_types(keys))
        scores.append(about + wanted + (_LEAD if place == 0 else 0.0))
    if encoder:
        vectors = encoder.encode([asked.short, *(" ".join(unit.sentences) for unit in units)])
        scores = [s + 2 * float(c) for s, c in zip(scores, vectors[1:] @ vectors[0], strict=True)]
    return scores
