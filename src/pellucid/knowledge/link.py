"""Mentions of a report -> findings: the most specific concept, with its site.

"Calcified granuloma" in a sentence on the right upper lobe is a calcified lung granuloma. The site
that stands by the finding counts first, then the organ of the section's heading.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from pellucid.knowledge.library import Library
from pellucid.values.mention import ReportMention, ReportMentions
from pellucid.values.question import Mention
from pellucid.values.report import Finding, ReportSection

_FINDING_KINDS = frozenset(("finding", "entity", "pattern", "type"))
#: Words between a site and a finding over which the site still belongs to it.
_REACH = 12


class Linker:
    """Puts findings together with one library; keeps what it has once put together."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._composed: dict[tuple[str, str | None, str | None], str] = {}

    def link(self, text: str, read: ReportMentions) -> list[Finding]:
        """Build the findings of a report, in the order of the text."""
        findings: list[Finding] = []
        special: dict[str, set[str]] = {}
        scan = self._find_scan_site(read)
        for _, group in groupby(read.mentions, key=lambda m: m.sentence):
            sentence = _merge_adjectives(list(group), self)
            sites = [m.mention for m in sentence if m.mention.kind == "site"]
            patterns = [m.mention for m in sentence if m.mention.kind == "part"]
            for item in sentence:
                if item.mention.kind in _FINDING_KINDS or (
                    item.mention.kind == "score" and item.category
                ):
                    finding = self._build(
                        text, item, sites, patterns, read.sections[item.section], scan
                    )
                    if finding.concept != item.mention.concept:
                        special.setdefault(item.mention.concept, set()).add(finding.concept)
                    elif len(known := special.get(finding.concept, ())) == 1 and not finding.site:
                        finding = self._name_again(finding, next(iter(known)))
                    findings.append(finding)
        return findings

    def _name_again(self, finding: Finding, concept_id: str) -> Finding:
        """A finding by its fuller name, when a report has one such only: "the nodule", of the lung."""
        concept = self._library.find_concept(concept_id)
        assert concept is not None
        return finding._replace(
            concept=concept.id,
            name=concept.name,
            kind=concept.kind,
            site=concept.site,
            codes=concept.codes,
        )

    def _find_scan_site(self, read: ReportMentions) -> str | None:
        """The body part that the scan is made of (a mammogram: the breast), if its name says so."""
        for item in read.mentions:
            if item.mention.kind == "modality":
                concept = self._library.find_concept(item.mention.concept)
                if concept and concept.site:
                    return concept.site
        return None

    def _build(
        self,
        text: str,
        item: ReportMention,
        sites: Sequence[Mention],
        patterns: Sequence[Mention],
        section: ReportSection,
        scan: str | None,
    ) -> Finding:
        mention = item.mention
        concept = self._library.find_concept(mention.concept)
        assert concept is not None
        near = _find_site(mention, sites) or section.organ or scan
        site = concept.site or near
        pattern = next((p.concept for p in patterns if 0 <= mention.first - p.last <= 2), None)
        composed = self._compose(concept.id, pattern, near)
        final = self._library.find_concept(composed) or concept
        return Finding(
            concept=final.id,
            name=final.name,
            kind=final.kind,
            assertion=mention.assertion,
            site=final.site or site,
            laterality=item.laterality,
            measurements=item.measurements,
            change=item.change,
            category=item.category,
            codes=final.codes,
            start=mention.start,
            end=mention.end,
            text=text[mention.start : mention.end],
            section=section.key,
        )

    def _compose(self, concept_id: str, pattern: str | None, site: str | None) -> str:
        """The concept made of this one with a pattern and a site, or this one."""
        key = (concept_id, pattern, site)
        found = self._composed.get(key)
        if found is None:
            found = self._composed[key] = self._find_composed(*key)
        return found

    def _find_composed(self, concept_id: str, pattern: str | None, site: str | None) -> str:
        library = self._library
        concept = library.find_concept(concept_id)
        if concept is None or concept.kind == "entity" or concept.kind == "score":
            return concept_id
        if concept.site and site and concept.site not in library.find_ancestors(site):
            site = concept.site
        shape = concept.pattern or pattern
        if concept.site and site in (None, concept.site) and shape == concept.pattern:
            return concept_id
        heads = [concept.id, *([concept.head] if concept.head else concept.parents)]
        places = library.find_ancestors(site) if site else []
        for head in heads:
            for place in [*places, None]:
                for wanted in dict.fromkeys([shape, None]):
                    if (place or wanted) and (
                        found := library.find_combination(head, wanted, place)
                    ):
                        better = library.find_concept(found)
                        # Never less than what the name itself says.
                        if (
                            better
                            and (better.pattern or not concept.pattern)
                            and (better.site or not concept.site)
                        ):
                            return found
        return concept_id

    def has_combination(self, head: str, site: str) -> bool:
        """Whether a head and a site make a concept of their own."""
        return self._compose(head, None, site) != head


def _find_site(mention: Mention, sites: Sequence[Mention]) -> str | None:
    """The site that stands nearest to a finding, in words."""
    best, distance = None, _REACH + 1
    for site in sites:
        gap = mention.first - site.last if site.last <= mention.first else site.first - mention.last
        if 0 <= gap < distance:
            best, distance = site.concept, gap
    return best


def _merge_adjectives(sentence: list[ReportMention], linker: Linker) -> list[ReportMention]:
    """Make one mention of a finding and the site that its adjective stands before.

    "Calcified hilar and mediastinal lymph nodes": the calcified thing is the node.
    """
    merged: list[ReportMention] = []
    taken: set[int] = set()
    for place, item in enumerate(sentence):
        if place in taken:
            continue
        mention = item.mention
        if (
            mention.kind == "finding"
            and mention.last - mention.first == 1
            and _is_adjective(mention)
        ):
            run: list[tuple[int, Mention]] = []
            end = mention.last
            for i, other in enumerate(sentence[place + 1 :], place + 1):
                site = other.mention
                if site.kind != "site" or site.first - mention.last > 4:
                    continue
                if run and site.first - end > 2:
                    break
                run.append((i, site))
                end = site.last
            for i, site in reversed(run):
                if linker.has_combination(mention.concept, site.concept):
                    item = item._replace(mention=mention._replace(end=site.end, last=site.last))
                    taken.add(i)
                    break
        merged.append(item)
    return merged


def _is_adjective(mention: Mention) -> bool:
    """A participle that stands for its finding: "calcified"."""
    return mention.text.lower().endswith(("ed", "ic"))
