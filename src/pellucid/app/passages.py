"""The installed packs at one moment: search them, quote them, take terms from them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache, cached_property
from typing import TYPE_CHECKING, NamedTuple
from weakref import finalize

from pellucid.app.asking import open_asking
from pellucid.app.installed import list_names, open_pack, open_searchable
from pellucid.app.terms import explain_words, find_names, show_term
from pellucid.errors import PackError, PackStoreError
from pellucid.explain.notices import add_notices
from pellucid.explain.quote import add_quotes, needs_more
from pellucid.explain.verify import verify_citations
from pellucid.knowledge.artefact import Artefact
from pellucid.language.lexicon import English, Lexicon
from pellucid.language.spelling import find_correction, find_corrections, is_nearer
from pellucid.language.terms import find_candidates
from pellucid.language.tokens import make_word_key, tokenize
from pellucid.retrieval.agree import find_likeness
from pellucid.retrieval.answer import extract
from pellucid.retrieval.condense import Asked, condense
from pellucid.retrieval.dense import Encoder, find_model, load_encoder
from pellucid.retrieval.judge import LEAST, NEAR, POOL, judge
from pellucid.retrieval.learned import Learned, load_learned
from pellucid.retrieval.search import Found, Searcher
from pellucid.retrieval.words import Asking
from pellucid.values.answer import Answer, Notice
from pellucid.values.passage import Quote
from pellucid.values.report import Reading

if TYPE_CHECKING:
    from pellucid.app.installed import OpenedPack

#: Words quoted of the best passage, and of each other one; how many are quoted, and suggested.
_FIRST, _OTHER = 120, 60
_QUOTES, _NEAREST = 3, 3
_WORD = re.compile(r"[^\W\d_]{4,}")


class _Search(NamedTuple):
    """What finds passages: the packs' indexes, and how the passages of each pack are judged."""

    searcher: Searcher
    learned: dict[str, Learned]


class Understood(NamedTuple):
    """What a question asks, and its words that were read as others."""

    asked: Asked
    corrections: tuple[tuple[str, str], ...]


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
        self._stores: dict[str, OpenedPack] = {}
        for name in list_names():
            try:
                self._stores[name] = store = open_pack(name)
            except PackStoreError:  # the server of all packs is away
                raise
            except PackError:
                self._unread.append(name)
            else:
                finalize(self, store.close)

    @cached_property
    def _words(self) -> Counter[str]:
        """Words of the packs' names, with how many names each stands in."""
        names = (name for store in self._stores.values() for name in store.list_names())
        return Counter(_WORD.findall("\n".join(names)))

    @cached_property
    def tables(self) -> Asking:
        """How people ask."""
        return open_asking(self._artefact)

    @cached_property
    def _search(self) -> _Search:
        packs = {}
        for name, store in self._stores.items():
            try:
                packs[name] = open_searchable(store)
            except PackError:
                self._unread.append(name)
        encoder = _get_encoder() if any(p.has_vectors for p in packs.values()) else None
        learned = {
            name: load_learned("answering", dense=bool(encoder) and pack.has_vectors)
            for name, pack in packs.items()
        }
        return _Search(Searcher(list(packs.values()), self.tables, encoder), learned)

    def is_other(self, word: str, meant: str) -> bool:
        """Whether a word that looks like a known one is in these packs, or looks more like one of them."""
        better = find_correction(word, self._words, self._get_english())
        return word.lower() in self._words or bool(better and is_nearer(word, better, meant))

    def understand(self, question: str, subject: str = "") -> Understood:
        """What a question asks of these packs.

        Misspelt words are read as words of their names. Where the sentences that ask do not name what
        they ask about ("how is it treated?"), ``subject`` does, else the longest of the packs' names in
        the text; it then stands before the question as its subject line.
        """
        english, tables = self._get_english(), self.tables
        tokens = tokenize(question, self._word_key)
        corrections = find_corrections(tokens, lambda: self._words, english)
        text = question
        for token, better in reversed(corrections):
            text = text[: token.start] + better + text[token.end :]
        asked = condense(text, tables)
        if asked.short != asked.text:
            subject = max(self.find_names(text, english), key=len, default=subject)
            if subject and set(tables.tokenize(asked.short)).isdisjoint(tables.tokenize(subject)):
                asked = condense(f"{subject}. {text}", tables)
        return Understood(asked, tuple((t.text, better) for t, better in corrections))

    def find_names(self, text: str, english: English | None = None) -> list[str]:
        """Names of the packs that stand in a text, in its order; without those of English words only."""
        places = find_candidates(text, tokenize(text, self._word_key), (), lambda _: False, english)
        named = find_names(list(places), list(self._stores.values()))
        return sorted(named, key=lambda name: places[name])

    def find(self, asked: Asked) -> list[Found]:
        """The passages that may answer, likeliest first, each with the probability that it does."""
        search = self._search
        return judge(asked, search.searcher.search(asked.text, POOL), self.tables, search.learned)

    def add_quotes(self, answer: Answer) -> Answer:
        """The answer with quotes, if it leaves something open that a passage likely answers.

        Where it has nothing and no passage is likely enough, the nearest known questions are suggested.
        """
        if not needs_more(answer, condense(answer.question, self.tables).types):
            return answer
        subject = answer.focus[0].name if answer.focus else ""
        asked, corrections = self.understand(answer.question, subject)
        found = self.find(asked)
        quotes = self._quote(asked, [f for f in found if f.score >= LEAST])
        answer = self._add_notices(answer, corrections if quotes else ())
        if not quotes and answer.status in ("unknown", "declined"):
            near = [f.passage.question.rstrip("? ") for f in found if f.score >= NEAR]
            known = [q for q in dict.fromkeys(near) if q][:_NEAREST]
            return answer._replace(suggestions=(*answer.suggestions, *known))
        likeness = find_likeness(quotes, self.tables)
        return verify_citations(add_quotes(answer, quotes, likeness, self._texts))

    def _add_notices(self, answer: Answer, corrections: Sequence[tuple[str, str]]) -> Answer:
        notices = [Notice("unread", self._texts["unread"].format(name=n)) for n in self._unread]
        if corrections:
            pairs = ", ".join(f"{word} → {better}" for word, better in corrections)
            notices.insert(0, Notice("corrected", self._texts["corrected"].format(pairs=pairs)))
        return answer._replace(notices=add_notices(answer.notices, notices))

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
            part = extract(asked, passage.answer, self.tables, limit=limit)
            attribution = self._stores[passage.pack].pack.attribution
            quotes.append(Quote(passage, attribution, part.sentences, part.more, score))
        return quotes


@cache
def _get_encoder() -> Encoder | None:
    """The installed model, loaded once a process; None where there is none."""
    return load_encoder() if find_model() else None
