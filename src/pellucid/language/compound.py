"""Findings whose words stand apart: in a list that shares a word, or as a subject and what is said of it."""

from __future__ import annotations

from collections.abc import Sequence

from pellucid.language.phrases import Hit, PhraseTable, find_phrases

_SIDES = frozenset(("left", "right", "bilateral", "both"))
_AND = frozenset(("and", "or", "nor"))
_MAX_SHARED = 9
_MAX_SAID = 6


def share_words(
    keys: list[str],
    hits: list[Hit],
    span: tuple[int, int],
    table: PhraseTable,
    kinds: dict[str, str],
    linking: frozenset[str],
) -> list[Hit]:
    """Add names that share a word with another: "lytic or blastic lesions", "pleural effusion or
    thickening", "enlarged hilar or axillary lymph nodes".

    ``linking`` are the words over which a word may be shared ("and", "or", "left").
    """
    names = table.values
    added: list[Hit] = []
    taken = {i for h in hits for i in range(h.first, h.last)}
    site_words = {i for h in hits if kinds[h.value] == "site" for i in range(h.first, h.last)}
    for hit in hits:
        words = hit.key.split(" ")
        tails = [" ".join(words[n:]) for n in range(len(words))]
        place = hit.first - 1
        while place >= max(span[0], hit.first - _MAX_SHARED):
            # Whole but for the side ("calcified left hilar lymph nodes"), or from further off.
            whole = " ".join(k for k in keys[place : hit.last] if k not in _SIDES)
            # A name loses words of its own only to one that stands apart from it.
            joined = place + 1 < hit.first
            found = next(
                (
                    n
                    for n in (
                        whole,
                        *(f"{keys[place]} {t}" for t in tails if joined or t == hit.key),
                    )
                    if n in names
                ),
                None,
            )
            if found == hit.key:
                found = None
            if found:
                added.append(Hit(place, hit.last, found, names[found]))
            elif place not in site_words and keys[place] not in linking:
                break
            place -= 1
        if len(words) > 1 and hit.last + 1 < span[1] and keys[hit.last] in _AND:
            found = f"{' '.join(words[:-1])} {keys[hit.last + 1]}"
            if found in names and hit.last + 1 not in taken:
                added.append(Hit(hit.last + 1, hit.last + 2, found, names[found]))
    if not added:
        return hits
    added = list({(a.last, a.value): a for a in added[::-1]}.values())
    # One concept said twice ("mediastinal or hilar adenopathy") is one mention.
    same = {
        (h.first, h.last) for a in added for h in hits if h.value == a.value and h.last == a.last
    }
    hits = [h for h in hits if (h.first, h.last) not in same]
    # A name that now has its words from further off replaces the bare one inside it.
    inside = {
        (h.first, h.last)
        for a in added
        for h in hits
        if (a.first < h.first and h.last == a.last and a.key.endswith(h.key))
        or (h.first == a.first and h.last == h.first + 1)
    }
    return sorted([h for h in hits if (h.first, h.last) not in inside] + added)


def add_said(
    keys: list[str],
    hits: list[Hit],
    subjects: Sequence[Hit],
    span: tuple[int, int],
    says: PhraseTable,
    kinds: dict[str, str],
    beside: frozenset[str],
) -> list[Hit]:
    """Add findings that a sentence says of a subject: "the heart is mildly enlarged".

    For concepts in ``beside`` a short name is the finding, and its subject only tells which one is meant:
    an "effusion" next to a pneumothorax is one of the pleura.
    """
    added: list[Hit] = []
    named: list[Hit] = []
    for said in find_phrases(keys, says, *span):
        best: tuple[int, Hit, str] | None = None
        for subject in subjects:
            gap = (
                said.first - subject.last
                if subject.last <= said.first
                else subject.first - said.last
            )
            if not 0 <= gap <= _MAX_SAID or (best and gap >= best[0]):
                continue
            if shared := next((c for c in said.value if c in subject.value), None):
                best = (gap, subject, shared)
        if best is None:
            continue
        if best[2] in beside:
            if not any(h.first < said.last and said.first < h.last for h in (*hits, *named)):
                named.append(Hit(said.first, said.last, said.key, best[2]))
            continue
        first, last = min(said.first, best[1].first), max(said.last, best[1].last)
        if any(h.value == best[2] and h.first < last and first < h.last for h in (*hits, *added)):
            continue
        added.append(Hit(first, last, "", best[2]))
    if not added:
        return sorted(hits + named) if named else hits
    kept = [
        h
        for h in hits
        if kinds[h.value] == "site"
        or not any(a.first <= h.first and h.last <= a.last for a in added)
    ]
    return sorted(kept + named + added)
