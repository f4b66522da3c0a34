"""Pellucid: plain, sourced answers about radiology findings, offline.

>>> import pellucid
>>> engine = pellucid.load()
>>> answer = engine.ask("What does nodular calcification mean?")
>>> answer.status
'answered'
"""

from pellucid.app.engine import Engine, load
from pellucid.app.render import render, render_reading
from pellucid.app.settings import VERSION as _VERSION
from pellucid.errors import (
    InputError,
    MissingExtraError,
    PackError,
    PackInvalidError,
    PackNotFoundError,
    PellucidError,
    ReportFormatError,
    UnknownConceptError,
)
from pellucid.values.answer import Answer, Focus, Notice, Related
from pellucid.values.concept import Concept, Page, Range, Section, Source, Statement
from pellucid.values.question import Assertion
from pellucid.values.report import (
    Contradiction,
    Finding,
    Measurement,
    Reading,
    Recommendation,
    Report,
    ReportSection,
    Word,
)

__version__ = _VERSION

__all__ = [
    "Answer",
    "Assertion",
    "Concept",
    "Contradiction",
    "Engine",
    "Finding",
    "Focus",
    "InputError",
    "Measurement",
    "MissingExtraError",
    "Notice",
    "PackError",
    "PackInvalidError",
    "PackNotFoundError",
    "Page",
    "PellucidError",
    "Range",
    "Reading",
    "Recommendation",
    "Related",
    "Report",
    "ReportFormatError",
    "ReportSection",
    "Section",
    "Source",
    "Statement",
    "UnknownConceptError",
    "Word",
    "load",
    "render",
    "render_reading",
]
