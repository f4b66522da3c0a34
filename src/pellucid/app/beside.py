"""What stands beside the built-in pages: the installed packs, opened only when they are needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pellucid.app.settings import list_manifests
from pellucid.explain.quote import needs_more
from pellucid.knowledge.artefact import Artefact
from pellucid.language.lexicon import English, Lexicon
from pellucid.values.answer import Answer
from pellucid.values.report import Reading

if TYPE_CHECKING:
    from pellucid.app.passages import Passages


class InstalledPacks:
    """Adds what installed packs say; where none is installed, it gives back what it was given.

    A pack that is added, removed or updated counts from the next question on.
    """

    def __init__(
        self, artefact: Artefact, lexicon: Lexicon, get_english: Callable[[], English]
    ) -> None:
        self._content = (artefact, lexicon, get_english)
        self._opened: tuple[object, Passages] | None = None

    def _open(self) -> Passages | None:
        found = list_manifests()
        if not found:
            return None
        opened = self._opened
        if opened is None or opened[0] != found:
            from pellucid.app.passages import Passages  # its libraries are many

            # Another thread may open them too: one of the two is then let go of.
            opened = self._opened = (found, Passages(*self._content))
        return opened[1]

    def is_other(self, word: str, meant: str) -> bool:
        """Whether a word that looks like a known one is in the packs, or looks more like one of them."""
        opened = self._open()
        return opened is not None and opened.is_other(word, meant)

    def add_quotes(self, answer: Answer) -> Answer:
        """The answer, with quotes where it leaves open what was asked."""
        opened = self._open() if needs_more(answer) else None
        return opened.add_quotes(answer) if opened else answer

    def show(self, name: str) -> Answer | None:
        """What the packs say of a term, by its name or code; None if they do not have it."""
        opened = self._open()
        return opened.show(name) if opened else None

    def add_words(self, reading: Reading) -> Reading:
        """The reading, with words that only the packs explain."""
        opened = self._open()
        return opened.add_words(reading) if opened else reading
