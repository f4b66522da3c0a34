"""Quotes from installed packs -> sections below an answer, a page of their own, words of a reading.

Quotes are never mixed with the statements of the built-in pages: each section has its publisher's
name, each source its licence and attribution.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pellucid.explain.compose import LEADS
from pellucid.values.answer import Answer, Focus, Notice
from pellucid.values.concept import Section, Source, Statement
from pellucid.values.passage import Likeness, Quote
from pellucid.values.report import Reading, Word

_MEANING = "meaning"
#: Notices that say why there is no answer, or guess at one.
_REFUSALS = ("unknown", "scope", "roots", "no-question")
#: Notices of what is not to be answered from anywhere.
_LIMITS = ("dose", "diagnosis")
#: Points on which sources differ that are shown.
_DIFFERENCES = 3


def needs_more(answer: Answer, asked: frozenset[str] | None = None) -> bool:
    """Whether an answer from the built-in pages leaves open, or may, something that was asked.

    Parameters
    ----------
    answer
        From the built-in pages alone.
    asked
        What is asked for, in the types of the retrieval room, which has more of them; None where
        they are not known yet.
    """
    if answer.status == "emergency":
        return False
    if answer.status == "declined":
        return not any(notice.kind in _LIMITS for notice in answer.notices)
    if answer.status != "answered":
        return True
    if answer.question_types == (_MEANING,):
        return asked is None or bool(asked - {_MEANING})
    said = {section.key.partition(".")[0] for section in answer.sections[: answer.lead]}
    return any(said.isdisjoint(LEADS[t]) for t in answer.question_types if t in LEADS)


def add_quotes(
    answer: Answer,
    quotes: Sequence[Quote],
    likeness: Sequence[Likeness],
    texts: Mapping[str, str],
) -> Answer:
    """Add quotes behind what an answer says to the question; without quotes it stays as it is.

    A sentence that several quotes have stands once, with all their sources; sentences that differ on
    the same thing stand side by side before the quotes.
    """
    if not quotes:
        return answer
    statements = _cite_together(quotes, likeness)
    different = [item for item in likeness if item.differ][:_DIFFERENCES]
    sections = []
    if different:
        pairs = dict.fromkeys(place for item in different for place in (item.one, item.other))
        sections = [
            Section("differ", "The sources differ", tuple(_state(quotes, p) for p in pairs))
        ]
    for place, quote in enumerate(quotes):
        said = [s for (of, _), s in statements.items() if of == place]
        if said:
            sections.append(Section("quote", _entitle(quote), tuple(said)))
    kinds = ["quoted"]
    kinds += ["excerpt"] if any(quote.more for quote in quotes) else []
    kinds += ["agree"] if any(len(s.citations) > 1 for s in statements.values()) else []
    kinds += ["differ"] if different else []
    answered = answer.status not in ("unknown", "declined")
    notices = [n for n in answer.notices if answered or n.kind not in _REFUSALS]
    notices[-1:-1] = [Notice(kind, texts[kind]) for kind in kinds]  # education stays last
    before = answer.sections[: answer.lead]
    return answer._replace(
        status=answer.status if answered else "answered",
        lead=answer.lead + len(sections),
        sections=(*before, *sections, *answer.sections[answer.lead :]),
        sources=_order(
            {**answer.sources, **{get_key(q): make_source(q) for q in quotes}},
            (*before, *sections, *answer.sections[answer.lead :]),
        ),
        notices=tuple(notices),
        suggestions=answer.suggestions if answered else (),
    )


def compose_entry(name: str, quotes: Sequence[Quote], texts: Mapping[str, str]) -> Answer:
    """The page of a term that only packs have: what each says, whole."""
    first = quotes[0].passage
    empty = Answer(
        status="unknown",
        question=name,
        question_types=(_MEANING,),
        focus=(Focus(get_key(quotes[0]), first.focus, "term", None, None, first.codes),),
        lead=0,
        sections=(),
        sources={},
        numbers=(),
        related=(),
        notices=(Notice("education", texts["education"]),),
        suggestions=(),
        reading_grade=None,
    )
    return add_quotes(empty, quotes, (), texts)


def add_words(reading: Reading, found: Iterable[tuple[tuple[int, int], Quote]]) -> Reading:
    """Add words that only packs explain to a reading; nothing else of it changes."""
    words, sources = list(reading.words), dict(reading.sources)
    for (start, end), quote in found:
        key = get_key(quote)
        explanation = tuple(Statement(text, (key,), key) for text in quote.sentences)
        name, text = quote.passage.focus, reading.report.text[start:end]
        words.append(Word(key, name, start, end, text, explanation))
        sources[key] = make_source(quote)
    words.sort(key=lambda word: word.start)
    explained = [f.explanation for f in reading.findings] + [w.explanation for w in words]
    used = dict.fromkeys(k for statements in explained for s in statements for k in s.citations)
    return reading._replace(words=tuple(words), sources={key: sources[key] for key in used})


def get_key(quote: Quote) -> str:
    """The key under which a quote's passage is cited: its pack and its id."""
    return f"{quote.passage.pack}:{quote.passage.id}"


def make_source(quote: Quote) -> Source:
    """A passage as the source of what is quoted of it."""
    passage = quote.passage
    return Source(
        get_key(quote),
        passage.title or passage.focus,
        passage.publisher,
        passage.url,
        "collection",
        licence=passage.licence,
        attribution=quote.attribution,
    )


def _entitle(quote: Quote) -> str:
    passage = quote.passage
    return f"{passage.publisher}: {passage.question or passage.focus or passage.title}"


def _state(quotes: Sequence[Quote], place: tuple[int, int]) -> Statement:
    quote = quotes[place[0]]
    key = get_key(quote)
    return Statement(quote.sentences[place[1]].removeprefix("- "), (key,), key)


def _cite_together(
    quotes: Sequence[Quote], likeness: Sequence[Likeness]
) -> dict[tuple[int, int], Statement]:
    """Statements by (quote, sentence); one that says what an earlier one says is cited there."""
    statements = {
        (i, j): _state(quotes, (i, j))
        for i, q in enumerate(quotes)
        for j in range(len(q.sentences))
    }
    for item in likeness:
        if not item.differ and item.one in statements and item.other in statements:
            other = statements.pop(item.other)
            one = statements[item.one]
            together = dict.fromkeys((*one.citations, *other.citations))
            statements[item.one] = Statement(one.text, tuple(together), one.concept)
    return statements


def _order(sources: Mapping[str, Source], sections: Iterable[Section]) -> dict[str, Source]:
    """The sources that sections cite, in order of first use."""
    used = dict.fromkeys(k for s in sections for st in s.statements for k in st.citations)
    return {key: sources[key] for key in used}
