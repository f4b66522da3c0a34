"""The walk of a report: read, link, compose, verify."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pellucid.explain.reading import compose_reading
from pellucid.knowledge.library import Library
from pellucid.knowledge.link import Linker
from pellucid.knowledge.places import Places
from pellucid.language.lexicon import English, Lexicon
from pellucid.language.report import ReportReader
from pellucid.values.question import Assertion
from pellucid.values.report import Finding, Reading, Report


class ReportWalk:
    """What reads reports, built once; it keeps no state of a report."""

    def __init__(
        self,
        library: Library,
        lexicon: Lexicon,
        get_english: Callable[[], English],
        texts: Mapping[str, str],
    ) -> None:
        self._reader = ReportReader(lexicon, get_english)
        places = Places(
            lexicon.tissues,
            lexicon.organ_parts,
            lexicon.by_title,
            lexicon.wholes,
            lexicon.definite,
            lexicon.at_sites,
            lexicon.seats,
        )
        self._linker = Linker(library, places)
        self._library = library
        self._texts = texts
        self._urgent = lexicon.urgent

    def find(self, text: str) -> list[Finding]:
        """The findings of a report's text, without explanations."""
        return self._linker.link(text, self._reader.read(text))

    def read(self, report: Report) -> Reading:
        """The whole reading, with explanations, words and sources."""
        mentions = self._reader.read(report.text)
        findings = self._linker.link(report.text, mentions)
        library = self._library
        return compose_reading(
            report,
            mentions,
            findings,
            library.get_page,
            library.get_sources,
            self._texts,
            self._urgent,
        )

    def assert_span(self, text: str, start: int, end: int) -> Assertion | None:
        """The assertion of the words between two offsets; None if no word stands there."""
        return self._reader.assert_span(text, start, end)
