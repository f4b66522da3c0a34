"""What the language room finds in a report, before concepts are put together."""

from typing import NamedTuple

from pellucid.values.question import Mention
from pellucid.values.report import Measurement, Recommendation, ReportSection

#: What the "concept" of a word begins with that names a finding only with its organ ("~perforation").
LOOSE = "~"


class ReportMention(NamedTuple):
    """A mention with what stands around it; all places count from the start of its sentence.

    ``sided``: the sentence names a side, of this mention or of another.
    """

    mention: Mention
    laterality: str | None = None
    change: str | None = None
    measurements: tuple[Measurement, ...] = ()
    category: str | None = None
    sided: bool = False


class ReportSentence(NamedTuple):
    """A sentence: where it starts in the report, its section's position, and what it mentions."""

    start: int
    section: int
    mentions: tuple[ReportMention, ...]


class ReportMentions(NamedTuple):
    """Everything that was found in a report, in the order of the text.

    What stands in sections with a key in ``background`` is no finding of the report.
    """

    sections: tuple[ReportSection, ...]
    sentences: tuple[ReportSentence, ...]
    recommendations: tuple[Recommendation, ...]
    background: frozenset[str]
