"""The engine: one object that answers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from pellucid.app.ask import answer_question, get_related, show_concept
from pellucid.app.beside import InstalledPacks
from pellucid.app.build import open_packs
from pellucid.app.inputs import clean_question, open_report
from pellucid.app.settings import get_core_pack
from pellucid.errors import InputError, UnknownConceptError
from pellucid.knowledge.library import Library
from pellucid.language.lexicon import English, Lexicon
from pellucid.language.question import QuestionReader
from pellucid.language.tokens import get_phrase_key, make_word_key
from pellucid.values.answer import Answer, Related
from pellucid.values.concept import Concept, Page
from pellucid.values.question import Assertion
from pellucid.values.report import Finding, Reading

if TYPE_CHECKING:
    from pellucid.app.read import ReportWalk


class Engine:
    """Answers questions from packs; built by :func:`pellucid.load`. Safe to share between threads."""

    def __init__(self, paths: Sequence[str]) -> None:
        artefact = open_packs(paths)
        self._library = Library(artefact)
        self._lexicon = lexicon = Lexicon._make(artefact.get("lexicon"))
        self._get_english = lambda: English._make(artefact.get("english"))
        self._installed = InstalledPacks(artefact, lexicon, self._get_english)
        self._reader = QuestionReader(lexicon, self._get_english, self._installed.is_other)
        self._notices: dict[str, str] = artefact.get("notices")
        self._word_key = make_word_key(lexicon.folding)

    @cached_property
    def _reports(self) -> ReportWalk:
        # Built at the first report: a question must not wait for it.
        from pellucid.app.read import ReportWalk

        return ReportWalk(self._library, self._lexicon, self._get_english, self._notices)

    def __len__(self) -> int:
        """Number of concepts."""
        return len(self._library)

    def ask(self, question: str) -> Answer:
        """Answer a question from the built-in pages; what they leave open, from installed packs.

        Parameters
        ----------
        question
            As a lay person types it, at most 20,000 characters.

        Raises
        ------
        InputError
            If it is empty, too long, or not text.

        >>> import pellucid
        >>> pellucid.load().ask("What does nodular calcification mean?").focus[0].name
        'Nodular calcification'
        """
        text = clean_question(question)
        answer = answer_question(text, self._reader, self._library, self._lexicon, self._notices)
        return self._installed.add_quotes(answer)

    def show(self, name: str) -> Answer:
        """The whole page of a concept, by its id or any of its names; else what packs say of it.

        Raises
        ------
        UnknownConceptError
            If nothing goes by that name; the message has the nearest names.
        """
        try:
            return show_concept(self.get_concept_id(name), self._library, self._notices)
        except UnknownConceptError:
            if found := self._installed.show(name):
                return found
            raise

    def get_page(self, name: str) -> Page:
        """What the packs say of a concept, by its id or any of its names, as they say it.

        >>> import pellucid
        >>> pellucid.load().get_page("BI-RADS").ranges[0].label
        'Category 0'
        """
        return self._library.get_page(self.get_concept_id(name))

    def read(self, report: str | bytes) -> Reading:
        """Read a radiology report: what was found, what was not, what is uncertain, each explained.

        Parameters
        ----------
        report
            The report's text, or the bytes of a file (PDF, Word, HTML, FHIR, HL7 v2, DICOM SR,
            CDA, an image; some need an extra).

        Raises
        ------
        InputError
            If it is empty, too long or cannot be read.
        MissingExtraError
            If its format needs a library that is not installed.
        """
        return self._installed.add_words(self._reports.read(open_report(report)))

    def find(self, report: str | bytes) -> list[Finding]:
        """Find what a report's text says, without explanations: the fast form of :meth:`read`.

        Findings come in the order of the text, those of the indication and history too; each tells
        its section. Of a text, any is taken, and places are those of the text as given.
        """
        return self._reports.find(open_report(report).text if isinstance(report, bytes) else report)

    def assert_span(self, text: str, start: int, end: int) -> Assertion:
        """What a text says of the words between two offsets, whether or not they are known here.

        Raises
        ------
        InputError
            If no word stands there.
        """
        assertion = self._reports.assert_span(text, start, end)
        if assertion is None:
            raise InputError(f"no word stands between {start} and {end} of the text")
        return assertion

    def search(self, words: str, limit: int = 10) -> list[Related]:
        """Find concepts by words, best first."""
        keys = get_phrase_key(words, self._word_key).split()
        if not words.isascii():
            keys = [self._word_key(word) for word in words.split()]
        found = self._library.search(keys, limit)
        return get_related([concept for concept, _ in found], self._library, limit)

    def get_concept_id(self, name: str) -> str:
        """Id of the concept with this id or name.

        Raises
        ------
        UnknownConceptError
            If there is none.
        """
        if name in self._library:
            return name
        if concept := self._lexicon.names[0].get(get_phrase_key(name, self._word_key)):
            return str(concept)
        near = ", ".join(self._library.find_nearest_names(name))
        hint = f"nearest: {near}" if near else "pellucid search WORDS finds what there is"
        raise UnknownConceptError(f"nothing is known as '{name[:80]}'; {hint}")

    def get_concept(self, name: str) -> Concept:
        """The concept with this id or name, without what its page says."""
        return self._library.get_concept(self.get_concept_id(name))

    def get_names(self, name: str) -> tuple[tuple[str, str], ...]:
        """All names of a concept, each with what it is: preferred, synonym, abbreviation or lay."""
        return self._library.get_names(self.get_concept_id(name))

    def get_broader(self, concept: str) -> tuple[str, ...]:
        """Ids of a concept, by id or name, and of all broader ones, the nearest first.

        >>> import pellucid
        >>> pellucid.load().get_broader("bone-metastasis")
        ('bone-metastasis', 'metastasis', 'cancer')
        """
        return tuple(self._library.find_ancestors(self.get_concept_id(concept)))

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
