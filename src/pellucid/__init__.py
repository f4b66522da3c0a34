"""Pellucid: plain, sourced answers about radiology findings, offline.

>>> import pellucid
>>> engine = pellucid.load()
>>> answer = engine.ask("What does nodular calcification mean?")
>>> answer.status
'answered'
"""

from pellucid.app.engine import Engine, load
from pellucid.app.render import render
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
from pellucid.values.concept import Section, Source, Statement

__version__ = "0.1.0"

__all__ = [
    "Answer",
    "Engine",
    "Focus",
    "InputError",
    "MissingExtraError",
    "Notice",
    "PackError",
    "PackInvalidError",
    "PackNotFoundError",
    "PellucidError",
    "Related",
    "ReportFormatError",
    "Section",
    "Source",
    "Statement",
    "UnknownConceptError",
    "load",
    "render",
]
