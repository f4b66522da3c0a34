"""Mentions -> the most specific pages about what was asked.

A name that stands in the text wins. Then parts are put together: the head ("calcification"), its
pattern ("popcorn") and its site ("lung", or the organ that the site lies in). Where the whole
combination has no page, what is known about its parts is given, the site first, and said so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from math import floor

from pellucid.knowledge.library import Library
from pellucid.values.concept import Concept, Page, Range
from pellucid.values.question import Mention, Number, Question, Token
from pellucid.values.resolution import Resolution, Row, Target

#: What is asked about, the likeliest first. Sites, patterns and plain words are asked about only
#: when nothing else is.
_RANK = {
    "entity": 0,
    "finding": 0,
    "score": 0,
    "pattern": 0,
    "type": 0,
    "procedure": 2,
    "normal": 2,
    "phrase": 3,
    "substance": 3,
    "modality": 4,
    "site": 5,
    "descriptor": 6,
}
_VAGUE = ("descriptor", "site", "phrase", "modality")
_MAX_TARGETS = 3
#: Statements on an organ after which a pattern's page covers it.
_ENOUGH = 4
#: Words that set two things side by side.
_AND = ("and", "or", "vs", "versus", "from", "v")
_SCALE_LETTERS = re.compile(r"^[A-Z]+-?(?=[0-9])|^[A-Z]+-")
_ROMAN = {"1": "I", "2": "II", "3": "III", "4": "IV", "5": "V", "6": "VI"}


def resolve(question: Question, library: Library) -> Resolution:
    """Find the pages and score rows that answer a question."""
    strong = [m for m in question.mentions if not m.weak]
    asked = [
        m for m in strong if any(c.asks and c.first <= m.first < c.last for c in question.clauses)
    ]
    targets = _resolve_mentions(asked, question, library)
    if not targets or all(t.pages[0].concept.kind in _VAGUE for t in targets):
        # "What does that mean?", "is it cancer?": what it points to stands in the background.
        others = _resolve_mentions(strong, question, library)
        if others and (not targets or _rank(others[0]) < _rank(targets[0])):
            targets = others
    if not targets:
        targets = _resolve_mentions(question.mentions, question, library)
    targets = targets[:_MAX_TARGETS]
    return Resolution(tuple(targets), tuple(_find_rows(question.numbers, targets, library)))


def _rank(target: Target) -> int:
    rank = _RANK.get(target.pages[0].concept.kind, 9)
    assertion = target.mention.assertion
    # What somebody else has, or what once was, is background of the background.
    return (
        rank + 3 * (assertion.experiencer == "other") + 2 * (assertion.temporality == "historical")
    )


def _resolve_mentions(
    asked: Sequence[Mention], question: Question, library: Library
) -> list[Target]:
    """Targets for mentions, the likeliest meant first, no page in two of them."""
    bases = [m for m in asked if m.kind not in ("part", "site", "descriptor")]
    patterns = [m for m in asked if m.kind == "part"]
    sites = _find_sites(asked, library)
    targets = []
    for base in bases:
        shared, apart = _split_coordinated(base, [*patterns, *sites], question.tokens)
        for mention in apart:
            if target := _compose_coordinated(base, mention, library):
                targets.append(target)
        near = [m for m in sites if m not in apart] or _find_sites(question.mentions, library)
        shapes = [m for m in shared if m.kind == "part"] or _find_shapes(base, bases, library)
        targets.append(_compose(base, near, shapes, library))
    if not targets:
        targets = [
            Target((library.get_page(m.concept),), None, m) for m in asked if m.kind == "site"
        ]
        targets += [
            Target((library.get_page(m.concept),), None, m) for m in asked if m.kind == "descriptor"
        ]
        targets += [t for m in patterns if (t := _find_pattern_page(m, library))]
    return _keep_distinct(targets, "difference" in question.types, library)


def _find_shapes(base: Mention, bases: Sequence[Mention], library: Library) -> list[Mention]:
    """Other findings beside a bare head that tell its shape: "a nodule with calcification" is nodular."""
    own = library.find_concept(base.concept)
    if own is None or own.pattern or own.head or own.kind != "finding":
        return []
    others = [(m, library.find_concept(m.concept)) for m in bases if m is not base]
    return [
        m._replace(concept=c.pattern, kind="part")
        for m, c in others
        if c and c.pattern and c.head != own.id
    ]


def _find_sites(mentions: Sequence[Mention], library: Library) -> list[Mention]:
    """Body parts that are named, else those that a scan named there is made of (mammogram: breast)."""
    named = [m for m in mentions if m.kind == "site"]
    if named:
        return named
    scans = [(m, library.find_concept(m.concept)) for m in mentions if m.kind == "modality"]
    return [m._replace(concept=c.site, kind="site") for m, c in scans if c and c.site]


def _keep_distinct(targets: Sequence[Target], compared: bool, library: Library) -> list[Target]:
    """The best targets, no page twice; of a thing and a kind of it, the kind, unless they are compared."""
    ranked = sorted(targets, key=_rank)
    kept: list[Target] = []
    for target in ranked:
        ids = {page.concept.id for page in target.pages}
        # A thing named beside what is asked about is not asked about itself if it ranks lower.
        if _rank(target) <= _rank(ranked[0]) + 1 and not any(
            ids & {p.concept.id for p in t.pages} for t in kept
        ):
            kept.append(target)
    if compared:
        return kept
    # What is known whole makes what is known in part beside it mere noise.
    if any(t.missing is None and t.pages[0].concept.kind != "score" for t in kept):
        kept = [t for t in kept if t.missing is None]
    above = {a for t in kept for a in library.find_ancestors(t.pages[0].concept.id)[1:]}
    heads = {t.pages[0].concept.head for t in kept}
    narrow = [t for t in kept if t.pages[0].concept.id not in above | heads]
    return narrow or kept


def _split_coordinated(
    base: Mention, parts: Sequence[Mention], tokens: Sequence[Token]
) -> tuple[list[Mention], list[Mention]]:
    """Parts that belong to the base, and parts set beside it ("dystrophic and metastatic ...")."""
    shared: list[Mention] = []
    apart: list[Mention] = []
    for part in parts:
        follows = tokens[part.last].key if part.last < len(tokens) else ""
        beside = part.last <= base.first <= part.last + 4 and follows in _AND
        (apart if beside else shared).append(part)
    return shared, apart


def _compose_coordinated(base: Mention, part: Mention, library: Library) -> Target | None:
    concept = library.find_concept(base.concept)
    if concept is None:
        return None
    pattern, site = (
        (part.concept, concept.site) if part.kind == "part" else (concept.pattern, part.concept)
    )
    found = _find_best(
        library, [concept.head or concept.id, concept.id], [pattern], [site] if site else []
    )
    return Target((library.get_page(found[0][1]),), None, part) if found else None


def _find_pattern_page(mention: Mention, library: Library) -> Target | None:
    page = library.find_pattern(mention.concept)
    return Target((library.get_page(page),), None, mention) if page else None


def _find_best(
    library: Library, heads: Sequence[str], patterns: Sequence[str | None], sites: Sequence[str]
) -> list[tuple[int, str]]:
    """Concepts made of these parts, the most specific first: (score, id)."""
    found: dict[str, tuple[int, int, int]] = {}
    for order, head in enumerate(heads):
        for place, exact in enumerate([*sites, None]):
            for site in library.find_ancestors(exact) if exact else [None]:
                for pattern in [*[p for p in patterns if p], None]:
                    if (site or pattern) and (
                        concept := library.find_combination(head, pattern, site)
                    ):
                        score = (2 + (site == exact) if site else 0) + (2 if pattern else 0)
                        found[concept] = max((score, -order, -place), found.get(concept, (0, 0, 0)))
    return [
        (score, i)
        for i, (score, _, _) in sorted(found.items(), key=lambda item: item[1], reverse=True)
    ]


def _compose(
    base: Mention, sites: Sequence[Mention], patterns: Sequence[Mention], library: Library
) -> Target:
    """Put one mention together with the patterns and the site that stand by it."""
    concept = library.get_concept(base.concept)
    own = library.get_page(concept.id)
    if concept.kind not in ("finding", "entity", "pattern", "type"):
        # "Calcium in the arteries": a substance that stands for a finding when an organ is named.
        found = (
            _find_best(library, [concept.head], [], [m.concept for m in _nearest(base, sites)])
            if concept.head
            else []
        )
        return Target((library.get_page(found[0][1]) if found else own,), None, base)
    asked_patterns = list(
        dict.fromkeys(
            [*([concept.pattern] if concept.pattern else []), *(m.concept for m in patterns)]
        )
    )
    asked_sites = [m.concept for m in _nearest(base, sites)]
    if concept.site:
        # "Brain calcification in the basal ganglia": a part of the site that the name gives.
        asked_sites = [s for s in asked_sites if concept.site in library.find_ancestors(s)] + [
            concept.site
        ]
    # An illness is itself wherever it sits; a finding is one of its head or of what it is a kind of.
    above = () if concept.kind == "entity" else concept.parents
    heads = [concept.id, *([concept.head] if concept.head else above)]
    known = _find_best(library, heads, asked_patterns, asked_sites)
    own_score = (2 + (concept.site == asked_sites[0]) if concept.site else 0) + (
        2 if concept.pattern else 0
    )
    top = library.get_page(known[0][1]) if known and known[0][0] > own_score else own
    site = asked_sites[0] if asked_sites else None
    site_missing = site is not None and not _covers_site(top, site, library)
    loose = [p for p in asked_patterns if p != top.concept.pattern]
    pattern_missing = top.concept.kind in ("finding", "pattern", "type") and any(
        library.find_pattern(p) not in (None, *heads) or p == concept.pattern for p in loose
    )
    if not site_missing and not pattern_missing:
        return Target((top,), None, base)
    others = [library.get_page(i) for _, i in known if i != top.concept.id]
    others += [own] if own.concept.id != top.concept.id else []
    others += [
        t.pages[0] for m in patterns if pattern_missing and (t := _find_pattern_page(m, library))
    ]
    if site_missing and site and not any(p.concept.site for p in [top, *others]):
        others.append(library.get_page(site))
    adds = [p for p in others if p.concept.id != top.concept.id and _adds(p, top)]
    pages, covered = _order_by_site([top, *adds[:1]], site, library)
    missing = None if covered else _describe(concept, asked_patterns, site, library)
    return Target(pages, missing, base)


def _order_by_site(
    pages: Sequence[Page], site: str | None, library: Library
) -> tuple[tuple[Page, ...], bool]:
    """The page that speaks of the asked body part first; of general pages, only what may hold there.

    Also whether a page on the pattern says so much of this organ that nothing is missing.
    """
    if site is None:
        return tuple(pages), False
    ranked = []
    most = 0
    for place, page in enumerate(pages):
        if page.concept.kind == "site":
            rank = 3
        elif page.concept.site:
            rank = 1
        else:
            page, speaks = library.focus_page(page, site)
            most = max(most, speaks if page.concept.pattern else 0)
            # A page on the pattern that speaks of this very organ says more than one on the organ.
            rank = 0 if speaks else 2
        ranked.append((rank, place, page))
    ordered = [page for *_, page in sorted(ranked, key=lambda item: item[:2])]
    return tuple(ordered), most >= _ENOUGH


def _adds(page: Page, top: Page) -> bool:
    """Whether a page brings a part that the top page lacks."""
    concept = page.concept
    new_site = concept.kind == "site" or (concept.site and concept.site != top.concept.site)
    return bool(new_site or (concept.pattern and concept.pattern != top.concept.pattern))


def _covers_site(page: Page, site: str, library: Library) -> bool:
    """Whether a page speaks of a site: it is of it, of what lies around it or of a part of it."""
    own = page.concept.site
    if own:
        return own in library.find_ancestors(site) or site in library.find_ancestors(own)
    # A named illness has a place of its own; only loose heads ask for a site.
    return page.concept.kind == "entity" or (
        page.concept.head is None and not library.is_head(page.concept.id)
    )


def _nearest(base: Mention, sites: Sequence[Mention]) -> list[Mention]:
    """The two sites that stand nearest to the mention."""
    return sorted(sites, key=lambda s: min(abs(s.first - base.last), abs(base.first - s.last)))[:2]


def find_narrower(target: Target, question: Question, library: Library) -> list[str]:
    """Ids of pages on parts of the asked body part: "calcification of the heart" -> its valves, arteries."""
    heads = [target.pages[0].concept.head or target.pages[0].concept.id]
    found: list[str] = []
    for mention in _find_sites(question.mentions, library):
        parts = library.find_children(mention.concept)
        for part in parts:
            found += [i for _, i in _find_best(library, heads, [], [part])[:1]]
            parts += [c for c in library.find_children(part) if c not in parts]
    return list(dict.fromkeys(found))


def _describe(concept: Concept, patterns: Iterable[str], site: str | None, library: Library) -> str:
    extra = " ".join(p for p in patterns if p != concept.pattern)
    text = f"{extra} {concept.name[0].lower() + concept.name[1:]}".strip()
    place = library.find_concept(site) if site and site != concept.site else None
    return f"{text} ({place.name.lower()})" if place else text


def _find_rows(numbers: Sequence[Number], targets: Sequence[Target], library: Library) -> list[Row]:
    rows = []
    for number in numbers:
        if number.concept:
            page = library.get_page(number.concept)
            if page.ranges:
                rows.append(Row(page, number, find_range(page.ranges, number)))
        elif number.unit == "mm":
            scales = [t.pages[0].concept.scale for t in targets]
            for scale in [s for s in scales if s]:
                page = library.get_page(scale)
                found = find_range(page.ranges, number)
                if found:
                    rows.append(Row(page, number, found))
    return rows


def find_range(ranges: Sequence[Range], number: Number) -> Range | None:
    """The row that a number falls in: by its written value first, then by size; None if none."""
    if number.label is not None:
        label = _strip_letters(number.label)
        written = {label, _to_roman(label)}
        for row in ranges:
            if row.value and {_strip_letters(v) for v in (row.value, *row.also)} & written:
                return row
    if number.value is not None:
        bounds = [b for row in ranges for b in (row.low, row.high) if b is not None]
        value = round(number.value, 1)
        if all(b == int(b) for b in bounds) and number.value <= max(bounds, default=0):
            # A scale of whole numbers takes whole numbers: 99.6 is not yet 100. Nothing is above its end.
            value = floor(number.value)
        for row in ranges:
            if row.low is None and row.high is None:
                continue
            if (row.low is None or value >= row.low) and (row.high is None or value <= row.high):
                return row
    return None


def _strip_letters(label: str) -> str:
    """Take off the letters that only name the scale: "TR4" and "LR-4" are both "4"."""
    return _SCALE_LETTERS.sub("", label.upper().replace(" ", ""))


def _to_roman(label: str) -> str:
    return _ROMAN.get(label[:1], label[:1]) + label[1:] if label else label
