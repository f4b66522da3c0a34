"""Findings whose words stand apart: in a list that shares a word, or as a subject and what is said of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pellucid.language.phrases import Hit
from pellucid.values.mention import LOOSE

_SIDES = frozenset(("left", "right", "bilateral", "both"))
_AND = frozenset(("and", "or", "nor"))
_MAX_SHARED = 9
_MAX_SAID = 6
#: Kinds of names that are no findings: a loose word may stand on them.
_TOLD = frozenset(("site", "descriptor", "phrase"))


def list_beginnings(names: Iterable[str]) -> dict[str, set[str]]:
    """For each last word of a name of several words: the words that such a name begins with."""
    begin: dict[str, set[str]] = {}
    for name in names:
        first, _, rest = name.partition(" ")
        if rest:
            begin.setdefault(rest.rpartition(" ")[2], set()).add(first)
    return begin


def share_words(
    keys: list[str],
    hits: list[Hit],
    names: Mapping[str, str],
    beginnings: Mapping[str, set[str]],
    kinds: Mapping[str, str],
    linking: frozenset[str],
) -> list[Hit]:
    """Add names that share a word with another: "lytic or blastic lesions", "pleural effusion or
    thickening", "enlarged hilar or axillary lymph nodes".

    ``beginnings`` are those of ``names``; ``linking`` are the words over which a word may be shared
    ("and", "or", "left").
    """
    added: list[Hit] = []
    site_words: set[int] | None = None
    for hit in hits:
        last = hit.last
        begin = beginnings.get(keys[last - 1])
        if begin:
            tails: list[str] = []
            wider: list[str] = []
            place = hit.first - 1
            stop = max(-1, place - _MAX_SHARED)
            while place > stop:
                key = keys[place]
                if key in begin:
                    if not tails:
                        words = hit.key.split(" ")
                        tails = [" ".join(words[n:]) for n in range(len(words))]
                        wider = [f"{keys[hit.first - 1]} {hit.key}", *tails]
                    # Whole but for the side ("calcified left hilar lymph nodes"), or from further off.
                    found = " ".join([k for k in keys[place:last] if k not in _SIDES])
                    if found not in names:
                        # A name loses words of its own only to one that stands apart from it.
                        ends = wider if place + 1 < hit.first else tails[:1]
                        found = next((n for t in ends if (n := f"{key} {t}") in names), "")
                    if found and found != hit.key:
                        added.append(Hit(place, last, found, names[found]))
                        place -= 1
                        continue
                if key not in linking:
                    if site_words is None:
                        site_words = {
                            i
                            for h in hits
                            if kinds[h.value] == "site"
                            for i in range(h.first, h.last)
                        }
                    if place not in site_words:
                        break
                place -= 1
        if " " in hit.key:
            added += _list_endings(keys, hit, hits, names, kinds)
    if not added:
        return hits
    added = list({(a.last, a.value): a for a in added[::-1]}.values())
    # One concept said twice ("mediastinal or hilar adenopathy") is one mention.
    same = {
        (h.first, h.last) for a in added for h in hits if h.value == a.value and h.last == a.last
    }
    hits = [h for h in hits if (h.first, h.last) not in same]
    # "Nondisplaced left rib fractures" are rib fractures; "lytic or blastic lesions" are both.
    added = [
        a
        for a in added
        if not any(
            a.first < h.first
            and a.last == h.last
            and " " in h.key
            and kinds[h.value] != "site"
            and not a.key.endswith(h.key)
            and _AND.isdisjoint(keys[a.first : h.first])
            for h in hits
        )
    ]
    # A name that now has its words from further off replaces the bare one inside it.
    inside = {
        (h.first, h.last)
        for a in added
        for h in hits
        if (
            a.first < h.first
            and h.last == a.last
            and a.key.endswith(h.key)
            and not _is_equal(keys, a, h)
        )
        or (h.first == a.first and h.last == h.first + 1)
    }
    return sorted([h for h in hits if (h.first, h.last) not in inside] + added)


def _list_endings(
    keys: Sequence[str],
    hit: Hit,
    hits: Sequence[Hit],
    names: Mapping[str, str],
    kinds: Mapping[str, str],
) -> list[Hit]:
    """The names that end otherwise in a list: "pleural effusion or thickening", "laceration of the liver,
    spleen or kidney".
    """
    ends = []
    before = hit.key.rpartition(" ")[0]
    place = hit.last
    while place < len(keys):
        joined = keys[place] in _AND
        place += joined
        found = f"{before} {keys[place]}" if place < len(keys) else ""
        if found not in names or any(
            h.first <= place < h.last and (kinds[h.value] != "site" or h.last > place + 1)
            for h in hits
        ):
            break
        ends.append(Hit(place, place + 1, found, names[found]))
        if joined:  # words side by side are a list only when a joining word closes it
            return ends
        place += 1
    return []


def _is_equal(keys: Sequence[str], added: Hit, hit: Hit) -> bool:
    """Whether a name stands for itself beside what shares its word: "aspiration or pneumonia"."""
    return (
        hit.last == hit.first + 1 and added.first + 2 == hit.first and keys[hit.first - 1] in _AND
    )


def add_said(
    hits: list[Hit],
    subjects: Sequence[Hit],
    says: Sequence[Hit],
    topic: Sequence[tuple[int, str]],
    kinds: Mapping[str, str],
    beside: frozenset[str],
) -> list[Hit]:
    """Add findings that a sentence says of a subject: "the heart is mildly enlarged".

    For concepts in ``beside`` a short name is the finding, and its subject only tells which one is meant:
    an "effusion" next to a pneumothorax is one of the pleura. ``topic`` are the rules of the section's
    heading, for a sentence without a subject ("BOWEL: No obstruction.").
    """
    added: list[Hit] = []
    named: list[Hit] = []
    for said in says:
        found = _find_subject(said, subjects)
        if found and found[1] not in beside:
            subject, concept = found
            if any(_holds(h, subject, said, kinds) for h in hits):
                continue
            first, last = min(said.first, subject.first), max(said.last, subject.last)
            whole = Hit(first, last, "", concept)
            if not any(h.value == concept and _overlap(h, whole) for h in (*hits, *added)):
                added.append(whole)
            continue
        name = found[1] if found else None if subjects else _match(said, topic)
        if name and _is_widest(said, [*hits, *named]):
            named.append(said._replace(value=name))
    hits = _without_parts(hits, named)
    kept = [h for h in hits if kinds[h.value] == "site" or not any(_lies_in(h, a) for a in added)]
    return sorted(kept + named + added)


def add_loose(hits: list[Hit], loose: Sequence[Hit], kinds: Mapping[str, str]) -> list[Hit]:
    """Add findings whose word stands apart from its organ: "in the spleen there is a laceration".

    Where the sentence does not tell the organ, the word stays loose, for whoever knows what is around it.
    """
    added: list[Hit] = []
    apart: list[Hit] = []
    places = [h for h in hits if kinds[h.value] == "site"]
    for word in loose:
        near = [p for p in places if p.value in word.value and _count_between(p, word) <= _MAX_SAID]
        if near:
            site = min(near, key=lambda p: _count_between(p, word)).value
            if _is_widest(word, hits):
                added.append(word._replace(value=word.value[site]))
        elif _is_widest(word, hits) and all(
            kinds[h.value] in _TOLD for h in hits if _overlap(h, word)
        ):
            apart.append(word._replace(value=LOOSE + word.key))
    return sorted(_without_parts(hits, added) + added + apart)


def _find_subject(said: Hit, subjects: Sequence[Hit]) -> tuple[Hit, str] | None:
    """The nearest subject that a finding can be said of, and the concept that they make."""
    found, nearest = None, _MAX_SAID + 1
    for subject in subjects:
        gap = _count_between(said, subject)
        if 0 <= gap < nearest and (concept := _match(said, subject.value)):
            found, nearest = (subject, concept), gap
    return found


def _holds(hit: Hit, subject: Hit, said: Hit, kinds: Mapping[str, str]) -> bool:
    """Whether a finding's name is a subject and one word more, and something else is said: "a thyroid nodule, enlarged"."""
    return (
        kinds[hit.value] in ("finding", "entity")
        and hit.last - hit.first == subject.last - subject.first + 1
        and _lies_in(subject, hit)
        and not _overlap(hit, said)
    )


def _match(said: Hit, rules: Sequence[tuple[int, str]]) -> str | None:
    """The concept of the first rule that a subject shares with what is said."""
    return next((rule[1] for rule in said.value if rule in rules), None)


def _count_between(one: Hit, other: Hit) -> int:
    """Words between two phrases; below zero where they overlap."""
    return max(one.first, other.first) - min(one.last, other.last)


def _overlap(one: Hit, other: Hit) -> bool:
    return one.first < other.last and other.first < one.last


def _lies_in(inner: Hit, outer: Hit) -> bool:
    return outer.first <= inner.first and inner.last <= outer.last


def _without_parts(hits: list[Hit], wider: Sequence[Hit]) -> list[Hit]:
    """The names that are not inside a wider one."""
    return [h for h in hits if not any(_lies_in(h, w) for w in wider)]


def _is_widest(said: Hit, hits: Sequence[Hit]) -> bool:
    """Whether each name that shares a word with what is said lies in it: "hemorrhagic cyst" over "cyst"."""
    return all(_lies_in(h, said) for h in hits if _overlap(h, said))
