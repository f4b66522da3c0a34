"""The installed packs at one moment: search them, quote them, take terms from them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache, cached_property
from typing import NamedTuple
from weakref import finalize

from pellucid.app.asking import open_asking
from pellucid.app.installed import list_names, open_pack
from pellucid.app.terms import explain_words, show_term
from pellucid.collections.store import PassageStore
from pellucid.errors import PackError
from pellucid.explain.quote import add_quotes, needs_more
from pellucid.explain.verify import verify_citations
from pellucid.knowledge.artefact import Artefact
from pellucid.language.lexicon import English, Lexicon
from pellucid.language.spelling import correct_text
from pellucid.language.tokens import make_word_key, tokenize
from pellucid.retrieval.agree import find_likeness
from pellucid.retrieval.answer import extract
from pellucid.retrieval.condense import Asked, condense
from pellucid.retrieval.dense import Encoder, find_model, load_encoder
from pellucid.retrieval.judge import LEAST, NEAR, POOL, judge
from pellucid.retrieval.learned import Learned, load_learned
from pellucid.retrieval.search import Found, Searcher, open_index
from pellucid.retrieval.words import Asking
from pellucid.values.answer import Answer, Notice
from pellucid.values.passage import Quote
from pellucid.values.report import Reading

#: Words quoted of the best passage, and of each other one; how many are quoted, and suggested.
_FIRST, _OTHER = 120, 60
_QUOTES, _NEAREST = 3, 3
_WORD = re.compile(r"[^\W\d_]{4,}")


class _Search(NamedTuple):
    """What a question needs: the packs' indexes, how people ask, how each pack's passages are judged."""

    searcher: Searcher
    tables: Asking
    learned: dict[str, Learned]


class Passages:
    """Packs that were opened; safe to share between threads.

    A pack that cannot be read is left out, and every answer that looks into packs says so.
    """

    def __init__(
        self, artefact: Artefact, lexicon: Lexicon, get_english: Callable[[], English]
    ) -> None:
        self._artefact = artefact
        self._is_known = lexicon.names[0].__contains__
        self._get_english = get_english
        self._word_key = make_word_key(lexicon.folding)
        self._texts: dict[str, str] = artefact.get("notices")
        self._unread: list[str] = []
        self._stores: dict[str, PassageStore] = {}
        for name in list_names():
            try:
                self._stores[name] = store = open_pack(name)
            except PackError as error:
                self._unread.append(str(error))
            else:
                finalize(self, store.close)

    @cached_property
    def _words(self) -> Counter[str]:
        """Words of the packs' names, with how many names each stands in."""
        names = (name for store in self._stores.values() for name in store.list_names())
        return Counter(_WORD.findall("\n".join(names)))

    @cached_property
    def _search(self) -> _Search:
        packs = {}
        for name, store in self._stores.items():
            try:
                packs[name] = open_index(store.pack.folder, store)
            except PackError as error:
                self._unread.append(str(error))
        tables = open_asking(self._artefact)
        encoder = _get_encoder() if any(p.vectors is not None for p in packs.values()) else None
        learned = {
            name: load_learned("answering", dense=bool(encoder) and pack.vectors is not None)
            for name, pack in packs.items()
        }
        return _Search(Searcher(list(packs.values()), tables, encoder), tables, learned)

    def has_word(self, word: str) -> bool:
        """Whether a word stands in a name of these packs."""
        return word.lower() in self._words

    def condense(self, question: str) -> Asked:
        """What a question asks, its misspelt words read as words of the packs' names."""
        tokens = tokenize(question, self._word_key)
        text = correct_text(question, tokens, lambda: self._words, self._get_english())
        return condense(text, self._search.tables)

    def find(self, asked: Asked) -> list[Found]:
        """The passages that may answer, likeliest first, each with the probability that it does."""
        search = self._search
        return judge(asked, search.searcher.search(asked.text, POOL), search.tables, search.learned)

    def add_quotes(self, answer: Answer) -> Answer:
        """The answer with quotes, if it leaves something open that a passage likely answers.

        Where it has nothing and no passage is likely enough, the nearest known questions are suggested.
        """
        asked = self.condense(answer.question)
        if not needs_more(answer, asked.types):
            return answer
        found = self.find(asked)
        quotes = self._quote(asked, [f for f in found if f.score >= LEAST])
        notices = [Notice("unread", self._texts["unread"].format(reason=r)) for r in self._unread]
        answer = answer._replace(notices=(*answer.notices[:-1], *notices, *answer.notices[-1:]))
        if not quotes and answer.status in ("unknown", "declined"):
            near = [f.passage.question.rstrip("? ") for f in found if f.score >= NEAR]
            known = [q for q in dict.fromkeys(near) if q][:_NEAREST]
            return answer._replace(suggestions=(*answer.suggestions, *known))
        likeness = find_likeness(quotes, self._search.tables)
        return verify_citations(add_quotes(answer, quotes, likeness, self._texts))

    def show(self, name: str) -> Answer | None:
        """What the packs say of a term, by its name or code; None if none has it."""
        return show_term(name, list(self._stores.values()), self._texts)

    def add_words(self, reading: Reading) -> Reading:
        """The reading with words that the built-in pages do not explain, and a pack does."""
        stores = list(self._stores.values())
        english = self._get_english()
        return explain_words(reading, stores, self._is_known, self._word_key, english)

    def _quote(self, asked: Asked, found: Sequence[Found]) -> list[Quote]:
        """The best passage, and others of other pages, each cut to what answers."""
        pages = {(f.passage.publisher, f.passage.url or f.passage.id): f for f in reversed(found)}
        best = sorted(pages.values(), key=lambda f: -f.score)[:_QUOTES]
        quotes = []
        for place, (passage, score) in enumerate(best):
            limit = _OTHER if place else _FIRST
            part = extract(asked, passage.answer, self._search.tables, limit=limit)
            attribution = self._stores[passage.pack].pack.attribution
            quotes.append(Quote(passage, attribution, part.sentences, part.more, score))
        return quotes


@cache
def _get_encoder() -> Encoder | None:
    """The installed model, loaded once a process; None where there is none."""
    return load_encoder() if find_model() else None
