"""What stands beside the built-in pages: the installed packs, opened only when they are needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from pellucid.app.settings import get_store, list_manifests
from pellucid.errors import PackError
from pellucid.explain.notices import add_notices
from pellucid.explain.quote import needs_more
from pellucid.knowledge.artefact import Artefact
from pellucid.language.lexicon import English, Lexicon
from pellucid.values.answer import Answer, Notice
from pellucid.values.report import Reading

if TYPE_CHECKING:
    from pellucid.app.passages import Passages
    from pellucid.app.served import ServedPacks

_Told = TypeVar("_Told")


class InstalledPacks:
    """Adds what installed packs say; where none is installed, it gives back what it was given.

    A pack that is added, removed or updated counts from the next question on; one on a server within
    seconds. A server that is away leaves the built-in pages, and each answer that needed it says so.
    """

    def __init__(
        self, artefact: Artefact, lexicon: Lexicon, get_english: Callable[[], English]
    ) -> None:
        self._content = (artefact, lexicon, get_english)
        self._opened: tuple[object, Passages] | None = None

    def is_other(self, word: str, meant: str) -> bool:
        """Whether a word that looks like a known one is in the packs, or looks more like one of them."""
        try:
            return self._ask(lambda packs: packs.is_other(word, meant), False)
        except PackError:
            return False

    def add_quotes(self, answer: Answer) -> Answer:
        """The answer, with quotes where it leaves open what was asked."""
        if not needs_more(answer):
            return answer
        try:
            return self._ask(lambda packs: packs.add_quotes(answer), answer)
        except PackError:
            # Where something is open at most in the packs' finer types of questions, nothing is said.
            is_open = needs_more(answer, frozenset())
            return answer._replace(notices=self._say_away(answer.notices)) if is_open else answer

    def show(self, name: str) -> Answer | None:
        """What the packs say of a term, by its name or code; None if they do not have it.

        Raises
        ------
        PackError
            If they cannot be read.
        """
        return self._ask(lambda packs: packs.show(name), None)

    def add_words(self, reading: Reading) -> Reading:
        """The reading, with words that only the packs explain."""
        try:
            return self._ask(lambda packs: packs.add_words(reading), reading)
        except PackError:
            return reading._replace(notices=self._say_away(reading.notices))

    def find_names(self, text: str) -> Sequence[str]:
        """Names of the packs that stand in a text, in its order.

        Raises
        ------
        PackError
            If they cannot be read.
        """
        return self._ask(lambda packs: packs.find_names(text), ())

    def _ask(self, ask: Callable[[Passages], _Told], otherwise: _Told) -> _Told:
        """What the packs tell; they are opened anew once if one was replaced on its server meanwhile."""
        opened = self._open()
        if opened is None:
            return otherwise
        try:
            return ask(opened)
        except PackError:
            if not (address := get_store()):
                raise
            _get_server(address).forget()
        opened = self._open()
        return ask(opened) if opened else otherwise

    def _open(self) -> Passages | None:
        address = get_store()
        found = _get_server(address).list_numbers() if address else list_manifests()
        if not found:
            return None
        opened = self._opened
        if opened is None or opened[0] != (address, found):
            from pellucid.app.passages import Passages  # its libraries are many

            # Another thread may open them too: one of the two is then let go of.
            opened = self._opened = ((address, found), Passages(*self._content))
        return opened[1]

    def _say_away(self, notices: tuple[Notice, ...]) -> tuple[Notice, ...]:
        notice = Notice("unread", self._content[0].get("notices")["away"])
        return add_notices(notices, [notice])


def _get_server(address: str) -> ServedPacks:
    from pellucid.app.served import get_server

    return get_server(address)
