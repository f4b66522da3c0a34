"""An answer as Markdown (CommonMark)."""

from __future__ import annotations

import re

from pellucid.explain.outline import CLOSING, describe_source, number_sources, outline
from pellucid.values.answer import Answer

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~])")


def escape_markdown(text: str) -> str:
    """Make text stand for itself in Markdown."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def render_markdown(answer: Answer) -> str:
    """Render as Markdown; citations are links to the sources."""
    numbers = number_sources(answer)
    lines = []
    for notice in answer.notices:
        if notice.kind == "emergency":
            lines += [f"> **{escape_markdown(notice.text)}**", ""]
    if answer.focus:
        lines += ["# " + escape_markdown(", ".join(f.name for f in answer.focus)), ""]
    for notice in answer.notices:
        if notice.kind not in ("emergency", *CLOSING):
            lines += [f"> {escape_markdown(notice.text)}", ""]
    for heading in outline(answer):
        lines += [f"## {escape_markdown(heading.title)}", ""]
        for label, statement in heading.entries:
            marks = "".join(
                link_text(f"\\[{numbers[key]}\\]", answer.sources[key].url)
                for key in statement.citations
            )
            name = f"**{escape_markdown(label)}:** " if label else ""
            lines.append(f"- {name}{escape_markdown(statement.text)} {marks}")
        lines.append("")
    if answer.suggestions:
        lines += ["Did you mean: " + "; ".join(map(escape_markdown, answer.suggestions)) + "?", ""]
    if answer.sources:
        lines += ["## Sources", ""]
        for key, source in answer.sources.items():
            named = link_text(escape_markdown(describe_source(source)), source.url)
            lines.append(f"{numbers[key]}. {named}")
        lines.append("")
    if answer.related:
        lines += ["Related: " + ", ".join(escape_markdown(r.name) for r in answer.related), ""]
    lines += [f"*{escape_markdown(n.text)}*" for n in answer.notices if n.kind in CLOSING]
    return "\n".join(lines).strip("\n") + "\n"


def link_text(text: str, url: str) -> str:
    """Escaped words as a link; as they are where there is no address."""
    return f"[{text}]({link(url)})" if url else text


def link(url: str) -> str:
    """A link's target, whatever the URL holds."""
    return "<" + url.replace("<", "%3C").replace(">", "%3E") + ">"
