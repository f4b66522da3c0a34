"""A question as typed -> what it asks about, and what it asks."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

from pellucid.language.assertion import classify_assertion
from pellucid.language.lexicon import English, Lexicon
from pellucid.language.numbers import find_score_values, find_sizes
from pellucid.language.phrases import Hit, PhraseTable, find_phrases
from pellucid.language.spelling import find_correction, is_english
from pellucid.language.tokens import make_word_key, tokenize
from pellucid.language.urgency import find_urgency
from pellucid.values.question import Clause, Mention, Number, Question, Token

_SENTENCE_END = re.compile(r"[.!?;](?=\s|$|[\"'”’)])|\n+|[“”\"]")
_ABBREVIATED = re.compile(
    r"(?:\b(?:dr|mr|mrs|ms|vs|e\.g|i\.e|approx|st|no)|\b[a-z])$", re.IGNORECASE
)


class QuestionReader:
    """Understands questions with one lexicon; holds no state between questions.

    Parameters
    ----------
    lexicon
        Tables from :func:`pellucid.language.lexicon.build_lexicon`.
    get_english
        Gives the list of English words; called only when a word is not in the lexicon.
    is_other
        Whether a word that is in no list, and would be read as another word, means something else.
    """

    def __init__(
        self,
        lexicon: Lexicon,
        get_english: Callable[[], English],
        is_other: Callable[[str, str], bool] = lambda *_: False,
    ) -> None:
        self._lexicon = lexicon
        self._get_english = get_english
        self._is_other = is_other
        self._word_key = make_word_key(lexicon.folding)
        self._names = PhraseTable(*lexicon.names)
        self._parts = PhraseTable(*lexicon.parts)
        self._types = PhraseTable(*lexicon.types)
        self._weak = PhraseTable(*lexicon.weak)
        self._asking = PhraseTable(*lexicon.asking)
        self._reporting = PhraseTable(*lexicon.reporting)
        self._cues = PhraseTable(*lexicon.cues)
        self._diagnosis = PhraseTable(*lexicon.diagnosis)
        self._dose = [PhraseTable(*table) for table in lexicon.dose]

    def understand(self, text: str) -> Question:
        """Understand one question; any text is accepted."""
        typed = tokenize(text, self._word_key)
        urgency = find_urgency([token.key for token in typed], self._lexicon.urgency)
        tokens, corrections = self._correct(typed)
        keys = [token.key for token in tokens]
        clauses = self._split_clauses(text, tokens)
        asking = [c for c in clauses if c.asks] or clauses
        type_hits = [
            hit for c in asking for hit in find_phrases(keys, self._types, c.first, c.last)
        ]
        types = list(dict.fromkeys(hit.value for hit in type_hits))
        if not types:
            weak = [hit for c in asking for hit in find_phrases(keys, self._weak, c.first, c.last)]
            types = list(dict.fromkeys(hit.value for hit in weak)) or ["meaning"]
        mentions = self._find_mentions(text, tokens, keys, clauses, type_hits)
        numbers = find_score_values(text, tokens, mentions) + find_sizes(tokens)
        return Question(
            text=text,
            tokens=tokens,
            clauses=tuple(clauses),
            types=tuple(types),
            mentions=tuple(mentions),
            numbers=tuple(numbers),
            boundaries=(*urgency, *self._find_boundaries(keys, clauses)),
            corrections=tuple(corrections),
            unknown=tuple(self._find_unknown(tokens, asking, mentions, type_hits, numbers)),
        )

    def _correct(
        self, tokens: tuple[Token, ...]
    ) -> tuple[tuple[Token, ...], list[tuple[str, str]]]:
        words, ordinary = self._lexicon.words, self._lexicon.ordinary
        fixed: list[Token] = []
        corrections: list[tuple[str, str]] = []
        for token in tokens:
            key = token.key
            if key not in words and key not in ordinary and key.isalpha() and len(corrections) < 20:
                better = find_correction(token.text, words, self._get_english())
                if better and self._is_other(token.text, better):
                    better = None
                if better and (token.text, better) not in corrections:
                    corrections.append((token.text, better))
                if better:
                    token = token._replace(key=better)
            fixed.append(token)
        return tuple(fixed), corrections

    def _split_clauses(self, text: str, tokens: Sequence[Token]) -> list[Clause]:
        cuts = []
        for match in _SENTENCE_END.finditer(text):
            if match[0] != "." or not _ABBREVIATED.search(text, 0, match.start()):
                cuts.append(match.end())
        # "It says no nodule, what does that mean": a comma before a word that opens a question.
        for before, token in pairwise(tokens):
            between = text[before.end : token.start]
            if ("," in between or ":" in between) and token.text.lower() in self._lexicon.opening:
                cuts.append(token.start)
        clauses, start, first = [], 0, 0
        for cut in [*sorted(set(cuts)), len(text)]:
            last = first
            while last < len(tokens) and tokens[last].end <= cut:
                last += 1
            if last > first:
                clauses.append(
                    Clause(
                        start, cut, first, last, self._asks(text[start:cut], tokens, first, last)
                    )
                )
                first = last
            start = cut
        return clauses

    def _asks(self, text: str, tokens: Sequence[Token], first: int, last: int) -> bool:
        if (
            text.rstrip("\"'”’) ").endswith("?")
            or tokens[first].text.lower() in self._lexicon.opening
        ):
            return True
        return bool(find_phrases([t.key for t in tokens[first:last]], self._asking))

    def _find_mentions(
        self,
        text: str,
        tokens: Sequence[Token],
        keys: list[str],
        clauses: Sequence[Clause],
        type_hits: Sequence[Hit],
    ) -> list[Mention]:
        mentions = []
        for clause in clauses:
            hits = [
                h
                for h in find_phrases(keys, self._names, clause.first, clause.last)
                if self._is_meant(h, tokens)
            ]
            taken = [(h.first, h.last) for h in hits]
            parts = [
                h
                for h in find_phrases(keys, self._parts, clause.first, clause.last)
                if not any(first <= h.first and h.last <= last for first, last in taken)
            ]
            for hit in sorted([*hits, *parts]):
                concept, kind = (
                    hit.value,
                    "part" if hit in parts else self._lexicon.kinds[hit.value],
                )
                start, end = tokens[hit.first].start, tokens[hit.last - 1].end
                weak = any(t.first <= hit.first and hit.last <= t.last for t in type_hits)
                mention = Mention(
                    concept, kind, text[start:end], start, end, hit.first, hit.last, weak=weak
                )
                begin = self._find_statement(keys, clause, hit.first)
                if begin is not None:
                    span = (begin, clause.last)
                    assertion = classify_assertion(
                        find_phrases(keys, self._cues, *span), (hit.first, hit.last)
                    )
                    mention = mention._replace(assertion=assertion)
                mentions.append(mention)
        return mentions

    def _find_statement(self, keys: list[str], clause: Clause, place: int) -> int | None:
        """Where the statement that holds a token begins; None if it is part of the question itself.

        "What does it mean that the report says no calcification?": from after "says".
        """
        if not clause.asks:
            return clause.first
        reporting = find_phrases(keys, self._reporting, clause.first, place)
        return reporting[-1].last if reporting else None

    def _is_meant(self, hit: Hit, tokens: Sequence[Token]) -> bool:
        """An abbreviation in small letters counts only if it is no English word."""
        if hit.key not in self._lexicon.abbreviations:
            return True
        written = "".join([t.text for t in tokens[hit.first : hit.last]])
        if (
            written.isupper()
            or any(c.isupper() for c in written[1:])
            or any(c.isdigit() for c in written)
        ):
            return True
        return len(written) >= 3 and not is_english(written, self._get_english().valid)

    def _find_boundaries(self, keys: list[str], clauses: Sequence[Clause]) -> list[str]:
        found = []
        for clause in clauses:
            span = (clause.first, clause.last)
            if self._dose and all(find_phrases(keys, table, *span) for table in self._dose):
                found.append("dose")
            if find_phrases(keys, self._diagnosis, *span):
                found.append("diagnosis")
        return list(dict.fromkeys(found))

    def _find_unknown(
        self,
        tokens: Sequence[Token],
        asking: Sequence[Clause],
        mentions: Sequence[Mention],
        type_hits: Sequence[Hit],
        numbers: Sequence[Number],
    ) -> list[str]:
        """Words of the question proper that nothing here accounts for, in order."""
        covered = {i for m in mentions for i in range(m.first, m.last)}
        covered |= {i for h in type_hits for i in range(h.first, h.last)}
        read = {number.text for number in numbers}
        unknown: list[str] = []
        for clause in asking:
            for place in range(clause.first, clause.last):
                token = tokens[place]
                if (
                    place in covered
                    or token.text in read
                    or len(token.text) < 3
                    or not token.key.isalpha()
                    or token.key in self._lexicon.ordinary
                ):
                    continue
                if not is_english(token.text, self._get_english().common):
                    unknown.append(token.text)
        return list(dict.fromkeys(unknown))
