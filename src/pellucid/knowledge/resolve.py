"""Mentions -> the most specific pages about what was asked.

A name that stands in the text wins. Then parts are put together: the head ("calcification"), its
pattern ("popcorn") and its site ("lung", or the organ that the site lies in). Where the whole
combination has no page, what is known about its parts is given, the site first, and said so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pellucid.knowledge.library import Library
from pellucid.values.concept import Concept, Page, Range
from pellucid.values.question import Mention, Number, Question, Token
from pellucid.values.resolution import Resolution, Row, Target

#: What is asked about, the likeliest first. Sites, patterns and plain words are asked about only
#: when nothing else is.
_RANK = {"entity": 0, "finding": 0, "score": 0, "pattern": 1, "type": 1, "procedure": 2, "normal": 2,
         "phrase": 3, "substance": 3, "modality": 4, "site": 5, "descriptor": 6}
_VAGUE = ("descriptor", "site", "phrase", "modality")
_MAX_TARGETS = 3
#: Words that set two things side by side.
_AND = ("and", "or", "vs", "versus", "from", "with", "to", "v")
#: Findings that mean something else in each organ.
_LOOSE = ("calcification", "nodule", "granuloma", "mass", "cyst", "ossification", "plaque", "stone")
_ROMAN = {"1": "I", "2": "II", "3": "III", "4": "IV", "5": "V", "6": "VI"}


def resolve(question: Question, library: Library) -> Resolution:
    """Find the pages and score rows that answer a question."""
    mentions = question.mentions
    asked = [m for m in mentions if any(c.asks and c.first <= m.first < c.last for c in question.clauses)]
    targets = _resolve_mentions(asked, question, library)
    if not targets or all(t.pages[0].concept.kind in _VAGUE for t in targets):
        # "What does that mean?": what it points to stands in the background.
        others = _resolve_mentions(mentions, question, library)
        if others and (not targets or _rank(others[0]) < _rank(targets[0])):
            targets = others
    targets = targets[:_MAX_TARGETS]
    return Resolution(tuple(targets), tuple(_find_rows(question.numbers, targets, library)))


def _rank(target: Target) -> int:
    return _RANK.get(target.pages[0].concept.kind, 9)


def _resolve_mentions(asked: Sequence[Mention], question: Question, library: Library) -> list[Target]:
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
        targets.append(_compose(base, near, [m for m in shared if m.kind == "part"], library))
    if not targets:
        targets = [Target((library.get_page(m.concept),), None, m) for m in asked if m.kind == "site"]
        targets += [Target((library.get_page(m.concept),), None, m) for m in asked if m.kind == "descriptor"]
        targets += [t for m in patterns if (t := _find_pattern_page(m, library))]
    return _keep_distinct(targets, library)


def _find_sites(mentions: Sequence[Mention], library: Library) -> list[Mention]:
    """Body parts that are named, else those that a scan named there is made of (mammogram: breast)."""
    named = [m for m in mentions if m.kind == "site"]
    if named:
        return named
    scans = [(m, library.find_concept(m.concept)) for m in mentions if m.kind == "modality"]
    return [m._replace(concept=c.site, kind="site") for m, c in scans if c and c.site]


def _keep_distinct(targets: Sequence[Target], library: Library) -> list[Target]:
    ranked = sorted(targets, key=_rank)
    kept: list[Target] = []
    for target in ranked:
        ids = {page.concept.id for page in target.pages}
        # A thing named beside what is asked about is not asked about itself if it ranks lower.
        if _rank(target) <= _rank(ranked[0]) + 1 and not any(ids & {p.concept.id for p in t.pages} for t in kept):
            kept.append(target)
    above = {a for t in kept for a in library.find_ancestors(t.pages[0].concept.id)[1:]}
    heads = {t.pages[0].concept.head for t in kept}
    narrow = [t for t in kept if t.pages[0].concept.id not in above | heads]
    return narrow or kept


def _split_coordinated(base: Mention, parts: Sequence[Mention], tokens: Sequence[Token]) -> tuple[list[Mention], list[Mention]]:
    """Parts that belong to the base, and parts set beside it ("dystrophic and metastatic ...")."""
    shared, apart = [], []
    for part in parts:
        follows = tokens[part.last].key if part.last < len(tokens) else ""
        beside = part.last <= base.first <= part.last + 4 and follows in _AND
        (apart if beside else shared).append(part)
    return shared, apart


def _compose_coordinated(base: Mention, part: Mention, library: Library) -> Target | None:
    concept = library.find_concept(base.concept)
    if concept is None:
        return None
    pattern, site = (part.concept, concept.site) if part.kind == "part" else (concept.pattern, part.concept)
    found = _find_best(library, [concept.head or concept.id, concept.id], [pattern], [site] if site else [])
    return Target((library.get_page(found[0][1]),), None, part) if found else None


def _find_pattern_page(mention: Mention, library: Library) -> Target | None:
    page = library.find_combination("calcification", mention.concept, None)
    return Target((library.get_page(page),), None, mention) if page else None


def _find_best(
    library: Library, heads: Sequence[str], patterns: Sequence[str | None], sites: Sequence[str]
) -> list[tuple[int, str]]:
    """Concepts made of these parts, the most specific first: (score, id)."""
    found: dict[str, int] = {}
    for head in heads:
        for exact in [*sites, None]:
            for site in library.find_ancestors(exact) if exact else [None]:
                for pattern in [*[p for p in patterns if p], None]:
                    if (site or pattern) and (concept := library.find_combination(head, pattern, site)):
                        score = (2 + (site == exact) if site else 0) + (2 if pattern else 0)
                        found[concept] = max(score, found.get(concept, 0))
    return sorted(((score, i) for i, score in found.items()), key=lambda item: (-item[0], item[1]))


def _compose(base: Mention, sites: Sequence[Mention], patterns: Sequence[Mention], library: Library) -> Target:
    """Put one mention together with the patterns and the site that stand by it."""
    concept = library.find_concept(base.concept)
    assert concept is not None
    own = library.get_page(concept.id)
    if concept.kind not in ("finding", "entity", "pattern", "type"):
        return Target((own,), None, base)
    asked_patterns = list(dict.fromkeys([*([concept.pattern] if concept.pattern else []), *(m.concept for m in patterns)]))
    asked_sites = [concept.site] if concept.site else [m.concept for m in _nearest(base, sites)]
    heads = [concept.id, *([concept.head] if concept.head else [])]
    known = _find_best(library, heads, asked_patterns, asked_sites)
    own_score = (3 if concept.site else 0) + (2 if concept.pattern else 0) + 1
    top = library.get_page(known[0][1]) if known and known[0][0] > own_score else own
    site = asked_sites[0] if asked_sites else None
    site_missing = site is not None and not _covers_site(top, site, library)
    loose = [p for p in asked_patterns if p != top.concept.pattern]
    pattern_missing = top.concept.kind in ("finding", "pattern", "type") and any(
        library.find_combination("calcification", p, None) not in (None, *heads) or p == concept.pattern for p in loose
    )
    if not site_missing and not pattern_missing:
        return Target((top,), None, base)
    others = [library.get_page(i) for _, i in known if i != top.concept.id]
    others += [own] if own.concept.id != top.concept.id else []
    others += [t.pages[0] for m in patterns if pattern_missing and (t := _find_pattern_page(m, library))]
    if site_missing and site and not any(p.concept.site for p in [top, *others]):
        others.append(library.get_page(site))
    adds = [p for p in others if p.concept.id != top.concept.id and _adds(p, top)]
    missing = _describe(concept, asked_patterns, site, library)
    return Target(_order_by_site([top, *adds[:1]], site, library), missing, base)


def _order_by_site(pages: Sequence[Page], site: str | None, library: Library) -> tuple[Page, ...]:
    """The page that speaks of the asked body part first; of general pages, only what may hold there."""
    if site is None:
        return tuple(pages)
    ranked = []
    for place, page in enumerate(pages):
        own = page.concept.site or (page.concept.id if page.concept.kind == "site" else None)
        page, speaks = (page, True) if own else library.focus_page(page, site)
        ranked.append((not speaks, place, page))
    return tuple([page for _, _, page in sorted(ranked, key=lambda item: item[:2])])


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
    return page.concept.kind == "entity" or (page.concept.head is None and page.concept.id not in _LOOSE)


def _nearest(base: Mention, sites: Sequence[Mention]) -> list[Mention]:
    """The two sites that stand nearest to the mention."""
    return sorted(sites, key=lambda s: min(abs(s.first - base.last), abs(base.first - s.last)))[:2]


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
        written = {number.label.upper(), _to_roman(number.label.upper())}
        written |= {w.lstrip("TRL").lstrip("-") for w in written}
        for row in ranges:
            if row.value and {row.value.upper(), *(a.upper() for a in row.also)} & written:
                return row
    if number.value is not None:
        for row in ranges:
            if row.low is None and row.high is None:
                continue
            if (row.low is None or number.value >= row.low) and (row.high is None or number.value <= row.high):
                return row
    return None


def _to_roman(label: str) -> str:
    return _ROMAN.get(label[:1], label[:1]) + label[1:] if label else label
