"""The compiled packs, opened: concepts, pages, sources, search."""

from __future__ import annotations

import marshal
from collections.abc import Iterable, Iterator
from typing import Any

from pellucid.errors import UnknownConceptError
from pellucid.knowledge.artefact import Artefact
from pellucid.knowledge.grade import TextCounts, get_grade
from pellucid.values.concept import Concept, Page, Range, Section, Source, Statement


class Library:
    """Read access to the content of an artefact."""

    def __init__(self, artefact: Artefact) -> None:
        self._artefact = artefact
        index = artefact.get("index")
        self._concepts: dict[str, tuple[Any, int, int]] = index["concepts"]
        self._combinations: dict[str, str] = index["combinations"]
        self._children: dict[str, list[str]] = index["children"]
        self._sources: dict[str, tuple[int, int]] = index["sources"]
        self._source_bytes = b""
        self._pages = artefact.get_bytes("pages")
        # Facts of the statements read so far, by their text.
        self._counts: dict[str, TextCounts] = {}
        self._sites: dict[str, tuple[str, ...]] = {}

    def __len__(self) -> int:
        return len(self._concepts)

    def __iter__(self) -> Iterator[str]:
        return iter(self._concepts)

    def find_concept(self, concept_id: str) -> Concept | None:
        """The concept with this id, or None."""
        entry = self._concepts.get(concept_id)
        return Concept._make(entry[0]) if entry else None

    def get_page(self, concept_id: str) -> Page:
        """The whole page of a concept.

        Raises
        ------
        UnknownConceptError
            If there is no such concept.
        """
        entry = self._concepts.get(concept_id)
        if entry is None:
            raise UnknownConceptError(f"there is no concept '{concept_id}'; try: pellucid search {concept_id}")
        fields, offset, length = entry
        sections, rows = marshal.loads(self._pages[offset : offset + length])
        built = []
        for key, title, statements in sections:
            built.append(Section(key, title, tuple([Statement(t, c, concept_id) for t, c, _, _ in statements])))
            for text, _, counts, sites in statements:
                self._counts[text] = counts
                self._sites[text] = sites
        return Page(Concept._make(fields), tuple(built), tuple([Range._make(row) for row in rows]))

    def focus_page(self, page: Page, site: str) -> tuple[Page, bool]:
        """Keep of a page what holds for a body part; and whether it speaks of that part.

        Statements that name other body parts only are left out: the organ decides.
        """
        near = {*self.find_ancestors(site), site}
        speaks = False
        sections = []
        for section in page.sections:
            kept = []
            for statement in section.statements:
                named = self._sites.get(statement.text, ())
                matches = any(n in near or site in self.find_ancestors(n) for n in named)
                speaks |= matches
                if matches or not named:
                    # The statement that opens a section says what it is about: it stays first.
                    kept.append((bool(kept) and not matches, statement))
            kept.sort(key=lambda item: item[0])
            if kept:
                sections.append(section._replace(statements=tuple([s for _, s in kept])))
        return page._replace(sections=tuple(sections)), speaks

    def find_combination(self, head: str, pattern: str | None, site: str | None) -> str | None:
        """Id of the concept that is made of these parts, or None."""
        return self._combinations.get(f"{head}|{pattern or ''}|{site or ''}")

    def find_children(self, concept_id: str) -> list[str]:
        """Ids of the concepts that name this one as a parent."""
        return self._children.get(concept_id, [])

    def find_ancestors(self, concept_id: str) -> list[str]:
        """The concept and all that lies above it, nearest first."""
        found = [concept_id]
        for node in found:
            concept = self.find_concept(node)
            for parent in concept.parents if concept else ():
                if parent not in found:
                    found.append(parent)
        return found

    def get_sources(self, keys: Iterable[str]) -> dict[str, Source]:
        """Sources by key, in the order given."""
        blob = self._source_bytes = self._source_bytes or self._artefact.get_bytes("sources")
        found = {}
        for key in keys:
            offset, length = self._sources[key]
            found[key] = Source._make(marshal.loads(blob[offset : offset + length]))
        return found

    def get_names(self, concept_id: str) -> tuple[tuple[str, str], ...]:
        """(name, role) pairs of a concept."""
        names: tuple[tuple[str, str], ...] = self._artefact.get("names")[concept_id]
        return names

    def search(self, words: Iterable[str], limit: int = 10) -> list[tuple[str, float]]:
        """Concepts for folded words, best first: (id, score)."""
        postings = self._artefact.get("search")
        scores: dict[str, float] = {}
        for word in dict.fromkeys(words):
            for concept_id, weight in postings.get(word, ()):
                scores[concept_id] = scores.get(concept_id, 0.0) + weight
        return sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:limit]

    def find_nearest_names(self, text: str, limit: int = 3) -> list[str]:
        """Preferred names of the concepts whose names look most like a text."""
        from rapidfuzz.fuzz import WRatio  # imported only when a term is unknown
        from rapidfuzz.process import extract
        from rapidfuzz.utils import default_process

        names = [(name, i) for i, pairs in self._artefact.get("names").items() for name, _ in pairs]
        near = extract(text, [name for name, _ in names], scorer=WRatio, processor=default_process, score_cutoff=72, limit=20)
        ids = list(dict.fromkeys(names[place][1] for _, _, place in near))
        return [self._concepts[i][0][1] for i in ids[:limit]]

    def get_reading_grade(self, statements: Iterable[Statement]) -> float | None:
        """Flesch-Kincaid grade of statements taken together; None if there are none."""
        words = sentences = syllables = 0
        for statement in statements:
            counts = self._counts.get(statement.text)
            if counts:
                words, sentences, syllables = words + counts[0], sentences + counts[1], syllables + counts[2]
        return round(get_grade(TextCounts(words, sentences, syllables)), 1) if words else None
