"""Candidate answers of a question, in the order in which they answer it, each with a probability.

References
----------
A. Ben Abacha, C. Shivade and D. Demner-Fushman, "Overview of the MEDIQA 2019 shared task", BioNLP
2019, section 3.3: filter and rank the answers that a search gave.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from pellucid.retrieval.condense import Asked, condense
from pellucid.retrieval.entail import compare, get_share
from pellucid.retrieval.learned import Learned
from pellucid.retrieval.words import Asking

if TYPE_CHECKING:
    from pellucid.retrieval.dense import Encoder

#: A heading is what stands before the first colon of an answer, if it is no longer than this.
_HEADING = re.compile(r"(.{2,160}?): ", re.DOTALL)
#: Pieces of an answer that are read whole, and of its beginning.
_WHOLE, _BEGIN = 256, 64
#: Words of an answer's beginning.
_FIRST = 60

#: Measures that count most in comparison with the other candidates.
_RELATIVE = ("covered", "recalled", "body", "begin", "cosine_answer", "cosine_begin", "cosine")


class Candidate(NamedTuple):
    """An answer that a search gave: its place in what was given (from 0), heading, text."""

    place: int
    heading: str
    text: str


class Ranked(NamedTuple):
    """A candidate's place in what was given, and the probability that it answers."""

    place: int
    score: float


def make_candidates(texts: Sequence[str]) -> list[Candidate]:
    """Candidates from plain texts, each of which may begin with its heading and a colon."""
    candidates = []
    for place, text in enumerate(texts):
        match = _HEADING.match(text)
        heading = match[1] if match else text[:80]
        candidates.append(Candidate(place, heading, text[match.end() :] if match else text))
    return candidates


def measure(
    asked: Asked, candidates: Sequence[Candidate], tables: Asking, encoder: Encoder | None = None
) -> list[dict[str, float]]:
    """Measure the candidates of one question.

    Beside what :func:`pellucid.retrieval.entail.compare` says of the heading: ``body``, ``begin``,
    the share of what is asked about that the text and its beginning name; ``early``, ``first``:
    how far in front it was given; ``size``: how long it is; ``section``: its heading is of one
    part of an article; what the heading asks for counts for a short question only; cosines of its text, and each of ``_RELATIVE`` less the best candidate's.
    """
    rows = []
    for candidate in candidates:
        known = condense(candidate.heading, tables)
        keys = tables.tokenize(candidate.text)
        same = compare(asked, known)
        if (
            asked.short != asked.text
        ):  # what a story asks for is a guess; candidates of any type answer it
            same |= dict.fromkeys([name for name in same if name.startswith("type_")], 0.0)
        rows.append(
            {
                **same,
                "body": get_share(asked.focus, dict.fromkeys(keys, 1.0)),
                "begin": get_share(asked.focus, dict.fromkeys(keys[:_FIRST], 1.0)),
                "early": 1 / (1 + candidate.place),
                "late": candidate.place / max(len(candidates) - 1, 1),
                "first": float(candidate.place == 0),
                "size": min(math.log1p(len(keys)) / 8, 1.0),
                "brief": float(len(keys) < 40),
                "section": float("(" in candidate.heading),
            }
        )
    if encoder and candidates:
        _add_cosines(rows, asked, candidates, encoder)
    for name in _RELATIVE:
        if rows and name in rows[0]:
            best = max(row[name] for row in rows)
            for row in rows:
                row[f"{name}_less"] = row[name] - best
    return rows


def _add_cosines(
    rows: list[dict[str, float]], asked: Asked, candidates: Sequence[Candidate], encoder: Encoder
) -> None:
    count = len(candidates)
    texts = [f"{c.heading}: {c.text}" for c in candidates]
    question = encoder.encode([asked.text, asked.short])
    whole = encoder.encode(texts, _WHOLE) @ question.T
    begin = encoder.encode(texts, _BEGIN) @ question.T
    heading = encoder.encode([c.heading for c in candidates]) @ question.T
    for i in range(count):
        rows[i]["cosine_answer"] = float(whole[i, 0])
        rows[i]["cosine_answer_short"] = float(whole[i, 1])
        rows[i]["cosine_begin"] = float(begin[i, 0])
        rows[i]["cosine"] = float(heading[i, 0])
        rows[i]["cosine_short"] = float(heading[i, 1])


def rank(
    asked: Asked,
    candidates: Sequence[Candidate],
    tables: Asking,
    learned: Learned,
    encoder: Encoder | None = None,
) -> list[Ranked]:
    """Rank the candidates, the likeliest answer first; ties stay in the order given."""
    scores = [learned.score(row) for row in measure(asked, candidates, tables, encoder)]
    order = sorted(range(len(scores)), key=lambda i: -scores[i])
    return [Ranked(candidates[i].place, scores[i]) for i in order]
