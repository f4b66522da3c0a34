"""A report's text -> its sections: headings at the start of a line, or run on in capitals."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from pellucid.language.tokens import WordKey, get_phrase_key
from pellucid.values.report import ReportSection

# A heading is up to six words at the start of a line or sentence, then a colon; or a line of capitals.
_TITLE = re.compile(
    r"(?:^|[.!?:][ \t])[ \t]*[-*#_•]*[ \t]*(?P<title>[A-Za-z][A-Za-z/&,() -]{0,58}?)[*_]*[ \t]*\Z",
    re.MULTILINE,
)
_SHOUTED = re.compile(r"(?:^|[.!?][ \t]+)[ \t]*(?P<title>[A-Z]+)\b(?=[ \t]+[A-Z])", re.MULTILINE)
_LINE = re.compile(r"^[ \t]*(?P<title>[A-Z][A-Z/&,() -]{3,58})[ \t]*$", re.MULTILINE)
_SENTENCE = re.compile(r"[a-z]{2}[.](?:\s|$)")
_MAX_TITLE = 72
_MAX_WORDS = 6


class SectionTitles(NamedTuple):
    """Known headings: title key -> section, title key -> the site that it names, and sides ("Left:")."""

    titles: dict[str, str]
    organs: dict[str, str]
    background: frozenset[str]
    sides: dict[str, str]


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
    key, title, start, organ, side = "findings", "", 0, None, None
    found = _find_headings(text)
    if not found and text.isupper():
        found = _find_shouted(text, titles, word_key)
    for begin, end, name in found:
        phrase = get_phrase_key(name, word_key)
        words = phrase.count(" ") + 1
        known = titles.titles.get(phrase) if name else "findings"
        site = None if known else (_find_organ(phrase, titles, sites))
        only = None if known or site else titles.sides.get(phrase)
        if words > _MAX_WORDS or not (known or site or only):
            continue
        if text[start:begin].strip() or title:
            sections.append(ReportSection(key, title, start, begin, organ, side))
        key = known or (key if key not in titles.background else "findings")
        title, start, side = name.strip(), end, only
        organ = organ if only else site  # "Left:" is of the organ whose heading stands above
    if text[start:].strip() or title:
        sections.append(ReportSection(key, title, start, len(text), organ, side))
    if (
        len(sections) > 1
        and not sections[0].title
        and any(s.key == "findings" for s in sections[1:])
        and not _SENTENCE.search(text, 0, sections[0].end)
    ):
        # What stands before the headings, and is no sentence, names the examination.
        sections[0] = sections[0]._replace(key="technique")
    return sections


def _find_headings(text: str) -> list[tuple[int, int, str]]:
    """What may be a heading: where its title begins, where what follows it begins, the title."""
    found = [(m.start("title"), m.end(), m["title"]) for m in _LINE.finditer(text)]
    colon = text.find(":")
    while colon >= 0:
        behind = colon + 1
        if (behind == len(text) or text[behind].isspace()) and (
            match := _TITLE.search(text, max(0, colon - _MAX_TITLE), colon)
        ):
            found.append((match.start("title"), behind, match["title"]))
        colon = text.find(":", behind)
    return sorted(found)


def _find_shouted(
    text: str, titles: SectionTitles, word_key: WordKey
) -> list[tuple[int, int, str]]:
    """Headings of a text in capitals without colons: sentences that begin with a title.

    Such a heading of what is no finding holds for its own sentence; what follows has none.
    """
    found: list[tuple[int, int, str]] = []
    for match in _SHOUTED.finditer(text):
        key = titles.titles.get(get_phrase_key(match["title"], word_key))
        if key:
            found.append((match.start("title"), match.end("title"), match["title"]))
            end = text.find(". ", match.end())
            if key in titles.background and end >= 0:
                found.append((end + 2, end + 2, ""))
    return found if sum(bool(name) for _, _, name in found) > 1 else []


def _find_organ(phrase: str, titles: SectionTitles, sites: dict[str, str]) -> str | None:
    """The site that a heading names, with or without a word before it ("left ovary")."""
    for name in (phrase, phrase.partition(" ")[2]):
        if site := titles.organs.get(name) or sites.get(name):
            return site
    return None
