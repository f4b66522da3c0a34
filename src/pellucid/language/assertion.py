"""Is a mentioned thing there? Cue words with a direction and a reach, from the pack's table.

After NegEx (Chapman WW et al., J Biomed Inform 2001;34:301-10) and ConText (Harkema H et al.,
J Biomed Inform 2009;42:839-51).
"""

from __future__ import annotations

from collections.abc import Sequence
from sys import maxsize
from typing import Any

from pellucid.language.phrases import Hit, PhraseTable, build_table
from pellucid.language.tokens import WordKey, get_phrase_key
from pellucid.values.question import Assertion, Token

#: Later wins when several cues reach a mention.
_STRENGTH = {"possible": 1, "conditional": 2, "absent": 3}
_PRESENT = Assertion()
_JOINS = frozenset(("and", "while"))
_ARTICLES = frozenset(("a", "an", "the", "there", "this"))


def build_cues(table: dict[str, Any], word_key: WordKey) -> PhraseTable:
    """Build the phrase table of cues: key -> (effect, direction)."""
    return build_table(
        (get_phrase_key(row["cue"], word_key), (row["effect"], row["way"]))
        for row in table.get("cues", ())
    )


def add_clause_stops(cues: list[Hit], text: str, tokens: Sequence[Token]) -> list[Hit]:
    """Add the stops that a comma makes: before a clause with its own article ("no effusion, and a nodule
    is seen") and before a doubt ("without uptake, probably an adenoma"); other commas are marked as such.
    A past that a colon follows is a heading ("Past medical history: ..."); a "no" that ends what a colon
    begins is an answer ("Pneumothorax: no").
    """
    if cues and ":" in text:
        cues = _mark_headings(cues, text, tokens)
        if (
            len(tokens) > 1
            and tokens[-1].key == "no"
            and ":" in text[tokens[-2].end : tokens[-1].start]
        ):
            cues = [*cues, Hit(len(tokens) - 1, len(tokens), "no", ("absent", "backward"))]
    if not cues or "," not in text:
        return cues
    doubts = {hit.first for hit in cues if hit.value == ("possible", "forward")}
    stops = []
    for i in range(1, len(tokens)):
        if "," not in text[tokens[i - 1].end : tokens[i].start]:
            continue
        joins = tokens[i].key in _JOINS and i + 1 < len(tokens) and tokens[i + 1].key in _ARTICLES
        stops.append(Hit(i, i, "", ("stop" if joins or i in doubts else "comma", "none")))
    return sorted(cues + stops, key=lambda h: h.first) if stops else cues


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
    low, high, comma, section, doubtless = 0, maxsize, maxsize, 0, 0
    for hit in cues:
        if hit.value[0] == "colon" and hit.last <= first:
            section = hit.last
        elif hit.value == ("stop", "possible"):
            if hit.last <= first:
                doubtless = hit.last
        elif hit.value[0] == "stop":
            if hit.last <= first:
                low = max(low, hit.last)
            elif hit.first >= last:
                high = min(high, hit.first)
        elif hit.value[0] == "comma" and hit.first >= last:
            comma = min(comma, hit.first)
    status, temporality, experiencer, cue = "present", "current", "patient", None
    for hit in cues:
        effect, way = hit.value
        inside = within and first < hit.first and hit.last < last
        ahead = low <= hit.first and hit.last <= first
        before = (ahead or inside) and way in ("forward", "both")
        before = before or (way == "section" and hit.last == section)
        after = hit.last <= high and hit.first >= last and way in ("backward", "both")
        if way == "both" and hit.first >= comma:
            after = False  # "nodule, scar versus tumor": the nodule is certain
        if effect == "possible" and hit.last <= doubtless:
            before = False  # "probable gout with a tophus": the tophus is certain
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
