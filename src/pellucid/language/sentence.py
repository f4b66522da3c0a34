"""A sentence of a report -> its mentions with assertion, side, size and change, and its recommendation."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from pellucid.language.around import Around
from pellucid.language.assertion import Clauses, add_clause_stops, classify_assertion
from pellucid.language.compound import add_loose, add_said, list_beginnings, share_words
from pellucid.language.lexicon import English, Lexicon
from pellucid.language.measure import find_measurements
from pellucid.language.numbers import find_score_values
from pellucid.language.phrases import Hit, PhraseTable, find_merged, find_phrases, merge_tables
from pellucid.language.recommend import find_recommendation
from pellucid.language.spelling import is_english
from pellucid.language.tokens import WordKey, tokenize
from pellucid.values.mention import ReportMention
from pellucid.values.question import Assertion, Mention, Token
from pellucid.values.report import Recommendation

_DIGIT = re.compile(r"\d")
#: A question mark that leads, with up to four words up to what it asks.
_ASKED = re.compile(r"(?:\A|[\s(\[/,:-])\(?\?\)?\s?(?:[\w/'’-]+\s){0,4}\Z")
#: Words between a subject and the "normal" that is said of it.
_MAX_NORMAL = 8
_THINGS = frozenset(("finding", "entity", "pattern", "type"))
#: Words that never hide a name which begins inside them: "no ACUTE INFARCT".
_WORDS = frozenset(("descriptor", "phrase"))
#: Tables of the lexicon that are searched in every sentence beside its names, in this order.
_TABLES = ("parts", "cues", "around", "normal", "subjects", "says", "loose")
_ASSERTED = _THINGS | {"score"}
_PRESENT = Assertion()
#: Words that name a side only before a paired part of the body ("both kidneys"), or written so ("R", "Rt").
_DOUBTFUL = frozenset(("both", "either", "l", "r", "rt"))
_MAX_PAIRED = 3


class Topic(NamedTuple):
    """What a heading makes its sentences speak of: what can be said of it, what "normal" denies, its side."""

    rules: tuple[tuple[int, str], ...] = ()
    denied: tuple[str, ...] = ()
    side: str | None = None


NO_TOPIC = Topic()

#: What one sentence says; all places count from its first character.
SentenceReading = tuple[tuple[ReportMention, ...], Recommendation | None]
_NOTHING: SentenceReading = ((), None)


class SentenceReader:
    """Reads sentences one by one, each for itself, with one lexicon."""

    def __init__(
        self, lexicon: Lexicon, word_key: WordKey, get_english: Callable[[], English]
    ) -> None:
        # What is normal and worth telling is read as a finding is: with its side, its size, its denial.
        kinds = lexicon.kinds | dict.fromkeys(lexicon.variants, "finding")
        self._lexicon = lexicon._replace(kinds=kinds)
        self._word_key = word_key
        self._get_english = get_english
        names: dict[str, str] = lexicon.names[0]
        self._names = {key: c for key, c in names.items() if kinds[c] not in _WORDS}
        self._beginnings = list_beginnings(self._names)
        self._cues = PhraseTable(*lexicon.cues)
        self._clauses = Clauses(*lexicon.clauses)
        words = {key: c for key, c in names.items() if kinds[c] in _WORDS}
        self._tables = merge_tables(
            [self._names, words, *(getattr(lexicon, name)[0] for name in _TABLES)]
        )

    def find_topic(self, title: str) -> Topic:
        """What a heading makes its sentences speak of."""
        keys = [token.key for token in tokenize(title, self._word_key)]
        _, _, _, _, around, normal, subjects, _, _ = self._find(keys)
        return Topic(
            tuple([rule for hit in subjects for rule in hit.value]),
            tuple([hit.value[0] for hit in normal if hit.value != "normal"]),
            next((str(h.value[1]) for h in around if h.value[0] == "laterality"), None),
        )

    def _find(self, keys: Sequence[str]) -> list[list[Hit]]:
        return find_merged(keys, self._tables, len(_TABLES) + 2)

    def read(self, text: str, topic: Topic = NO_TOPIC) -> SentenceReading:
        """Read one sentence; ``topic`` is what its section's heading makes it speak of."""
        lexicon = self._lexicon
        tokens = tokenize(text, self._word_key)
        keys = [token.key for token in tokens]
        hits, words, parts, cues, around, normal, subjects, says, loose = self._find(keys)
        advice = find_recommendation(text, tokens, around, lexicon.time_units) if around else None
        about = (topic.rules and says) or (topic.denied and normal) or loose
        if not (hits or words or subjects or about):
            return ((), advice) if advice else _NOTHING
        hits = self._drop_unmeant(hits, tokens)
        if longer := [w for w in words if w.last - w.first > 1]:  # "mass effect" is no mass
            hits = [
                h for h in hits if not any(w.first <= h.first < h.last <= w.last for w in longer)
            ]
        hits = share_words(keys, hits, self._names, self._beginnings, lexicon.kinds, lexicon.shared)
        if words:
            hits = sorted(hits + _without(words, hits))
        if parts:
            parts = _without(parts, hits)
        if says and (subjects or topic.rules):
            hits = add_said(hits, subjects, says, topic.rules, lexicon.kinds, lexicon.beside)
        if loose:
            hits = add_loose(hits, loose, lexicon.kinds)
        if cues:
            cues = add_clause_stops(
                cues,
                text,
                tokens,
                self._clauses,
                lambda: [(h.first, h.last) for h in hits if lexicon.kinds[h.value] in _THINGS],
            )
        found = self._make_mentions(text, tokens, hits, parts, cues, normal)
        out = self._describe(text, tokens, found, around)
        if normal:
            self._deny_by_normal(text, tokens, normal, cues, topic, out)
        return tuple(out), advice

    def assert_span(self, text: str, start: int, end: int) -> Assertion | None:
        """The assertion of the words between two offsets; None if no word stands there."""
        tokens = tokenize(text, self._word_key)
        inside = [i for i, t in enumerate(tokens) if t.start < end and t.end > start]
        if not inside:
            return None
        first, last = inside[0], inside[-1] + 1
        keys = [token.key for token in tokens]
        # A cue may not take words of the span itself: "no CHANGE IN VISION".
        cues = find_phrases(keys, self._cues, 0, first) + find_phrases(keys, self._cues, last)
        return classify_assertion(
            add_clause_stops(cues, text, tokens, self._clauses), (first, last)
        )

    def _make_mentions(
        self,
        text: str,
        tokens: Sequence[Token],
        names: Sequence[Hit],
        parts: Sequence[Hit],
        cues: Sequence[Hit],
        normal: Sequence[Hit],
    ) -> list[Mention]:
        kinds = self._lexicon.kinds
        found = []
        for hit in sorted([*names, *parts]) if parts else names:
            first, last, key, concept = hit
            start, end = tokens[first].start, tokens[last - 1].end
            kind = "part" if hit in parts else kinds[concept]
            said = _PRESENT
            if kind in _ASSERTED:
                said = _assert(cues, normal, first, last, weak=not key)
                if said.status == "present" and "?" in text and _is_asked(text, start, end):
                    said = said._replace(status="possible", cue="?")
            written = text[start:end]
            found.append(Mention(concept, kind, written, start, end, first, last, said, not key))
        return found

    def _describe(
        self,
        text: str,
        tokens: Sequence[Token],
        found: Sequence[Mention],
        around: Sequence[Hit],
    ) -> list[ReportMention]:
        """Add what stands around each mention: its side, sizes, change; of a score its category."""
        sizes = find_measurements(text) if _DIGIT.search(text) else []
        categories = self._find_categories(text, tokens, found)
        if not around and not sizes:
            return [ReportMention(m, category=categories.get(m.first)) for m in found]
        things = [m for m in found if m.kind in _THINGS]
        around = _drop_unsided(around, tokens, found, self._lexicon.side_after)
        beside = Around(text, tokens, around, things, self._lexicon)
        sided = any(h.value[0] == "laterality" for h in around)
        out = []
        for mention in found:
            if mention.kind not in _THINGS:
                out.append(ReportMention(mention, category=categories.get(mention.first)))
                continue
            side = beside.find("laterality", mention)
            own = beside.find_sizes(sizes, mention)
            change = beside.find_change(mention, own, sizes)
            out.append(ReportMention(mention, side, change, own, sided=sided))
        return out

    def _drop_unmeant(self, hits: list[Hit], tokens: Sequence[Token]) -> list[Hit]:
        """Drop the abbreviations that are other words here.

        One stands in capitals; in a sentence all of capitals it must be no English word.
        """
        abbreviations = self._lexicon.abbreviations
        if abbreviations.isdisjoint([h.key for h in hits]):
            return hits
        return [h for h in hits if h.key not in abbreviations or self._is_meant(h, tokens)]

    def _is_meant(self, hit: Hit, tokens: Sequence[Token]) -> bool:
        written = "".join([t.text for t in tokens[hit.first : hit.last]])
        if not written.isupper():
            return any(c.isupper() for c in written[1:]) and len(written) > 2
        shouted = len(tokens) > 3 and not any(t.text.islower() for t in tokens)
        return not (
            shouted and (len(written) < 3 or is_english(written, self._get_english().valid))
        )

    def _find_categories(
        self, text: str, tokens: Sequence[Token], found: Sequence[Mention]
    ) -> dict[int, str]:
        scores = [m for m in found if m.kind == "score"]
        if not scores:
            return {}
        values = find_score_values(text, tokens, found)
        return {m.first: v.text for m, v in zip(scores, values, strict=False)}

    def _deny_by_normal(
        self,
        text: str,
        tokens: Sequence[Token],
        normal: Sequence[Hit],
        cues: Sequence[Hit],
        topic: Topic,
        out: list[ReportMention],
    ) -> None:
        """Deny what a normal statement denies: "the heart is normal in size", "HEART: Normal."."""
        words = [h for h in normal if h.value == "normal"]
        if words and words[0].first == 0 and topic.denied:
            word = words[0]
            normal = [*(Hit(0, word.last, "", (c, True)) for c in topic.denied), *normal]
        for hit in normal:
            if hit.value == "normal":
                continue
            concept, whole = hit.value
            if not whole:
                after = next((w.first for w in words if w.first >= hit.last), None)
                if after is None or after - hit.last > _MAX_NORMAL:
                    continue
                if any(
                    c.value[0] == "absent" and hit.last <= c.first and c.last <= after for c in cues
                ):
                    continue  # "the heart is not normal"
            if any(m.mention.concept == concept for m in out):
                continue
            start, end = tokens[hit.first].start, tokens[hit.last - 1].end
            said = Assertion("absent", cue="normal")
            kind = self._lexicon.kinds.get(concept, "finding")
            mention = Mention(concept, kind, text[start:end], start, end, hit.first, hit.last, said)
            out.append(ReportMention(mention))


def _without(hits: Sequence[Hit], names: Sequence[Hit]) -> list[Hit]:
    """The hits that share no word with a name."""
    taken = {i for h in names for i in range(h.first, h.last)}
    return [h for h in hits if taken.isdisjoint(range(h.first, h.last))]


def _drop_unsided(
    around: Sequence[Hit],
    tokens: Sequence[Token],
    found: Sequence[Mention],
    before: frozenset[str],
) -> Sequence[Hit]:
    """Drop words that are no side here: "both leads", "post RT", "2 L", "L 4"."""
    doubtful = [h for h in around if h.key in _DOUBTFUL]
    if not doubtful:
        return around
    sites = [m.first for m in found if m.kind == "site"]
    dropped = set()
    for hit in doubtful:
        written = tokens[hit.first].text
        if len(written) > 2:
            meant = any(0 <= place - hit.last <= _MAX_PAIRED for place in sites) or (
                hit.first > 0 and tokens[hit.first - 1].key in before
            )
        else:
            beside = (*tokens[max(0, hit.first - 1) : hit.first], *tokens[hit.last : hit.last + 1])
            meant = len(written) == 2 and not written.isupper()
            meant = meant or (len(written) == 1 and written.isupper())
            meant = meant and not any(token.key.isdigit() for token in beside)
        if not meant:
            dropped.add(hit.first)
    return [h for h in around if h.first not in dropped]


def _is_asked(text: str, start: int, end: int) -> bool:
    """Whether a question mark stands by some words: "?early pneumonia", "pneumonia?", "pneumonia (?)"."""
    return text.startswith(("?", " (?)"), end) or _ASKED.search(text, 0, start) is not None


def _assert(
    cues: Sequence[Hit], normal: Sequence[Hit], first: int, last: int, *, weak: bool
) -> Assertion:
    if weak and any(h.value == "normal" and h.first >= last for h in normal):
        return Assertion("absent", cue="normal")
    return classify_assertion(cues, (first, last), weak)
