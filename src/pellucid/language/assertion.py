"""Is a mentioned thing there? Cue words with a direction and a reach, from the pack's table.

After NegEx (Chapman WW et al., J Biomed Inform 2001;34:301-10) and ConText (Harkema H et al.,
J Biomed Inform 2009;42:839-51).
"""

from __future__ import annotations

from typing import Any

from pellucid.language.phrases import PhraseTable, build_table, find_phrases
from pellucid.language.tokens import WordKey, get_phrase_key
from pellucid.values.question import Assertion

#: Later wins when several cues reach a mention.
_STRENGTH = ("possible", "conditional", "absent")


def build_cues(table: dict[str, Any], word_key: WordKey) -> PhraseTable:
    """Build the phrase table of cues: key -> (effect, direction)."""
    return build_table(
        (get_phrase_key(row["cue"], word_key), (row["effect"], row["way"]))
        for row in table.get("cues", ())
    )


def classify_assertion(
    keys: list[str], cues: PhraseTable, sentence: tuple[int, int], span: tuple[int, int]
) -> Assertion:
    """Classify the mention at token positions ``span`` inside ``sentence`` (both half-open)."""
    hits = find_phrases(keys, cues, *sentence)
    # A cue inside the mention's own name ("no acute ...") says nothing about it.
    hits = [h for h in hits if h.last <= span[0] or h.first >= span[1]]
    stops_before = [h.last for h in hits if h.value[0] == "stop" and h.last <= span[0]]
    stops_after = [h.first for h in hits if h.value[0] == "stop" and h.first >= span[1]]
    low = max(stops_before, default=sentence[0])
    high = min(stops_after, default=sentence[1])
    status, temporality, experiencer, cue = "present", "current", "patient", None
    for hit in hits:
        effect, way = hit.value
        before = hit.first >= low and hit.last <= span[0] and way in ("forward", "both")
        after = hit.last <= high and hit.first >= span[1] and way in ("backward", "both")
        if not (before or after):
            continue
        if effect in _STRENGTH:
            if status == "present" or _STRENGTH.index(effect) > _STRENGTH.index(status):
                status, cue = effect, hit.key
        elif effect == "historical":
            temporality, cue = effect, cue or hit.key
        elif effect == "other":
            experiencer, cue = effect, cue or hit.key
    return Assertion(status, temporality, experiencer, cue)
