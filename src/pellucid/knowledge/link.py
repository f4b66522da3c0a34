"""Mentions of a report -> findings: the most specific concept, with its site.

"Calcified granuloma" in a sentence on the right upper lobe is a calcified lung granuloma. The site
that stands by the finding counts first, then the organ of the section's heading.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pellucid.knowledge.library import Library
from pellucid.knowledge.places import Called, Composed, Places, Seats
from pellucid.values.mention import LOOSE, ReportMention, ReportMentions
from pellucid.values.question import Mention
from pellucid.values.report import Finding, Measurement, ReportSection

_FINDING_KINDS = frozenset(("finding", "entity", "pattern", "type"))
_ITEM = re.compile(r"[ \t]*(?:[-*•]|[A-Za-z#]{0,2}\d{1,2}[:.)])")
_PARAGRAPH = re.compile(r"[.;][ \t]*\n")
#: Words between a site and a finding over which the site still belongs to it.
_REACH = 12
#: The sites of no sentence.
_NOTHING: tuple[tuple[Mention, ...], None] = ((), None)


class Linker:
    """Puts findings together with one library; keeps what it has once put together."""

    def __init__(self, library: Library, places: Places) -> None:
        self._library = library
        self._tissues = places.tissues
        self._organ_parts = places.organ_parts
        self._by_title = places.by_title
        self._definite = places.definite
        self._composed = Composed(library, places.at_sites)
        self._seat_of = Seats(library, places.seats)
        self._called = Called(library, places)

    def link(self, text: str, read: ReportMentions) -> list[Finding]:
        """Build the findings of a report, in the order of the text."""
        findings: list[Finding] = []
        special: dict[str, set[str]] = {}
        scan = self._find_scan_site(read)
        spoken: tuple[Sequence[Mention], str | None] = _NOTHING
        under = -1
        for start, place, mentions in read.sentences:
            section = read.sections[place]
            if place != under:
                spoken, under = _NOTHING, place
            sentence, sites = mentions, [m.mention for m in mentions if m.mention.kind == "site"]
            if sites:
                sentence = _merge_adjectives(mentions, self)
                parts = self._organ_parts
                sites = [m.mention for m in sentence if m.mention.kind == "site"]
                sites = [s for s in sites if (s.concept, section.organ) not in parts]
            patterns = [m.mention for m in sentence if m.mention.kind == "part"]
            earlier: str | None = None
            for item in sentence:
                if item.mention.kind in _FINDING_KINDS or (
                    item.mention.kind == "score" and item.category
                ):
                    if item.mention.concept[0] == LOOSE:
                        own = [s for s in sites if _lies_in(s, item.mention)]
                        outer = [s for s in sites if s not in own] if own else sites
                        around: list[str | None] = [*_list_near(item.mention, outer)] or [
                            earlier,
                            *self._list_sites(sentence),
                            section.organ,
                            *[site.concept for site in spoken[0]],
                            spoken[1],
                            scan,
                            self._find_title_site(read),
                        ]
                        around[:0] = [site.concept for site in own]
                        named = self._called[item.mention.concept, tuple(around)]
                        if not named or text.startswith(":", start + item.mention.end):
                            continue
                        item = item._replace(mention=item.mention._replace(concept=named))
                    finding = self._build(
                        text, start, item, sites, patterns, section, earlier, scan
                    )
                    if finding.concept != item.mention.concept:
                        special.setdefault(item.mention.concept, set()).add(finding.concept)
                    elif len(known := special.get(finding.concept, ())) == 1 and (
                        not finding.site
                        or text[start : finding.start].lower().endswith(self._definite)
                    ):
                        finding = self._name_again(finding, next(iter(known)))
                    elif finding.concept in self._by_title and not finding.site:
                        meant, _ = self._composed[
                            finding.concept, None, self._find_title_site(read)
                        ]
                        finding = self._name_again(finding, meant.id)
                    findings.append(finding)
                    earlier = self._seat_of[finding.concept] or earlier
            if sites or earlier:
                spoken = (sites, earlier)
        return findings

    def _list_sites(self, sentence: Sequence[ReportMention]) -> list[str]:
        """Where the findings of a sentence are by their names."""
        found = (m.mention for m in sentence if m.mention.kind in _FINDING_KINDS)
        return [s for m in found if m.concept[0] != LOOSE and (s := self._seat_of[m.concept])]

    def _name_again(self, finding: Finding, concept_id: str) -> Finding:
        """A finding by its fuller name, when a report has one such only: "the nodule", of the lung."""
        concept = self._library.get_concept(concept_id)
        return finding._replace(
            concept=concept.id,
            name=concept.name,
            kind=concept.kind,
            site=concept.site,
            codes=concept.codes,
        )

    def _find_scan_site(self, read: ReportMentions) -> str | None:
        """The body part that the scan is made of (a mammogram: the breast), if its name says so."""
        for sentence in read.sentences:
            for item in sentence.mentions:
                if item.mention.kind == "modality":
                    concept = self._library.find_concept(item.mention.concept)
                    if concept and concept.site:
                        return concept.site
        return None

    def _find_title_site(self, read: ReportMentions) -> str | None:
        """The one body part that stands beside the scan's name: "MRI of the knee"; in a line above all "CT CHEST"."""
        first = read.sections[0] if read.sections else None
        if first and first.organ and first.end - first.start <= 1:
            return first.organ
        for sentence in read.sentences:
            kinds = {item.mention.kind for item in sentence.mentions}
            if ("modality" in kinds or not sentence.start) and kinds.isdisjoint(_FINDING_KINDS):
                sites = {i.mention.concept for i in sentence.mentions if i.mention.kind == "site"}
                return sites.pop() if len(sites) == 1 else None
        return None

    def _build(
        self,
        text: str,
        offset: int,
        item: ReportMention,
        sites: Sequence[Mention],
        patterns: Sequence[Mention],
        section: ReportSection,
        earlier: str | None,
        scan: str | None,
    ) -> Finding:
        """The finding of a mention; ``earlier`` is where the one before it is, ``scan`` what was scanned."""
        mention, laterality, change, sizes, category, sided = item
        pattern = None
        if patterns:
            pattern = next((p.concept for p in patterns if 0 <= mention.first - p.last <= 2), None)
        near = _list_near(mention, sites) if sites else []
        tissues = self._tissues
        organ = None if section.organ in tissues else section.organ
        if earlier and (organ is None or self._lies_in(earlier, organ)):
            organ = (
                None if earlier in tissues else earlier
            )  # "liver lesions, likely cysts", under ABDOMEN
        place = organ or scan
        if near:
            place = next((site for site in near if site not in tissues), place) or near[0]
        concept, site = self._composed[mention.concept, pattern, place]
        if (
            section.side
            and not (laterality or sided)
            and mention.assertion.experiencer == "patient"
            and (
                section.organ is None
                or self._lies_in(site, section.organ)
                or self._lies_in(section.organ, site)
            )
            and _is_under(section, text, offset)
        ):
            laterality = section.side
        start, end = offset + mention.start, offset + mention.end
        return Finding(
            concept.id,
            concept.name,
            concept.kind,
            mention.assertion,
            site,
            laterality,
            _move(sizes, offset) if sizes else sizes,
            change,
            category,
            concept.codes,
            start,
            end,
            text[start:end],
            section.key,
        )

    def _lies_in(self, site: str | None, organ: str | None) -> bool:
        return site is None or organ in self._library.find_ancestors(site)

    def has_combination(self, head: str, site: str) -> bool:
        """Whether a head and a site make a concept of their own."""
        return self._composed[head, None, site][0].id != head


def _lies_in(inner: Mention, outer: Mention) -> bool:
    return outer.first <= inner.first and inner.last <= outer.last


def _is_under(section: ReportSection, text: str, start: int) -> bool:
    """Whether a heading is above a sentence still: one in a list ("- Left ovary:") holds for its line.

    One that has a text beside it holds up to the line that ends with a sentence, and for the items of a list.
    """
    line, newline, _ = text[section.start : start].partition("\n")
    if not newline:
        return True
    title = text.rfind(section.title, 0, section.start)
    if text[max(0, title - 4) : title].rstrip()[-1:] in ("-", "*", "•"):
        return False
    if line.strip() and _PARAGRAPH.search(text, section.start, start):
        return _ITEM.match(text, text.rfind("\n", 0, start) + 1) is not None
    return True


def _move(sizes: tuple[Measurement, ...], offset: int) -> tuple[Measurement, ...]:
    return tuple([s._replace(start=s.start + offset, end=s.end + offset) for s in sizes])


def _list_near(mention: Mention, sites: Sequence[Mention]) -> list[str]:
    """The sites that stand by a finding, the nearest in words first; of two that share a last word the one that is
    written whole ("celiac and superior mesenteric arteries").
    """
    gaps = [(max(mention.first - s.last, s.first - mention.last), s) for s in sites]
    near = [(gap, site) for gap, site in gaps if 0 <= gap <= _REACH]
    whole = {site.last: site.first for _, site in near}
    near.sort(key=lambda pair: (pair[0], pair[1].first != whole[pair[1].last]))
    return [site.concept for _, site in near]


def _merge_adjectives(
    sentence: Sequence[ReportMention], linker: Linker
) -> tuple[ReportMention, ...]:
    """Make one mention of a finding and the site that its adjective stands before.

    "Calcified hilar and mediastinal lymph nodes": the calcified thing is the node.
    """
    merged: list[ReportMention] = []
    taken: set[int] = set()
    for place, item in enumerate(sentence):
        if place in taken:
            continue
        mention = item.mention
        if _is_adjective(mention):
            for i, site in reversed(_list_run(mention, sentence, place + 1)):
                if linker.has_combination(mention.concept, site.concept):
                    item = item._replace(mention=mention._replace(end=site.end, last=site.last))
                    taken.add(i)
                    break
        merged.append(item)
    return tuple(merged)


def _list_run(
    mention: Mention, sentence: Sequence[ReportMention], start: int
) -> list[tuple[int, Mention]]:
    """The sites behind an adjective, one close behind the other, each with its place in the sentence."""
    run: list[tuple[int, Mention]] = []
    for i, other in enumerate(sentence[start:], start):
        site = other.mention
        if site.kind == "site" and site.first - mention.last <= 4:
            if run and site.first - run[-1][1].last > 2:
                break
            run.append((i, site))
    return run


def _is_adjective(mention: Mention) -> bool:
    """A participle that stands for its finding: "calcified"."""
    one_word = mention.kind == "finding" and mention.last - mention.first == 1
    return one_word and mention.text.lower().endswith(("ed", "ic"))
