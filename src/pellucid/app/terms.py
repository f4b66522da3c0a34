"""Terms of installed packs: their own page, and words of a report that only they explain."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from pellucid.explain.quote import add_words, compose_entry
from pellucid.explain.verify import verify_citations
from pellucid.language.lexicon import English
from pellucid.language.terms import find_candidates
from pellucid.language.tokens import WordKey, tokenize
from pellucid.retrieval.answer import list_sentences
from pellucid.values.answer import Answer
from pellucid.values.passage import Passage, Quote
from pellucid.values.report import Reading

if TYPE_CHECKING:
    from pellucid.app.installed import OpenedPack

#: Words of a term's page that one pack fills.
_WHOLE = 400
#: A passage that says what its term is has none of the other types.
_DEFINES = (None, "information")


def show_term(name: str, stores: Sequence[OpenedPack], texts: Mapping[str, str]) -> Answer | None:
    """What each pack says of a term, by its name or code; None if none has it."""
    quotes = [
        _quote(store, passage, _WHOLE)
        for store in stores
        if (passage := _find_definition(store, store.find_named(name)))
    ]
    return verify_citations(compose_entry(name, quotes, texts)) if quotes else None


def explain_words(
    reading: Reading,
    stores: Sequence[OpenedPack],
    is_known: Callable[[str], bool],
    word_key: WordKey,
    english: English,
) -> Reading:
    """The reading with words that the built-in pages do not explain, and a pack does.

    Parameters
    ----------
    reading, stores
        The reading and the packs, the first of which wins.
    is_known
        Whether the built-in pages have a folded name.
    word_key, english
        How words are folded, and which are English.
    """
    text = reading.report.text
    taken = [(f.start, f.end) for f in reading.findings]
    taken += [(w.start, w.end) for w in reading.words]
    places = find_candidates(text, tokenize(text, word_key), taken, is_known, english)
    return add_words(reading, _explain(places, stores)) if places else reading


def find_names(names: Sequence[str], stores: Sequence[OpenedPack]) -> list[str]:
    """Those of some names that the packs have."""
    return [name for store in stores for name in store.find_all_named(names)]


def _explain(
    places: Mapping[str, tuple[int, int]], stores: Sequence[OpenedPack]
) -> Iterator[tuple[tuple[int, int], Quote]]:
    """Quotes for the names among some runs of words, each once; of runs that overlap, the longest."""
    found = [(store, store.find_all_named(list(places))) for store in stores]
    known = dict.fromkeys(name for _, names in found for name in names)
    covered: set[int] = set()
    seen: set[tuple[str, str]] = set()
    for name in sorted(known, key=lambda n: (places[n][0] - places[n][1], places[n])):
        for store, names in found:
            passage = _find_definition(store, names.get(name, ()))
            if passage is None or not covered.isdisjoint(range(*places[name])):
                continue
            covered.update(range(*places[name]))
            if (passage.pack, passage.id) not in seen:
                seen.add((passage.pack, passage.id))
                yield places[name], _quote(store, passage, 0)


def _find_definition(store: OpenedPack, positions: Sequence[int]) -> Passage | None:
    """The first passage that says what its term is."""
    passages = store.get_many(positions) if positions else []
    return next((p for p in passages if p.question_type in _DEFINES), None)


def _quote(store: OpenedPack, passage: Passage, limit: int) -> Quote:
    """A passage from its beginning, up to about some words; at least its first sentence."""
    sentences = list_sentences(passage.answer)
    size, count = 0, 0
    while count < len(sentences) and (not count or size < limit):
        size += len(sentences[count].split())
        count += 1
    more = count < len(sentences)
    return Quote(passage, store.pack.attribution, tuple(sentences[:count]), more, 1.0)
