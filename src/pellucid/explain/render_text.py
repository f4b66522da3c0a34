"""An answer as text for a terminal."""

from __future__ import annotations

from textwrap import wrap

from pellucid.explain.outline import CLOSING, describe_source, number_sources, outline
from pellucid.values.answer import Answer, Notice

_BOLD, _DIM, _RED, _CYAN, _OFF = "\x1b[1m", "\x1b[2m", "\x1b[1;31m", "\x1b[36m", "\x1b[0m"


def render_text(answer: Answer, width: int = 80, colour: bool = False) -> str:
    """Render as wrapped lines of at most ``width`` columns; colours are ANSI escapes."""
    width = max(width, 40)
    lines: list[str] = []

    def paint(text: str, code: str) -> str:
        return f"{code}{text}{_OFF}" if colour else text

    def add(text: str, first: str = "", rest: str = "", code: str = "") -> None:
        for line in wrap(
            text, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
        ):
            lines.append(paint(line, code) if code else line)

    urgent = [n for n in answer.notices if n.kind == "emergency"]
    closing = [n for n in answer.notices if n.kind in CLOSING]
    for notice in urgent:
        add(f"!! {notice.text}", "", "   ", _RED)
        lines.append("")
    names = ", ".join(f.name for f in answer.focus)
    if names:
        add(names, code=_BOLD)
        lines.append("")
    for notice in answer.notices:
        if notice not in urgent and notice not in closing:
            add(f"* {notice.text}", "", "  ", _CYAN)
    if lines and lines[-1]:
        lines.append("")
    numbers = number_sources(answer)
    for heading in outline(answer):
        add(heading.title, code=_BOLD)
        for label, statement in heading.entries:
            marks = "".join(f"[{numbers[key]}]" for key in statement.citations)
            add(f"{label + ': ' if label else ''}{statement.text} {marks}", "  - ", "    ")
        lines.append("")
    if answer.suggestions:
        add("Did you mean: " + "; ".join(answer.suggestions) + "?")
        lines.append("")
    if answer.sources:
        lines.append(paint("Sources", _BOLD))
        for key, source in answer.sources.items():
            number = numbers[key]
            add(f"[{number}] {describe_source(source)}", "  ", "      ", _DIM)
            if source.url:
                lines.append(paint(f"      {source.url}", _DIM))
        lines.append("")
    if answer.related:
        add("Related: " + ", ".join(r.name for r in answer.related))
        lines.append("")
    for notice in closing:
        add(_with_grade(notice, answer), code=_DIM)
    return "\n".join(lines).strip("\n") + "\n"


def _with_grade(notice: Notice, answer: Answer) -> str:
    if answer.reading_grade is None:
        return notice.text
    return f"{notice.text} (Reading grade {max(answer.reading_grade, 1):.0f}.)"
