"""An answer in the form that is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pellucid.errors import InputError
from pellucid.values.answer import Answer
from pellucid.values.report import Reading

if TYPE_CHECKING:
    from pellucid.explain.arrange import Arrangement
    from pellucid.explain.outline import Heading

FORMATS = ("text", "markdown", "html", "json")


def render(answer: Answer, form: str = "text", width: int = 80, colour: bool = False) -> str:
    """Render an answer.

    Parameters
    ----------
    answer
        From :meth:`Engine.ask` or :meth:`Engine.show`.
    form
        ``text``, ``markdown``, ``html`` (a fragment) or ``json``; each shows the same content.
    width, colour
        Columns, and whether to use ANSI colours; for ``text`` only.

    Raises
    ------
    InputError
        If there is no such form.
    """
    # Each renderer is imported when asked for: most calls need one.
    if form == "text":
        from pellucid.explain.render_text import render_text

        return render_text(answer, width, colour)
    if form == "markdown":
        from pellucid.explain.render_markdown import render_markdown

        return render_markdown(answer)
    if form == "html":
        from pellucid.explain.render_html import render_html

        return render_html(answer)
    if form == "json":
        from pellucid.explain.render_json import render_json

        return render_json(answer)
    raise InputError(f"unknown format '{form}'; known: {', '.join(FORMATS)}")


def outline_answer(answer: Answer) -> list[Heading]:
    """The statements of an answer under their headings, in the order that every form shows."""
    from pellucid.explain.outline import outline

    return outline(answer)


def select_sections(answer: Answer, section: str | None = None, short: bool = False) -> Answer:
    """Keep one section by its key, or only what was asked (``short``); sources follow.

    Raises
    ------
    InputError
        If the answer has no such section.
    """
    sections = answer.sections
    if section is not None:
        sections = tuple(
            s for s in sections if s.key == section or s.key.partition(".")[0] == section
        )
        if answer.sections and not sections:
            there = ", ".join(dict.fromkeys(s.key.partition(".")[0] for s in answer.sections))
            raise InputError(f"this answer has no section '{section}'; it has: {there}")
    elif short:
        sections = sections[: answer.lead]
    used = {key for s in sections for statement in s.statements for key in statement.citations}
    return answer._replace(
        sections=sections,
        lead=min(answer.lead, len(sections)),
        sources={key: source for key, source in answer.sources.items() if key in used},
    )


def to_json(answer: Answer) -> dict[str, Any]:
    """The JSON object of an answer; schemas/answer.schema.json describes it."""
    from pellucid.explain.render_json import build_json

    return build_json(answer)


READING_FORMATS = ("text", "markdown", "html", "json", "fhir")


def render_reading(reading: Reading, form: str = "text", width: int = 80) -> str:
    """Render a reading.

    Parameters
    ----------
    reading
        From :meth:`Engine.read`.
    form
        ``text``, ``markdown``, ``html`` (a page by itself), ``json`` or ``fhir`` (an R4 Bundle).
    width
        Columns, for ``text`` only.

    Raises
    ------
    InputError
        If there is no such form.

    """
    if form == "fhir":
        from pellucid.explain.render_fhir import render_reading_fhir

        return render_reading_fhir(reading)
    from pellucid.explain import render_reading as forms

    if form == "text":
        return forms.render_reading_text(reading, width)
    if form == "markdown":
        return forms.render_reading_markdown(reading)
    if form == "html":
        return forms.render_reading_html(reading)
    if form == "json":
        return forms.render_reading_json(reading)
    raise InputError(f"unknown format '{form}'; known: {', '.join(READING_FORMATS)}")


def arrange_reading(reading: Reading) -> Arrangement:
    """A reading in the order that every form shows it in: facts by status, the text marked."""
    from pellucid.explain.arrange import arrange_reading as arrange

    return arrange(reading)
