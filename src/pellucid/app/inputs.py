"""What the user gave -> clean text, or one line that says why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pellucid.errors import InputError
from pellucid.values.report import Report

if TYPE_CHECKING:
    from pellucid.values.report import Report

#: Longest question that is read, in characters.
MAX_QUESTION = 20_000
#: Longest report that is read, in characters.
MAX_REPORT = 2_000_000


def open_report(report: str | bytes) -> Report:
    """Open a report: its text, or the bytes of a file in any of the formats that are read.

    Raises
    ------
    InputError
        With one line that says what to do.
    """
    if isinstance(report, str):
        return Report(clean_report(report), "text")
    from pellucid import reports  # its libraries are many

    return reports.open_report(report)


def clean_report(text: str) -> str:
    """Give a report's text line feeds only, every word in its place; refuse what is no report.

    Raises
    ------
    InputError
        With one line that says what to do.

    """
    if len(text) > MAX_REPORT:
        raise InputError(
            f"the report has {len(text):,} characters; at most {MAX_REPORT:,} are read: split it"
        )
    if "\x00" in text:
        raise InputError("this is binary data, not text; give the file's bytes or its text")
    text = text.replace("\r\n", " \n").replace("\r", "\n")
    if not text.strip():
        raise InputError("the report is empty; try: pellucid read report.txt")
    return text


def clean_question(text: str) -> str:
    """Take out control characters; refuse what is no question.

    Raises
    ------
    InputError
        With one line that says what to do.
    """
    if len(text) > MAX_QUESTION:
        raise InputError(
            f"the question is longer than {MAX_QUESTION:,} characters: send only the part that you ask about"
        )
    if "\x00" in text:
        raise InputError("this is binary data, not text; type a question or send a text file")
    text = "".join([c if c.isprintable() or c in "\n\t" else " " for c in text]).strip()
    if not text:
        raise InputError(
            'the question is empty; try: pellucid ask "What does nodular calcification mean?"'
        )
    return text


def open_bytes(data: bytes) -> Report:
    """Open the bytes of a report's file, whatever its format.

    Raises
    ------
    ReportFormatError, MissingExtraError, InputError
        As :func:`pellucid.reports.open_report` does.
    """
    from pellucid.reports import open_report  # its libraries are many

    return open_report(data)
