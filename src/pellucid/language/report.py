"""A report's text -> its sections and sentences, with what each sentence says."""

from __future__ import annotations

from collections.abc import Callable

from pellucid.language.lexicon import English, Lexicon
from pellucid.language.sections import SectionTitles, split_sections
from pellucid.language.sentence import NO_TOPIC, SentenceReader, SentenceReading, Topic
from pellucid.language.sentences import SentenceSplitter
from pellucid.language.tokens import make_word_key
from pellucid.values.mention import ReportMentions, ReportSentence
from pellucid.values.question import Assertion
from pellucid.values.report import Recommendation

_MAX_KNOWN = 20_000


class ReportReader:
    """Finds what reports say, with one lexicon.

    Reports repeat themselves ("No pleural effusion."): what a sentence says is known again by the
    sentence's hash. Of its text only the names of what it mentions and its sizes are kept, in memory.
    """

    def __init__(self, lexicon: Lexicon, get_english: Callable[[], English]) -> None:
        self._word_key = make_word_key(lexicon.folding)
        self._sentences = SentenceReader(lexicon, self._word_key, get_english)
        sides = {k: v[1] for k, v in lexicon.around[0].items() if v[0] == "laterality"}
        background = frozenset(lexicon.background)
        self._titles = SectionTitles(lexicon.titles, lexicon.organs, background, sides)
        self._splitter = SentenceSplitter(lexicon.abbreviated, lexicon.answers, lexicon.unfinished)
        kinds = lexicon.kinds
        self._sites = {key: i for key, i in lexicon.names[0].items() if kinds[i] == "site"}
        self._known: dict[int, SentenceReading] = {}
        self._topics: dict[str, Topic] = {}

    def read(self, text: str) -> ReportMentions:
        """Read one report; any text is accepted, at a cost linear in its length."""
        sections = split_sections(text, self._titles, self._sites, self._word_key)
        background = self._titles.background
        sentences: list[ReportSentence] = []
        recommendations: list[Recommendation] = []
        above = ""
        for place, section in enumerate(sections):
            topic = NO_TOPIC
            if section.organ:
                above = f"{above} {section.title}" if section.side else section.title
                topic = self._find_topic(above)
            if topic.side and not section.side:
                sections[place] = section._replace(side=topic.side)
            seed = hash(topic)
            for start, end in self._splitter.split(text, section.start, section.end):
                mentions, advice = self._read_sentence(text[start:end], topic, seed)
                if mentions:
                    sentences.append(ReportSentence(start, place, mentions))
                if advice and section.key not in background:
                    recommendations.append(
                        advice._replace(start=advice.start + start, end=advice.end + start)
                    )
        return ReportMentions(tuple(sections), tuple(sentences), tuple(recommendations), background)

    def assert_span(self, text: str, start: int, end: int) -> Assertion | None:
        """The assertion of the words between two offsets; None if no word stands there."""
        spans = [s for s in self._splitter.split(text, 0, len(text)) if s[0] < end and s[1] > start]
        if not spans:
            return None
        first, last = spans[0][0], spans[-1][1]
        return self._sentences.assert_span(text[first:last], start - first, end - first)

    def _read_sentence(self, sentence: str, topic: Topic, seed: int) -> SentenceReading:
        key = hash((sentence, seed))
        found = self._known.get(key)
        if found is None:
            found = self._sentences.read(sentence, topic)
            if found[1] is None:
                if len(self._known) >= _MAX_KNOWN:
                    self._known.clear()
                self._known[key] = found
        return found

    def _find_topic(self, title: str) -> Topic:
        topic = self._topics.get(title)
        if topic is None:
            topic = self._sentences.find_topic(title)
            if len(self._topics) < _MAX_KNOWN:
                self._topics[title] = topic
        return topic
