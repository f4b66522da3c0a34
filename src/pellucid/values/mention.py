"""What the language room finds in a report, before concepts are put together."""

from typing import NamedTuple

from pellucid.values.question import Mention
from pellucid.values.report import Measurement, Recommendation, ReportSection


class ReportMention(NamedTuple):
    """A mention with what stands around it in its sentence.

    ``sentence`` numbers the sentences of the report from 0; ``section`` is a position in the list
    of sections.
    """

    mention: Mention
    sentence: int
    section: int
    laterality: str | None = None
    change: str | None = None
    measurements: tuple[Measurement, ...] = ()
    category: str | None = None


class ReportMentions(NamedTuple):
    """Everything that was found in a report, in the order of the text.

    What stands in sections with a key in ``background`` is no finding of the report.
    """

    sections: tuple[ReportSection, ...]
    mentions: tuple[ReportMention, ...]
    recommendations: tuple[Recommendation, ...]
    background: frozenset[str]
