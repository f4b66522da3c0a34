"""A reading as terminal text, Markdown, JSON, and a page of HTML that stands by itself."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from json import dumps
from textwrap import wrap
from typing import Any

from pellucid.explain.arrange import CONTROL, Arrangement, arrange_reading
from pellucid.explain.outline import describe_source
from pellucid.explain.render_html import link_source
from pellucid.explain.render_markdown import escape_markdown, link_text
from pellucid.values.concept import Source
from pellucid.values.report import Reading

_NOTHING = "No finding that Pellucid knows stands in this report."
_BOTH = "The report says both that this is there and that it is not:"


def render_reading_text(reading: Reading, width: int = 80) -> str:
    """Render for a terminal."""
    view = arrange_reading(reading)
    lines: list[str] = []

    def add(text: str, first: str = "", rest: str = "") -> None:
        lines.extend(
            wrap(text, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)
        )

    for notice in view.urgent:
        add(f"!! {notice.text}", "", "   ")
        lines.append("")
    if view.summary:
        add(view.summary)
        lines.append("")
    for group in view.groups:
        lines.append(group.title)
        for fact in group.facts:
            add(f"{group.sign} {fact.title}: “{fact.quote}”", "  ", "    ")
            # Of what is not there, its meaning is enough.
            for said in fact.explanation[: 1 if group.key == "absent" else None]:
                add(f"{said.text} {_number(said.numbers)}", "      ", "      ")
        lines.append("")
    if not view.groups:
        lines += [_NOTHING, ""]
    if view.recommendations:
        lines.append("What the report recommends")
        for advice in view.recommendations:
            add(f"“{advice}”", "  - ", "    ")
        lines.append("")
    for name in view.contradictions:
        add(f"! {_BOTH} {name}. Ask about it.")
        lines.append("")
    if view.words:
        lines.append("Words explained")
        for word in view.words:
            said = word.explanation
            add(f"{word.text}: {said.text} {_number(said.numbers)}", "  - ", "    ")
        lines.append("")
    if view.sources:
        lines.append("Sources")
        for number, source in enumerate(view.sources, 1):
            add(f"[{number}] {describe_source(source)}", "  ", "      ")
            if source.url:
                lines.append(f"      {source.url}")
        lines.append("")
    for note in view.skipped:
        add(f"Not read: {note}")
    for notice in (*view.notices, *view.education):
        add(notice.text)
    return "\n".join(lines).strip("\n") + "\n"


def _number(numbers: Iterable[int]) -> str:
    return "".join(f"[{number}]" for number in numbers)


def render_reading_markdown(reading: Reading) -> str:
    """Render as Markdown."""
    view = arrange_reading(reading)
    lines = [f"**{escape_markdown(n.text)}**\n" for n in view.urgent]
    if view.summary:
        lines += [escape_markdown(view.summary), ""]
    for group in view.groups:
        lines += [f"## {group.title}", ""]
        for fact in group.facts:
            title, quote = escape_markdown(fact.title), escape_markdown(fact.quote)
            lines.append(f"- {group.sign} **{title}**: “{quote}”")
            lines += [
                f"  - {escape_markdown(said.text)} {_link(said.numbers, view.sources)}"
                for said in fact.explanation
            ]
        lines.append("")
    if not view.groups:
        lines += [_NOTHING, ""]
    if view.recommendations:
        lines += ["## What the report recommends", ""]
        lines += [f"- “{escape_markdown(advice)}”" for advice in view.recommendations] + [""]
    for name in view.contradictions:
        lines += [f"> {_BOTH} {escape_markdown(name)}. Ask about it.", ""]
    if view.words:
        lines += ["## Words explained", ""]
        for word in view.words:
            said = word.explanation
            cites = _link(said.numbers, view.sources)
            lines.append(
                f"- **{escape_markdown(word.text)}**: {escape_markdown(said.text)} {cites}"
            )
        lines.append("")
    if view.sources:
        lines += ["## Sources", ""]
        lines += [
            f"{number}. {link_text(escape_markdown(describe_source(source)), source.url)}"
            for number, source in enumerate(view.sources, 1)
        ] + [""]
    lines += [f"*Not read: {escape_markdown(note)}*" for note in view.skipped]
    lines += [f"*{escape_markdown(n.text)}*" for n in (*view.notices, *view.education)]
    return "\n".join(lines).strip("\n") + "\n"


def _link(numbers: Iterable[int], sources: tuple[Source, ...]) -> str:
    return "".join(link_text(f"\\[{n}\\]", sources[n - 1].url) for n in numbers)


def build_reading_json(reading: Reading) -> dict[str, Any]:
    """Build the JSON object of a reading; schemas/reading.schema.json describes it."""

    def plain(value: Any) -> Any:
        if hasattr(value, "_asdict"):
            return {k: plain(v) for k, v in value._asdict().items()}
        if isinstance(value, tuple | list):
            return [plain(v) for v in value]
        if isinstance(value, dict):
            return {k: plain(v) for k, v in value.items()}
        return value

    fields: dict[str, Any] = plain(reading)
    return {"version": fields.pop("version"), **fields}


def render_reading_json(reading: Reading, indent: int | None = 2) -> str:
    """Render as JSON text; control characters are escaped, so the text stays whole."""
    text = dumps(build_reading_json(reading), ensure_ascii=False, indent=indent) + "\n"
    return CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


_STYLE = """
:root { color-scheme: light dark; --line: #8886; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 62rem; margin: 1rem auto; padding: 0 1rem; }
main { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 2rem; }
@media (max-width: 48rem) { main { display: block; } }
pre { white-space: pre-wrap; font: inherit; }
mark { background: none; color: inherit; border-bottom: 3px solid; padding-bottom: 1px; }
mark.present { border-bottom-style: solid; font-weight: bold; }
mark.possible { border-bottom-style: dashed; }
mark.absent { border-bottom-style: dotted; }
mark.conditional, mark.historical, mark.other { border-bottom-style: double; }
mark sup a { text-decoration: none; }
li { margin-bottom: .6rem; }
small, .src { font-size: .85em; }
@media print { main { display: block; } a { color: inherit; } }
""".strip()


def render_reading_html(reading: Reading) -> str:
    """Render as a page by itself: the report's own text, each finding marked, its explanation beside it.

    It needs no JavaScript, loads nothing, and prints; a status shows by its sign and line, not by
    colour alone.
    """
    view = arrange_reading(reading)
    # A parser drops the line feed behind <pre>: the report may begin with one of its own.
    out = [
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        "<title>Your report, explained</title>",
        f"<style>{_STYLE}</style></head><body><h1>Your report, explained</h1>",
        *(f'<p role="alert"><strong>{escape(n.text)}</strong></p>' for n in view.urgent),
        "<main>",
        f'<section aria-labelledby="r"><h2 id="r">The report</h2><pre>\n{_mark(view)}</pre></section>',
        '<section aria-labelledby="e"><h2 id="e">What it says</h2>',
    ]
    if view.summary:
        out.append(f"<p>{escape(view.summary)}</p>")
    for group in view.groups:
        out.append(f"<h3>{group.sign} {escape(group.title)}</h3><ul>")
        for fact in group.facts:
            said = " ".join(escape(s.text) + _refer(s.numbers) for s in fact.explanation)
            out.append(
                f'<li id="f{fact.number}"><strong>{escape(fact.title)}</strong>: “{escape(fact.quote)}”<br>{said}</li>'
            )
        out.append("</ul>")
    if not view.groups:
        out.append(f"<p>{_NOTHING}</p>")
    if view.recommendations:
        out.append("<h3>What the report recommends</h3><ul>")
        out += [f"<li>“{escape(advice)}”</li>" for advice in view.recommendations] + ["</ul>"]
    for name in view.contradictions:
        out.append(f"<p><strong>{_BOTH} {escape(name)}.</strong> Ask about it.</p>")
    if view.words:
        out.append("<h3>Words explained</h3><dl>")
        for word in view.words:
            said = f"{escape(word.explanation.text)} {_refer(word.explanation.numbers)}"
            out.append(f"<dt>{escape(word.text)}</dt><dd>{said}</dd>")
        out.append("</dl>")
    out.append("</section></main>")
    if view.sources:
        out.append('<section class="src"><h2>Sources</h2><ol>')
        out += [f'<li id="s{n}">{link_source(s)}</li>' for n, s in enumerate(view.sources, 1)]
        out.append("</ol></section>")
    out += [f"<p><small>Not read: {escape(note)}</small></p>" for note in view.skipped]
    out += [f"<p><small>{escape(n.text)}</small></p>" for n in (*view.notices, *view.education)]
    return "\n".join([*out, "</body></html>"]) + "\n"


def _refer(numbers: Iterable[int]) -> str:
    return "".join(f'<sup><a href="#s{n}" aria-label="Source {n}">[{n}]</a></sup>' for n in numbers)


def _mark(view: Arrangement) -> str:
    """The report's text with each finding marked."""
    return "".join(
        f'<mark class="{span.key}" title="{escape(span.title)}">{escape(span.text)}'
        f'<sup><a href="#f{span.number}" aria-label="{escape(span.title)}">{span.sign}</a></sup></mark>'
        if span.number
        else escape(span.text)
        for span in view.spans
    )
