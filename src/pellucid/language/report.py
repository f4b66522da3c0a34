"""A report's text -> mentions with assertion, laterality, size, change, and recommendations."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from pellucid.language.around import Around
from pellucid.language.assertion import add_clause_stops, classify_assertion
from pellucid.language.compound import add_said, share_words
from pellucid.language.lexicon import English, Lexicon
from pellucid.language.measure import find_measurements
from pellucid.language.numbers import find_score_values
from pellucid.language.phrases import Hit, PhraseTable, find_phrases
from pellucid.language.recommend import find_recommendation
from pellucid.language.sections import SectionTitles, split_sections
from pellucid.language.sentences import split_sentences
from pellucid.language.spelling import is_english
from pellucid.language.tokens import make_word_key, tokenize
from pellucid.values.mention import ReportMention, ReportMentions
from pellucid.values.question import Assertion, Mention, Token
from pellucid.values.report import Recommendation

_DIGIT = re.compile(r"\d")


class ReportReader:
    """Finds what a report says, with one lexicon; holds no state between reports."""

    def __init__(self, lexicon: Lexicon, get_english: Callable[[], English]) -> None:
        self._lexicon = lexicon
        self._get_english = get_english
        self._word_key = make_word_key(lexicon.folding)
        self._names = PhraseTable(*lexicon.names)
        self._parts = PhraseTable(*lexicon.parts)
        self._cues = PhraseTable(*lexicon.cues)
        self._around = PhraseTable(*lexicon.around)
        self._normal = PhraseTable(*lexicon.normal)
        self._subjects = PhraseTable(*lexicon.subjects)
        self._says = PhraseTable(*lexicon.says)
        self._titles = SectionTitles(lexicon.titles, lexicon.organs, frozenset(lexicon.background))
        kinds = lexicon.kinds
        self._sites = {key: i for key, i in lexicon.names[0].items() if kinds[i] == "site"}

    def read(self, text: str) -> ReportMentions:
        """Read one report; any text is accepted, at a cost linear in its length."""
        sections = split_sections(text, self._titles, self._sites, self._word_key)
        mentions: list[ReportMention] = []
        recommendations: list[Recommendation] = []
        number = 0
        for place, section in enumerate(sections):
            tokens = tokenize(text[section.start : section.end], self._word_key, section.start)
            keys = [token.key for token in tokens]
            side = self._find_side(section.title) if section.organ else None
            for first, last in split_sentences(text, section.start, section.end, tokens):
                around = find_phrases(keys, self._around, first, last)
                self._read_sentence(
                    text, tokens, keys, (first, last), (number, place), around, mentions, side
                )
                if section.key not in self._titles.background:
                    recommendations += find_recommendation(
                        text, tokens, around, self._lexicon.time_units, first, last
                    )
                number += 1
        return ReportMentions(
            tuple(sections), tuple(mentions), tuple(recommendations), self._titles.background
        )

    def _find_side(self, title: str) -> str | None:
        """The side that a heading names: "LEFT OVARY:"."""
        keys = [self._word_key(word) for word in title.split()]
        sides = [h for h in find_phrases(keys, self._around) if h.value[0] == "laterality"]
        return str(sides[0].value[1]) if sides else None

    def assert_span(self, text: str, start: int, end: int) -> Assertion | None:
        """The assertion of the words between two offsets; None if no word stands there."""
        tokens = tokenize(text, self._word_key)
        inside = [i for i, t in enumerate(tokens) if t.start < end and t.end > start]
        if not inside:
            return None
        keys = [token.key for token in tokens]
        spans = split_sentences(text, 0, len(text), tokens)
        first = next(s[0] for s in spans if s[0] <= inside[0] < s[1])
        last = next(s[1] for s in spans if s[0] <= inside[-1] < s[1])
        # A cue may not take words of the span itself: "no CHANGE IN VISION".
        cues = find_phrases(keys, self._cues, first, inside[0])
        cues += find_phrases(keys, self._cues, inside[-1] + 1, last)
        cues = add_clause_stops(cues, text, tokens, (first, last))
        return classify_assertion(cues, (first, last), (inside[0], inside[-1] + 1))

    def _read_sentence(
        self,
        text: str,
        tokens: Sequence[Token],
        keys: list[str],
        span: tuple[int, int],
        place: tuple[int, int],
        around: Sequence[Hit],
        out: list[ReportMention],
        heading_side: str | None = None,
    ) -> None:
        first, last = span
        hits = find_phrases(keys, self._names, first, last)
        if hits and self._lexicon.abbreviations:
            hits = [
                h
                for h in hits
                if h.key not in self._lexicon.abbreviations or self._is_meant(h, tokens, span)
            ]
        hits = share_words(keys, hits, span, self._names, self._lexicon.kinds, self._lexicon.shared)
        parts = _without(find_phrases(keys, self._parts, first, last), hits)
        subjects = find_phrases(keys, self._subjects, first, last)
        if not hits and not subjects:
            return
        normal = find_phrases(keys, self._normal, first, last) if subjects else []
        hits = (
            add_said(
                keys, hits, subjects, span, self._says, self._lexicon.kinds, self._lexicon.beside
            )
            if subjects
            else hits
        )
        cues = add_clause_stops(find_phrases(keys, self._cues, first, last), text, tokens, span)
        found = _make_mentions(text, tokens, hits, parts, self._lexicon.kinds)
        start, end = tokens[first].start, tokens[last - 1].end
        sizes = find_measurements(text, start, end) if _DIGIT.search(text, start, end) else []
        categories = self._find_categories(text, tokens, found)
        found = [
            m._replace(assertion=self._assert(cues, normal, span, m))
            if m.kind in _THINGS or m.kind == "score"
            else m
            for m in found
        ]
        beside = Around(
            text, tokens, around, [m for m in found if m.kind in _THINGS], self._lexicon
        )
        sided = any(h.value[0] == "laterality" and h.value[1] != heading_side for h in around)
        for mention in found:
            if mention.kind not in _THINGS:
                out.append(ReportMention(mention, *place, category=categories.get(mention.first)))
                continue
            side = beside.find("laterality", mention) if around else None
            if not sided and mention.assertion.experiencer == "patient":
                side = heading_side
            own = beside.find_sizes(sizes, mention)
            change = beside.find_change(mention, own, sizes)
            out.append(ReportMention(mention, *place, side, change, own))
        self._deny_by_normal(text, tokens, normal, cues, span, place, out)

    def _assert(
        self, cues: Sequence[Hit], normal: Sequence[Hit], span: tuple[int, int], mention: Mention
    ) -> Assertion:
        if mention.weak and any(h.value == "normal" and h.first >= mention.last for h in normal):
            return Assertion("absent", cue="normal")
        return classify_assertion(cues, span, (mention.first, mention.last), mention.weak)

    def _is_meant(self, hit: Hit, tokens: Sequence[Token], span: tuple[int, int]) -> bool:
        """An abbreviation stands in capitals; in a sentence all of capitals it must be no English word."""
        written = "".join([t.text for t in tokens[hit.first : hit.last]])
        if not written.isupper():
            return any(c.isupper() for c in written[1:]) and len(written) > 2
        shouted = (
            all(not t.text.islower() for t in tokens[span[0] : span[1]]) and span[1] - span[0] > 3
        )
        return not (
            shouted and (len(written) < 3 or is_english(written, self._get_english().valid))
        )

    def _find_categories(
        self, text: str, tokens: Sequence[Token], found: Sequence[Mention]
    ) -> dict[int, str]:
        if not any(m.kind == "score" for m in found):
            return {}
        values = find_score_values(text, tokens, found)
        return {
            m.first: v.text
            for m, v in zip([m for m in found if m.kind == "score"], values, strict=False)
        }

    def _deny_by_normal(
        self,
        text: str,
        tokens: Sequence[Token],
        normal: Sequence[Hit],
        cues: Sequence[Hit],
        span: tuple[int, int],
        place: tuple[int, int],
        out: list[ReportMention],
    ) -> None:
        """Deny what a normal statement denies: "the heart is normal in size"."""
        words = [h for h in normal if h.value == "normal"]
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
            if any(m.mention.concept == concept and m.sentence == place[0] for m in out[-8:]):
                continue
            start, end = tokens[hit.first].start, tokens[hit.last - 1].end
            said = Assertion("absent", cue="normal")
            kind = self._lexicon.kinds.get(concept, "finding")
            mention = Mention(concept, kind, text[start:end], start, end, hit.first, hit.last, said)
            out.append(ReportMention(mention, *place))


#: Words between a subject and the "normal" that is said of it.
_MAX_NORMAL = 8
_THINGS = frozenset(("finding", "entity", "pattern", "type"))


def _without(parts: Sequence[Hit], names: Sequence[Hit]) -> list[Hit]:
    """Parts that are not inside a name."""
    taken = {i for h in names for i in range(h.first, h.last)}
    return [p for p in parts if p.first not in taken]


def _make_mentions(
    text: str,
    tokens: Sequence[Token],
    names: Sequence[Hit],
    parts: Sequence[Hit],
    kinds: dict[str, str],
) -> list[Mention]:
    found = []
    for hit, kind in sorted(
        [(h, None) for h in names] + [(h, "part") for h in parts], key=lambda p: p[0].first
    ):
        start, end = tokens[hit.first].start, tokens[hit.last - 1].end
        found.append(
            Mention(
                hit.value,
                kind or kinds[hit.value],
                text[start:end],
                start,
                end,
                hit.first,
                hit.last,
                weak=not hit.key,
            )
        )
    return found
