"""What a search asks of the place where a pack's passages and their index are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from pellucid.retrieval.condense import Asked
from pellucid.values.passage import Passage

if TYPE_CHECKING:
    from pellucid.retrieval.dense import Vectors

#: Words of an answer that stand for its question where it has none.
_START = 200
#: What a word that says the type of a question weighs, and the weight below which a word is nothing.
_TYPE_WEIGHT, _LEAST = 0.5, 0.05


class Hit(NamedTuple):
    """A passage found: its number in its pack, and a score; only its order means anything."""

    position: int
    score: float


class PassageIndex(Protocol):
    """The passages of one pack, numbered from 0, and the ways to find them.

    :mod:`pellucid.retrieval.embedded` keeps them in files, :mod:`pellucid.retrieval.postgres` on a
    server; both pass the same tests. Safe to share between threads.
    """

    @property
    def has_vectors(self) -> bool:
        """Whether it was indexed with an encoder, and can be searched by meaning."""

    def __len__(self) -> int:
        """How many passages there are."""

    def get_many(self, positions: Sequence[int]) -> list[Passage]:
        """Passages by their numbers, in the order asked."""

    def find_by_words(self, asked: Asked, limit: int) -> list[Hit]:
        """The passages that share the most telling words with what is asked, best first."""

    def find_by_meaning(self, vector: Vectors, limit: int) -> list[Hit]:
        """The nearest passages to a vector of length 1, best first; empty without vectors."""

    def get_vectors(self, positions: Sequence[int]) -> Vectors | None:
        """Shape (positions, width), float32; ``None`` in a pack indexed without an encoder."""


def get_known_text(passage: Passage) -> str:
    """What a passage is the answer to: its question, else what it is about and how it begins."""
    return passage.question or f"{passage.focus or passage.title}. {passage.answer[:_START]}"


def weigh_terms(asked: Asked) -> dict[str, float]:
    """The words to look for, each with its weight.

    What it is about as it weighs; what it asks for half; the story behind it not at all.
    """
    weights = dict.fromkeys(asked.asking, _TYPE_WEIGHT) | asked.focus
    return {key: weight for key, weight in weights.items() if weight > _LEAST}
