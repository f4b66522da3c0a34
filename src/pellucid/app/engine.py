"""The engine: one object that answers."""

from __future__ import annotations

import os
from collections.abc import Sequence

from pellucid.app.ask import answer_question, get_related, show_concept
from pellucid.app.build import open_packs
from pellucid.app.settings import get_core_pack
from pellucid.errors import InputError, UnknownConceptError
from pellucid.knowledge.library import Library
from pellucid.language.lexicon import English, Lexicon
from pellucid.language.question import QuestionReader
from pellucid.language.tokens import get_phrase_key, make_word_key
from pellucid.values.answer import Answer, Related

#: Longest question that is read, in characters.
MAX_QUESTION = 20_000


class Engine:
    """Answers questions from packs. Safe to share between threads: it keeps no state of a question.

    Build one with :func:`pellucid.load`.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        artefact = open_packs(paths)
        lexicon = Lexicon._make(artefact.get("lexicon"))
        self._library = Library(artefact)
        self._lexicon = lexicon
        self._reader = QuestionReader(lexicon, lambda: English._make(artefact.get("english")))
        self._notices: dict[str, str] = artefact.get("notices")
        self._word_key = make_word_key(lexicon.folding)

    def __len__(self) -> int:
        """Number of concepts."""
        return len(self._library)

    def ask(self, question: str) -> Answer:
        """Answer a question.

        Parameters
        ----------
        question
            As a lay person types it, at most 20,000 characters.

        Raises
        ------
        InputError
            If it is empty, too long, or not text.

        Examples
        --------
        >>> import pellucid
        >>> pellucid.load().ask("What does nodular calcification mean?").focus[0].name
        'Nodular calcification'
        """
        return answer_question(
            clean_question(question), self._reader, self._library, self._lexicon, self._notices
        )

    def show(self, name: str) -> Answer:
        """The whole page of a concept, by its id or any of its names.

        Raises
        ------
        UnknownConceptError
            If nothing goes by that name; the message has the nearest names.
        """
        return show_concept(self.get_concept_id(name), self._library, self._notices)

    def search(self, words: str, limit: int = 10) -> list[Related]:
        """Find concepts by words, best first."""
        keys = (
            [self._word_key(w) for w in words.split()]
            if not words.isascii()
            else get_phrase_key(words, self._word_key).split()
        )
        found = self._library.search(keys, limit)
        return get_related([concept for concept, _ in found], self._library, limit)

    def get_concept_id(self, name: str) -> str:
        """Id of the concept with this id or name.

        Raises
        ------
        UnknownConceptError
            If there is none.
        """
        key = get_phrase_key(name, self._word_key)
        if name in self._library:
            return name
        concept: str | None = self._lexicon.names[0].get(key)
        if concept:
            return concept
        near = self._library.find_nearest_names(name)
        hint = (
            f"; nearest: {', '.join(near)}"
            if near
            else "; pellucid search WORDS finds what there is"
        )
        raise UnknownConceptError(f"nothing is known as '{name[:80]}'{hint}")

    @property
    def concepts(self) -> tuple[str, ...]:
        """Ids of all concepts, in the order of the packs."""
        return tuple(self._library)


def load(*packs: str | os.PathLike[str]) -> Engine:
    """Load the engine with the built-in pack, and with packs of your own behind it.

    Parameters
    ----------
    packs
        Folders of further packs. Where two packs speak of one concept, the built-in one wins,
        then the one named first.

    Raises
    ------
    PackError
        If a pack is missing or broken.
    """
    return Engine([get_core_pack(), *(os.path.abspath(os.fspath(p)) for p in packs)])


def clean_question(text: str) -> str:
    """Take out control characters; refuse what is no question.

    Raises
    ------
    InputError
        With one line that says what to do.
    """
    if len(text) > MAX_QUESTION:
        raise InputError(
            f"the question has {len(text):,} characters; at most {MAX_QUESTION:,} are read: send only the part that you ask about"
        )
    if "\x00" in text:
        raise InputError("this is binary data, not text; type a question or send a text file")
    text = "".join([c if c.isprintable() or c in "\n\t" else " " for c in text]).strip()
    if not text:
        raise InputError(
            'the question is empty; try: pellucid ask "What does nodular calcification mean?"'
        )
    return text
