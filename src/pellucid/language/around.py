"""What stands around a finding in its sentence: side, change, sizes."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

from pellucid.language.lexicon import Lexicon
from pellucid.language.phrases import Hit
from pellucid.values.question import Mention, Token
from pellucid.values.report import Measurement

#: Words before a finding over which a change still belongs to it.
_REACH = {"new": 7, "stable": 7, "larger": 3, "smaller": 3, "resolved": 3}
_SIDE_REACH = 8
#: Words after a finding over which they do.
_REACH_AFTER = {"laterality": 12, "change": 18}
#: Words between a side and the preposition before it: "in the lower inner left breast".
_MAX_PLACE = 4
#: Millimeters below which two sizes differ by measuring alone (Fleischner Society 2017: growth is 2 mm or more).
_MIN_CHANGE = 2
#: Words after which a sentence turns to something else.
_TURNS = frozenset(("but", "however", "although"))
_WITH = frozenset(("with", "by", "without"))
_JOINS = frozenset(("and", "or", "with", "nor"))
_AND = frozenset(("and", "or", "nor"))
_YEAR = re.compile(r"(?:19|20)\d\d")
_ARTICLES = frozenset(("the", "a", "an", "this"))
#: Sides that stand behind a finding by themselves.
_ADVERBS = frozenset(("bilaterally", "bilat", "b l"))
#: Verbs that lead from one finding to another of the same place.
_LEADS = frozenset(
    ("with", "containing", "cause", "causing", "produce", "producing", "show", "showing")
)


class Around:
    """The words around the findings of one sentence."""

    def __init__(
        self,
        text: str,
        tokens: Sequence[Token],
        hits: Sequence[Hit],
        things: Sequence[Mention],
        lexicon: Lexicon,
    ) -> None:
        self._text = text
        self._tokens = tokens
        self._hits = hits
        # Findings that only tell where another is: "at the lumpectomy site".
        self._places = {
            t.first for t in things if _ends_in(tokens[t.last - 1 : t.last + 1], lexicon.places)
        }
        self._things = [t for t in things if t.first not in self._places]
        self._lexicon = lexicon
        self._inside = {i for t in self._things for i in range(t.first, t.last)}
        self._headed = self._find_headed()

    def _find_headed(self) -> str | None:
        """The side of a heading that begins the sentence: "Left carotid bulb: plaque, no stenosis"."""
        colon = self._text.find(":")
        if colon < 0:
            return None
        sides = [h for h in self._hits if h.value[0] == "laterality"]
        if len(sides) != 1 or sides[0].first > 1:
            return None
        last = bisect_left(self._tokens, colon, key=_get_start)
        headed = sides[0].last <= last <= sides[0].last + _MAX_PLACE
        return str(sides[0].value[1]) if headed else None

    def find(self, kind: str, mention: Mention) -> str | None:
        """The nearest word of a kind (laterality, change) that belongs to a finding."""
        best: tuple[int, Hit] | None = None
        for hit in self._hits:
            if hit.value[0] != kind:
                if hit.value[1] == "place" and mention.first <= hit.first < mention.last:
                    return None  # "right heart strain"
                continue
            if mention.first <= hit.first and hit.last <= mention.last:
                return str(hit.value[1])
            if kind == "laterality" and self._is_named(hit):
                continue
            if hit.last <= mention.first:
                distance, belongs = mention.first - hit.last, self._leads_to(hit, mention, kind)
            else:
                distance, belongs = hit.first - mention.last + 1, self._follows(hit, mention, kind)
            if belongs and (best is None or distance < best[0]):
                best = (distance, hit)
        if kind == "laterality":
            if best is None:
                return self._headed
            if self._is_pair(best[1], mention):
                return "bilateral"
        return str(best[1].value[1]) if best else None

    def _is_pair(self, hit: Hit, mention: Mention) -> bool:
        """Whether the other side is named in one breath: "in the right middle and left lower lobes"."""
        for other in self._hits:
            if other.value[0] != "laterality" or other.value[1] in (hit.value[1], "bilateral"):
                continue
            first, last = sorted((hit, other))
            between = range(first.last, last.first)
            if (
                first.first < mention.first < last.last
                or len(between) > _MAX_PLACE
                or not any(self._tokens[i].key == "and" for i in between)
                or any(i in self._inside or self._has_comma(i) for i in (*between, last.first))
            ):
                continue
            if mention.first >= last.last:
                return not any(t.last <= first.first for t in self._things)
            return not any(0 <= t.first - last.last <= _MAX_PLACE for t in self._things)
        return False

    def _is_named(self, hit: Hit) -> bool:
        """Whether a finding's name begins with a word: the side of "right hemicolectomy" is its own."""
        return any(t.first == hit.first and hit.last <= t.last for t in self._things)

    def _leads_to(self, hit: Hit, mention: Mention, kind: str) -> bool:
        denied = mention.assertion.status in ("absent", "conditional") and any(
            i in self._inside for i in range(hit.last, mention.first)
        )
        if kind == "laterality":
            if mention.assertion.status == "absent" and self._is_taken(hit, mention):
                return False
            if not denied and self._is_only_side(hit, mention):
                return True
        reach = _SIDE_REACH if kind == "laterality" else _REACH[hit.value[1]]
        if mention.first - hit.last > reach and not self._is_list(hit.last, mention.first):
            return False
        return self._is_clear(hit.last, mention.first)

    def _is_taken(self, hit: Hit, mention: Mention) -> bool:
        """Whether a side is of what stands before it: "effusion on the right, no pneumothorax"."""
        cue = (mention.assertion.cue or "").split(" ")[0]
        return (
            cue not in _WITH
            and any(t.last <= hit.first for t in self._things)
            and any(self._tokens[i].key == cue for i in range(hit.last, mention.first))
        )

    def _is_only_side(self, hit: Hit, mention: Mention) -> bool:
        """The sentence names one side only, and what follows still speaks of that place."""
        if len({h.value[1] for h in self._hits if h.value[0] == "laterality"}) != 1:
            return False
        between = range(hit.last, mention.first)
        if any(self._tokens[i].key in _TURNS for i in between):
            return False
        if any(i in self._inside for i in between) and not self._has_comma_between(
            hit.last - 1, mention.first
        ):
            return self._is_list(hit.last, mention.first) or any(
                self._tokens[i].key in _LEADS for i in between
            )
        return True

    def _follows(self, hit: Hit, mention: Mention, kind: str) -> bool:
        if hit.first - mention.last > _REACH_AFTER[kind]:
            return False
        if kind == "change":
            between = [t for t in self._things if mention.last <= t.first < hit.first]
            if self._is_below(mention) or not (
                all(map(self._is_below, between))
                or self._is_list(mention.last, hit.first, _JOINS | self._lexicon.shared)
            ):
                return False
        elif not (
            self._is_clear(mention.last, hit.first)
            or self._is_one_place(mention.last, hit.first)
            or self._is_listed(mention.last, hit.first)
        ):
            return False
        ahead = [t.key for t in self._tokens[max(mention.last, hit.first - _MAX_PLACE) : hit.first]]
        if kind == "change" and hit.value[1] == "new" and self._leads_on(hit):
            return False
        alone = kind == "laterality" and (ahead[-2:] == ["on", "the"] or hit.key.endswith("side"))
        if not alone and any(
            0 <= t.first - hit.last <= 2 and not self._has_comma_between(hit.last - 1, t.first)
            for t in self._things
            if t is not mention
        ):
            return False  # "stenosis and mild bilateral narrowing": it leads to the next one
        if kind == "laterality" and hit.key not in _ADVERBS and hit.first > mention.last:
            return any(key in self._lexicon.side_after for key in ahead)
        return True

    def _leads_on(self, hit: Hit) -> bool:
        """Whether a word stands before a finding of its own: "with two new enhancing lesions"."""
        return any(
            0 <= t.first - hit.last <= _MAX_PLACE
            and not self._has_comma_between(hit.last - 1, t.first)
            for t in self._things
        )

    def _is_below(self, thing: Mention) -> bool:
        """Whether a finding only places one that stands before it: "calcifications adjacent to the scar"."""
        before = thing.first - 1
        while before > 0 and self._tokens[before].key in _ARTICLES:
            before -= 1
        return (
            before > 0
            and self._tokens[before].key in self._lexicon.side_after
            and any(t.last <= before <= t.last + _MAX_PLACE for t in self._things)
        )

    def _is_listed(self, first: int, last: int) -> bool:
        """Whether a list of findings comes first: "nodules and opacities are present in the left lung"."""
        inside = [i for i in range(first, last) if i in self._inside]
        end = inside[-1] + 1 if inside else first
        joined = any(self._tokens[i].key in _AND for i in range(first, end))
        return joined and self._is_list(first, end, _AND) and self._is_clear(end, last)

    def _is_one_place(self, first: int, last: int) -> bool:
        """Whether all up to the sentence's one side is in one place: "clips in the lumpectomy bed on the left"."""
        return len({h.value[1] for h in self._hits if h.value[0] == "laterality"}) == 1 and not any(
            self._has_comma(i) or self._tokens[i].key in _TURNS | _JOINS for i in range(first, last)
        )

    def _is_clear(self, first: int, last: int) -> bool:
        """No other finding and no comma between two places, unless all between is a list."""
        if self._is_list(first, last):
            return True
        if any(i in self._inside for i in range(first, last)):
            return False
        # Two commas set a remark apart: "a mass, 4 mm, in the left breast".
        ends = range(first, min(last + 1, len(self._tokens)))
        return sum(self._has_comma(i) for i in ends) % 2 == 0

    def _has_comma_between(self, first: int, last: int) -> bool:
        return "," in self._text[self._tokens[first].end : self._tokens[last].start]

    def _has_comma(self, place: int) -> bool:
        if place == 0:
            return False
        return "," in self._text[self._tokens[place - 1].end : self._tokens[place].start]

    def _is_list(self, first: int, last: int, joins: frozenset[str] = _JOINS) -> bool:
        """Whether only findings and joining words stand between two places."""
        return all(i in self._inside or self._tokens[i].key in joins for i in range(first, last))

    def find_change(
        self, mention: Mention, now: Sequence[Measurement], sizes: Sequence[Measurement]
    ) -> str | None:
        """How a finding changed: by a word of its own, or by its size now and then.

        What is not there did not change: "no new mass".
        """
        if mention.first in self._places or (
            mention.assertion.status == "absent" and mention.assertion.temporality != "resolved"
        ):
            return None
        if said := self.find("change", mention):
            return said
        then = [s for s in sizes if self._is_prior(s)]
        if not now or len(then) != 1:
            return None
        old, new = max(then[0].dims), max(now[0].dims)
        if old == new:
            return "stable"
        if abs(new - old) < _MIN_CHANGE:
            return None
        return "larger" if new > old else "smaller"

    def find_sizes(self, sizes: Sequence[Measurement], mention: Mention) -> tuple[Measurement, ...]:
        """The sizes that are this finding's: nearest to it, of now, and no distances."""
        if not sizes or mention.assertion.status == "absent" or mention.first in self._places:
            return ()
        things = [t for t in self._things if t.assertion.status != "absent"] or [mention]
        kept = []
        for size in sizes:
            # "The duct measures 4 mm with a stone": what follows is not what was measured.
            after = bisect_left(self._tokens, size.end, key=_get_start)
            joined = after < len(self._tokens) and self._tokens[after].key in _WITH
            behind = [t for t in things if t.start < size.start]
            ends = self._text[size.end : size.end + 1] in (",", ")")
            measured = (
                behind if joined or (behind and (ends or self._is_measured(size))) else things
            )
            nearest = min(measured, key=lambda t: _gap(size, t), default=None)
            if nearest and nearest.first == mention.first and self._is_own_size(size):
                kept.append(size)
        return tuple(kept)

    def _is_measured(self, size: Measurement) -> bool:
        """Whether a word such as "measures" leads to the size: what comes before was measured."""
        first = bisect_left(self._tokens, size.start, key=_get_start)
        before = [token.key for token in self._tokens[max(0, first - 3) : first]]
        return not self._lexicon.measured.isdisjoint(before)

    def _is_own_size(self, size: Measurement) -> bool:
        if self._is_prior(size):
            return False
        if self._is_measured(size):
            return True
        last = bisect_left(self._tokens, size.end, key=_get_start)
        after = [token.key for token in self._tokens[last : last + 2]]
        return not (
            after
            and (after[0] in self._lexicon.distance or " ".join(after) in self._lexicon.distance)
        )

    def _is_prior(self, size: Measurement) -> bool:
        """Whether a size is that of an older scan: "previously 4 mm", "(4 mm in May)", "4 mm in 2020"."""
        lexicon = self._lexicon
        first = bisect_left(self._tokens, size.start, key=_get_start)
        before = [token.key for token in self._tokens[max(0, first - 2) : first]]
        if not lexicon.prior_size.isdisjoint(before) or " ".join(before) in lexicon.prior_size:
            return True
        last = bisect_left(self._tokens, size.end, key=_get_start)
        after = [token.key for token in self._tokens[last : last + 4]]
        if not after or self._text[size.end : self._tokens[last].start].strip():
            return False
        if len(after) > 1 and after[0] in lexicon.side_after and _YEAR.fullmatch(after[1]):
            return True
        return any(
            " ".join(after[:i]) in lexicon.prior_after
            and not "".join(after[i : i + 1])[:1].isdigit()
            for i in range(1, 4)
        )


def _get_start(token: Token) -> int:
    return token.start


def _gap(size: Measurement, mention: Mention) -> int:
    """Characters between a size and a finding; a size just before its finding is the usual case."""
    return mention.start - size.end if size.end <= mention.start else size.start - mention.end + 1


def _ends_in(ends: Sequence[Token], words: frozenset[str]) -> bool:
    """Whether the last token of a finding, or the one behind it, is one of some words."""
    return ends[0].key in words or (len(ends) > 1 and ends[1].key in words)
