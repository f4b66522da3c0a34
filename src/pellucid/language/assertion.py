"""Is a mentioned thing there? Cue words with a direction and a reach, from the pack's table.

After NegEx (Chapman WW et al., J Biomed Inform 2001;34:301-10) and ConText (Harkema H et al.,
J Biomed Inform 2009;42:839-51).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from sys import maxsize
from typing import Any, NamedTuple

from pellucid.language.phrases import Hit, PhraseTable, build_table
from pellucid.language.tokens import WordKey, get_phrase_key
from pellucid.values.question import Assertion, Token

#: Later wins when several cues reach a mention.
_STRENGTH = {"possible": 1, "conditional": 2, "absent": 3}
_PRESENT = Assertion()
_JOINS = frozenset(("and", "while"))
_ARTICLES = frozenset(("a", "an", "the", "there", "this"))
_OR = frozenset(("or", "nor"))
_AHEAD = frozenset(("forward", "both", "either", "lead", "near"))
_BEHIND = frozenset(("backward", "both", "either", "next"))
_NEAR = frozenset(("lead", "near"))
_STOPS = frozenset(("none",))
_SAYING = frozenset((*_STRENGTH, "resolved"))
#: Words between a doubt and the name to which it leads: "is likely a small granuloma".
_MAX_LEAD = 4
_WITH = frozenset(("with", "and"))
#: What sets words apart in a sentence as a comma does.
_BREAK = re.compile(r"[,:;=()]|[-–—](?<=\s.)(?=\s)")


def build_cues(table: dict[str, Any], word_key: WordKey) -> PhraseTable:
    """Build the phrase table of cues: key -> (effect, direction).

    A star in a cue stands for nothing or for one of the table's ``adverbs``.
    """
    adverbs = ("", *table.get("adverbs", ()))
    return build_table(
        (get_phrase_key(cue, word_key), (row["effect"], row["way"]))
        for row in table.get("cues", ())
        for cue in _spell_out(row["cue"], adverbs)
    )


class Clauses(NamedTuple):
    """Words that tell where a clause of its own begins behind a comma; see the pack's table."""

    begins: frozenset[str] = frozenset()
    tells: frozenset[str] = frozenset()
    closes: frozenset[str] = frozenset()


def build_clauses(table: dict[str, Any], word_key: WordKey) -> tuple[frozenset[str], ...]:
    """Build the plain form of :class:`Clauses`."""
    rows = table.get("clauses") or {}
    return tuple([frozenset(map(word_key, rows.get(name, ()))) for name in Clauses._fields])


def _spell_out(cue: str, adverbs: Sequence[str]) -> Iterator[str]:
    if "*" not in cue:
        return iter((cue,))
    return (cue.replace("*", adverb) for adverb in adverbs)


def add_clause_stops(
    cues: list[Hit],
    text: str,
    tokens: Sequence[Token],
    clauses: Clauses,
    find_names: Callable[[], Sequence[tuple[int, int]]] = tuple,
) -> list[Hit]:
    """Add the stops that a comma, a dash or a bracket makes; others are marked as such.

    One is before a clause with its own article ("no effusion, and a nodule is seen"), before a doubt
    ("without uptake, probably an adenoma"), before what a degree or a verb of its own tells to be there
    ("no effusion, mild oedema"), and behind a doubt that is put in ("a nodule, likely a scar, and oedema").
    A past that a colon follows is a heading ("Past medical history: ..."); a "no" that ends what a colon
    begins is an answer ("Pneumothorax: no"), and so is a cue alone between commas ("pneumonia, unlikely").
    ``find_names`` gives the places of what may be there.
    """
    ways = {hit.value[1] for hit in cues}
    if "either" in ways:
        names = find_names()
        cues = [_turn(hit, names) for hit in cues]
    if not ways.isdisjoint(_NEAR):
        withs = [i for i, token in enumerate(tokens) if token.key == "with"]
        cues = [*cues, *(Hit(i, i + 1, "with", ("stop", "historical")) for i in withs)]
    found = [match.start() for match in _BREAK.finditer(text)]
    if not found or ways == _STOPS:
        return cues
    if ":" in text:
        cues = _mark_headings(cues, text, tokens)
    breaks = sorted({bisect_left(tokens, place, key=_get_start) for place in found})
    count = len(tokens)
    if count > 1 and tokens[-1].key == "no" and ":" in text[tokens[-2].end : tokens[-1].start]:
        cues = [*cues, Hit(count - 1, count, "no", ("absent", "backward"))]
    ends = {*breaks, count}
    cues = [
        hit._replace(value=(hit.value[0], "backward"))
        if hit.value[1] == "both" and hit.first in ends and hit.last in ends
        else hit
        for hit in cues
    ]
    doubts = {hit.first for hit in cues if hit.value == ("possible", "forward")}
    said = [hit for hit in cues if hit.value[0] in _SAYING]
    stops = []
    doubt = 0  # whether the last doubt was put in
    for i, after in zip(breaks, [*breaks[1:], count], strict=True):
        if not 0 < i < count:
            continue
        key = tokens[i].key
        joins = key in _JOINS and i + 1 < count and tokens[i + 1].key in _ARTICLES
        if not joins and said:
            end = _find_verb(tokens, i, after, clauses)
            if end is None and key in clauses.begins:
                end = count
            joins = end is not None and not any(tokens[k].key in _OR for k in range(i, end))
            if joins:  # "no acute, severe fracture": nothing is denied yet
                low = max((hit.last for hit in said if hit.last <= i), default=i)
                joins = i - low > 1 or any(low <= first < i for first, _ in find_names())
        value = ("stop" if joins or i in doubts else "comma", "none")
        if key == "and" and value[0] == "comma":
            doubt = max((d for d in doubts if d < i), default=0)
            if doubt and (doubt in ends or tokens[doubt - 1].key in _WITH):
                value = ("stop", "possible")
        stops.append(Hit(i, i, "", value))
    return sorted(cues + stops, key=_get_first)


def _find_verb(tokens: Sequence[Token], first: int, last: int, clauses: Clauses) -> int | None:
    """Where a verb stands that tells what is there; "is seen" may be the denial's own."""
    for i in range(first + 1, last):
        if tokens[i].key in clauses.tells:
            closes = i + 1 < len(tokens) and tokens[i + 1].key in clauses.closes
            return None if closes else i
    return None


def _turn(hit: Hit, names: Sequence[tuple[int, int]]) -> Hit:
    """Let a doubt that leads either way lead to the name behind it, if there is one."""
    if hit.value[1] != "either":
        return hit
    leads = any(0 <= first - hit.last < _MAX_LEAD for first, _ in names)
    return hit._replace(value=(hit.value[0], "forward" if leads else "backward"))


def _get_start(token: Token) -> int:
    return token.start


def _get_first(hit: Hit) -> int:
    return hit.first


def _mark_headings(cues: list[Hit], text: str, tokens: Sequence[Token]) -> list[Hit]:
    """Let a past with a colon reach over the stops of its section, to the next colon."""
    colons = [i for i in range(1, len(tokens)) if ":" in text[tokens[i - 1].end : tokens[i].start]]
    marked = [
        hit._replace(value=("historical", "section"))
        if hit.value == ("historical", "forward") and hit.last in colons
        else hit
        for hit in cues
    ]
    if marked == cues:
        return cues
    marked += [Hit(i, i, "", ("colon", "none")) for i in colons]
    return sorted(marked, key=lambda h: h.first)


def classify_assertion(
    cues: Sequence[Hit], span: tuple[int, int], within: bool = False
) -> Assertion:
    """Classify what stands at token positions ``span`` from the cues of its sentence or clause.

    ``within``: the span is of a whole statement ("the heart is not enlarged"), in which a cue counts.
    Otherwise a cue inside the span is part of a name.
    """
    if not cues:
        return _PRESENT
    first, last = span
    low, high, comma, section, doubtless, joined = _find_bounds(cues, first, last)
    status, temporality, experiencer, cue = "present", "current", "patient", None
    for hit in cues:
        effect, way = hit.value
        inside = within and first < hit.first and hit.last < last
        ahead = low <= hit.first and hit.last <= first
        before = (ahead or inside) and way in _AHEAD
        before = before or (way == "section" and hit.last == section)
        after = hit.last <= high and hit.first >= last and way in _BEHIND
        if after and (
            (way == "both" and hit.first >= comma) or (way == "next" and hit.first > last)
        ):
            after = False  # "nodule, scar versus tumor": the nodule is certain
        if effect == "possible" and hit.last <= doubtless:
            before = False  # "probable gout with a tophus": the tophus is certain
        if (way == "lead" and hit.last <= joined) or (
            way == "near" and (first - hit.last > _MAX_LEAD or hit.last <= joined)
        ):
            before = False  # "previous CABG with wires in situ": the wires are there
        if not (before or after):
            continue
        if effect in _STRENGTH:
            if _STRENGTH[effect] >= _STRENGTH.get(status, 0):
                status, cue = effect, hit.key
        elif effect == "resolved":
            status, temporality, cue = "absent", effect, hit.key
        elif effect == "historical":
            temporality, cue = effect, cue or hit.key
        elif effect == "other":
            experiencer, cue = effect, cue or hit.key
    return Assertion(status, temporality, experiencer, cue)


def _find_bounds(cues: Sequence[Hit], first: int, last: int) -> tuple[int, int, int, int, int, int]:
    """The stops around a span, the next comma, its section's begin, where a doubt and a past have ended."""
    low, high, comma, section, doubtless, joined, given = 0, maxsize, maxsize, 0, 0, 0, False
    for hit in cues:
        if hit.value[0] == "colon" and hit.last <= first:
            section = hit.last
        elif hit.value == ("stop", "possible"):
            if hit.last <= first:
                doubtless = joined = hit.last
        elif hit.value == ("stop", "historical"):
            if hit.last <= first:
                joined = hit.last
        elif hit.value[0] == "stop":
            if hit.last <= first:
                low = max(low, hit.last)
            elif hit.first >= last:
                high = min(high, hit.first)
        elif hit.value[0] == "comma":
            if hit.first >= last:
                comma = min(comma, hit.first)
            elif hit.first <= first:
                given = False
        elif hit.value[0] == "given" and hit.last <= first:
            low, given = max(low, hit.last), True
    if given:  # "in view of the plaques, asbestosis is likely": the plaques are certain
        high = min(high, comma)
    return low, high, comma, section, doubtless, joined
