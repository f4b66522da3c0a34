"""What a reader of a collection is given, and what it counts while it reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pellucid.collections.limits import MAX_ANSWER, MAX_NOTES
from pellucid.errors import CollectionError, MissingExtraError
from pellucid.values.passage import Passage

#: Text of a PDF or Word file; raises a PellucidError if it cannot be read.
OpenText = Callable[[bytes, str], str]


class Intake:
    """The terms under which a collection is read into a pack, and the tally of the reading.

    Parameters
    ----------
    pack
        Name of the pack.
    terms
        ``title``, ``publisher``, ``licence``, ``attribution``, ``url``; further keys of
        ``known.yaml`` for a known collection.
    open_text
        Opens a PDF or Word file.
    tolerant
        Skip a damaged document with a note, instead of refusing the collection.
    """

    def __init__(
        self, pack: str, terms: Mapping[str, Any], open_text: OpenText, tolerant: bool = False
    ) -> None:
        self.pack = pack
        self.terms = terms
        self.open_text = open_text
        self.version: str | None = None
        self.read = 0
        self.left_out: Counter[str] = Counter()
        self.notes: list[str] = []
        self._tolerant = tolerant

    def make_passage(self, **fields: Any) -> Passage:
        """A passage; what it does not say of its publication is what the collection says.

        Raises
        ------
        CollectionError
            If the answer is longer than any text that a person reads.
        """
        terms = self.terms
        passage = Passage(
            **{
                "pack": self.pack,
                "synonyms": (),
                "question_type": None,
                "question": "",
                "title": terms["title"],
                "url": terms["url"],
                "publisher": terms["publisher"],
                "licence": terms["licence"],
                "codes": {},
                **fields,
            }
        )
        if len(passage.answer) > MAX_ANSWER:
            raise CollectionError(
                f"{passage.id}: an answer of over {MAX_ANSWER:,} characters, the limit"
            )
        return passage

    @contextmanager
    def skipping(self) -> Iterator[None]:
        """Note a document that cannot be read and go on, if the user allows that."""
        try:
            yield
        except CollectionError as error:
            if not self._tolerant:
                raise
            self.left_out["damaged"] += 1
            if len(self.notes) < MAX_NOTES:
                self.notes.append(str(error))


@contextmanager
def needs(what: str, library: str) -> Iterator[None]:
    """Turn a failed import inside the block into one line that says what to install."""
    try:
        yield
    except ImportError:
        raise MissingExtraError(
            f"{what} needs {library}: pip install 'pellucid[formats]'"
        ) from None


def unique(*names: str) -> tuple[str, ...]:
    """Names without repetition, be it in other capitals, and without empty ones; in order."""
    found: dict[str, str] = {}
    for name in names:
        clean = " ".join(name.split())
        if clean:
            found.setdefault(clean.casefold(), clean)
    return tuple(found.values())
