"""A report's text -> its sections: headings at the start of a line, or run on in capitals."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from pellucid.language.tokens import WordKey, get_phrase_key
from pellucid.values.report import ReportSection

# A heading is up to six words at the start of a line or sentence, then a colon; or a line of capitals.
_HEADING = re.compile(
    r"(?:^|(?<=[.!?:])[ \t]+|\n)[ \t]*[*#_]*(?P<title>[A-Za-z][A-Za-z/&,() -]{1,58}?)[*_]*[ \t]*:(?=\s|$)"
    r"|^[ \t]*(?P<line>[A-Z][A-Z/&,() -]{3,58})[ \t]*$",
    re.MULTILINE,
)
_MAX_WORDS = 6


class SectionTitles(NamedTuple):
    """Known headings: title key -> section, and title key -> the site that it names."""

    titles: dict[str, str]
    organs: dict[str, str]
    background: frozenset[str]


def build_titles(
    table: dict[str, Any], word_key: WordKey
) -> tuple[dict[str, str], dict[str, str], tuple[str, ...]]:
    """Build the plain form of :class:`SectionTitles` from the pack's ``sections`` table."""
    titles = {
        get_phrase_key(title, word_key): key
        for key, names in (table.get("sections") or {}).items()
        for title in names
    }
    organs = {get_phrase_key(t, word_key): site for t, site in (table.get("organs") or {}).items()}
    return titles, organs, tuple(table.get("not_findings") or ())


def split_sections(
    text: str, titles: SectionTitles, sites: dict[str, str], word_key: WordKey
) -> list[ReportSection]:
    """Split a report; text before the first heading is taken as findings.

    ``sites`` gives the site for a phrase that names one ("LUNGS:").
    """
    sections: list[ReportSection] = []
    key, title, start, organ = "findings", "", 0, None
    for match in _HEADING.finditer(text):
        name = match["title"] or match["line"]
        phrase = get_phrase_key(name, word_key)
        words = phrase.count(" ") + 1
        found = titles.titles.get(phrase)
        site = None if found else (_find_organ(phrase, titles, sites))
        if words > _MAX_WORDS or not (found or site):
            continue
        begin = match.start("title") if match["title"] else match.start("line")
        if text[start:begin].strip() or title:
            sections.append(ReportSection(key, title, start, begin, organ))
        key = found or (key if key not in titles.background else "findings")
        title, start, organ = name.strip(), match.end(), site
    if text[start:].strip() or title:
        sections.append(ReportSection(key, title, start, len(text), organ))
    if (
        len(sections) > 1
        and not sections[0].title
        and any(s.key == "findings" for s in sections[1:])
    ):
        # What stands before the headings names the examination.
        sections[0] = sections[0]._replace(key="technique")
    return sections


def _find_organ(phrase: str, titles: SectionTitles, sites: dict[str, str]) -> str | None:
    """The site that a heading names, with or without a word before it ("left ovary")."""
    for name in (phrase, phrase.partition(" ")[2]):
        if site := titles.organs.get(name) or sites.get(name):
            return site
    return None
