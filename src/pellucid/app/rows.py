"""One report of a batch: its row, or its error; none may take for ever."""

from __future__ import annotations

import signal
import threading
from functools import cache
from typing import Any, NamedTuple

from pellucid.app.engine import Engine, load
from pellucid.app.inputs import clean_report
from pellucid.app.tables import Row
from pellucid.errors import InputError, PellucidError
from pellucid.values.report import Finding


class Settings(NamedTuple):
    """How a batch is read; ``timeout`` in seconds for each report."""

    packs: tuple[str, ...] = ()
    full: bool = False
    timeout: float = 20.0
    jobs: int = 1


class _TimeUp(BaseException):
    """The time of a report is over; no ``except Exception`` on the way may keep it."""


@cache
def get_engine(packs: tuple[str, ...]) -> Engine:
    """The engine of this process for some packs."""
    return load(*packs)


def read_row(row: Row, settings: Settings) -> dict[str, Any]:
    """The result of one row: its findings, with ``full`` the whole reading too, or its error.

    The time limit needs POSIX and the main thread of a process; elsewhere there is none.
    """
    engine = get_engine(settings.packs)
    limited = hasattr(signal, "setitimer") and (
        threading.current_thread() is threading.main_thread()
    )
    try:
        try:
            if limited:
                signal.signal(signal.SIGALRM, _raise_time_up)
                # Again each second, should something on the way have held the first one up.
                signal.setitimer(signal.ITIMER_REAL, settings.timeout, 1.0)
            return {"id": row.id, **_read(engine, row, settings.full)}
        finally:
            if limited:
                signal.setitimer(signal.ITIMER_REAL, 0)
    except _TimeUp:
        signal.setitimer(signal.ITIMER_REAL, 0)  # the alarm may have gone off in the line above
        message = f"the report takes longer than {settings.timeout:g} seconds to read"
        return make_error(row, "timeout", message)
    except PellucidError as error:
        return make_error(row, error.code, str(error))
    except Exception as error:  # a fault of the program costs its row, not the batch
        return make_error(row, "internal", f"the program failed ({type(error).__name__})")


def _raise_time_up(*_: object) -> None:
    raise _TimeUp


def make_error(row: Row, code: str, message: str) -> dict[str, Any]:
    """The row that says why a report was not read."""
    return {"id": row.id, "error": {"code": code, "message": message}}


def _read(engine: Engine, row: Row, full: bool) -> dict[str, Any]:
    if row.text is None:
        raise InputError(row.problem or "the row has no text")
    if isinstance(row.text, str):
        try:
            row.text.encode()
        except UnicodeEncodeError:
            raise InputError("the text is not valid Unicode: save the table as UTF-8") from None
    if not full:
        report = row.text if isinstance(row.text, bytes) else clean_report(row.text)
        return {"findings": [flatten_finding(f) for f in engine.find(report)]}
    from pellucid.explain.render_reading import build_reading_json

    reading = engine.read(row.text)
    return {
        "findings": [flatten_finding(f) for f in engine.find(reading.report.text)],
        "recommendations": [r._asdict() for r in reading.recommendations],
        "reading": build_reading_json(reading),
    }


def flatten_finding(finding: Finding) -> dict[str, Any]:
    """A finding as one record; sizes are lists of lengths in mm."""
    assertion = finding.assertion
    return {
        "concept": finding.concept,
        "name": finding.name,
        "status": assertion.status,
        "temporality": assertion.temporality,
        "experiencer": assertion.experiencer,
        "site": finding.site,
        "laterality": finding.laterality,
        "measurements": [list(m.dims) for m in finding.measurements],
        "change": finding.change,
        "category": finding.category,
        "codes": {system: list(codes) for system, codes in finding.codes.items()},
        "start": finding.start,
        "end": finding.end,
        "text": finding.text,
        "section": finding.section,
    }
