"""The compiled packs, opened: concepts, pages, sources, search."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pellucid.errors import UnknownConceptError
from pellucid.knowledge.artefact import Artefact
from pellucid.knowledge.grade import TextCounts, get_grade
from pellucid.values.concept import Concept, Page, Range, Section, Source, Statement


class Library:
    """Read access to the content of an artefact."""

    def __init__(self, artefact: Artefact) -> None:
        self._artefact = artefact
        index = artefact.get("index")
        self._concepts: dict[str, tuple[int, int]] = index["concepts"]
        self._pages: dict[str, tuple[int, int]] = index["pages"]
        self._combinations: dict[str, str] = index["combinations"]
        self._patterns: dict[str, str] = index["patterns"]
        self._heads: frozenset[str] = index["heads"]
        self._children: dict[str, list[str]] = index["children"]
        self._sources: dict[str, tuple[int, int]] = index["sources"]
        self._read: dict[str, Concept] = {}
        # Facts of the statements read so far, by their text.
        self._counts: dict[str, TextCounts] = {}
        self._sites: dict[str, tuple[str, ...]] = {}

    def __len__(self) -> int:
        return len(self._concepts)

    def __iter__(self) -> Iterator[str]:
        return iter(self._concepts)

    def find_concept(self, concept_id: str) -> Concept | None:
        """The concept with this id, or None."""
        return self.get_concept(concept_id) if concept_id in self._concepts else None

    def get_concept(self, concept_id: str) -> Concept:
        """The concept with this id, which must be one."""
        concept = self._read.get(concept_id)
        if concept is None:
            fields = self._artefact.get_value("concepts", *self._concepts[concept_id])
            concept = self._read[concept_id] = Concept._make(fields)
        return concept

    def get_page(self, concept_id: str) -> Page:
        """The whole page of a concept.

        Raises
        ------
        UnknownConceptError
            If there is no such concept.
        """
        concept = self.find_concept(concept_id)
        if concept is None:
            raise UnknownConceptError(
                f"there is no concept '{concept_id}'; try: pellucid search {concept_id}"
            )
        sections, rows = self._artefact.get_value("pages", *self._pages[concept_id])
        built = []
        for key, title, statements in sections:
            built.append(
                Section(
                    key, title, tuple([Statement(t, c, concept_id) for t, c, _, _ in statements])
                )
            )
            for text, _, counts, sites in statements:
                self._counts[text] = counts
                self._sites[text] = sites
        return Page(concept, tuple(built), tuple([Range._make(row) for row in rows]))

    def focus_page(self, page: Page, site: str) -> tuple[Page, int]:
        """Keep of a page what holds for a body part; and how many statements speak of that part.

        Statements that name other body parts only are left out: the organ decides.
        """
        around = self.find_ancestors(site)
        speaks = 0
        sections = []
        for section in page.sections:
            kept: list[tuple[bool, Statement]] = []
            for statement in section.statements:
                named = self._sites.get(statement.text, ())
                matches = any(site in self.find_ancestors(n) for n in named)
                speaks += matches
                if matches or not named or any(n in around for n in named):
                    # The statement that opens a section says what it is about: it stays first.
                    kept.append((bool(kept) and not matches, statement))
            kept.sort(key=lambda item: item[0])
            if kept:
                sections.append(section._replace(statements=tuple([s for _, s in kept])))
        return page._replace(sections=tuple(sections)), speaks

    def speaks_of(self, pages: Iterable[Page], word: str) -> bool:
        """Whether a word stands in what the pages say."""
        word = word.lower()
        return any(
            word in statement.text.lower()
            for page in pages
            for section in page.sections
            for statement in section.statements
        )

    def find_combination(self, head: str, pattern: str | None, site: str | None) -> str | None:
        """Id of the concept that is made of these parts, or None."""
        return self._combinations.get(f"{head}|{pattern or ''}|{site or ''}")

    def find_pattern(self, pattern: str) -> str | None:
        """Id of the concept that is a pattern's own, in no organ; None if there is none."""
        return self._patterns.get(pattern)

    def is_head(self, concept_id: str) -> bool:
        """Whether other concepts are put together from this one: it means something else in each organ."""
        return concept_id in self._heads

    def find_children(self, concept_id: str) -> list[str]:
        """Ids of the concepts that name this one as a parent."""
        return list(self._children.get(concept_id, ()))

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
        return {
            key: Source._make(self._artefact.get_value("sources", *self._sources[key]))
            for key in keys
        }

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
        from rapidfuzz.fuzz import ratio  # imported only when a term is unknown
        from rapidfuzz.process import extract
        from rapidfuzz.utils import default_process

        names = [(name, i) for i, pairs in self._artefact.get("names").items() for name, _ in pairs]
        near = extract(
            text,
            [name for name, _ in names],
            scorer=ratio,
            processor=default_process,
            score_cutoff=72,
            limit=20,
        )
        ids = list(dict.fromkeys(names[place][1] for _, _, place in near))
        return [c.name for i in ids[:limit] if (c := self.find_concept(i))]

    def get_reading_grade(self, statements: Iterable[Statement]) -> float | None:
        """Flesch-Kincaid grade of statements taken together; None if there are none."""
        words = sentences = syllables = 0
        for statement in statements:
            counts = self._counts.get(statement.text)
            if counts:
                words, sentences, syllables = (
                    words + counts[0],
                    sentences + counts[1],
                    syllables + counts[2],
                )
        return round(get_grade(TextCounts(words, sentences, syllables)), 1) if words else None
