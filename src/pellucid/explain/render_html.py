"""An answer as a fragment of HTML, ready to stand in a page."""

from __future__ import annotations

from html import escape

from pellucid.explain.outline import CLOSING, describe_source, number_sources, outline
from pellucid.values.answer import Answer
from pellucid.values.concept import Source


def render_html(answer: Answer, anchor: str = "source") -> str:
    """Render as one ``<article>``; ``anchor`` begins the ids of its sources."""
    numbers = number_sources(answer)
    out = [f'<article class="pellucid" data-status="{answer.status}">']
    for notice in answer.notices:
        if notice.kind == "emergency":
            out.append(
                f'<p class="notice emergency" role="alert"><strong>{escape(notice.text)}</strong></p>'
            )
    if answer.focus:
        out.append(f"<h2>{escape(', '.join(f.name for f in answer.focus))}</h2>")
    for notice in answer.notices:
        if notice.kind not in ("emergency", *CLOSING):
            out.append(f'<p class="notice {notice.kind}">{escape(notice.text)}</p>')
    for heading in outline(answer):
        kind = "lead" if heading.lead else "more"
        out.append(
            f'<section class="{kind}" data-section="{escape(heading.key)}"><h3>{escape(heading.title)}</h3><ul>'
        )
        for label, statement in heading.entries:
            marks = "".join(
                f'<sup><a href="#{anchor}-{numbers[k]}" aria-label="Source {numbers[k]}">[{numbers[k]}]</a></sup>'
                for k in statement.citations
            )
            name = f"<b>{escape(label)}:</b> " if label else ""
            out.append(f"<li>{name}{escape(statement.text)} {marks}</li>")
        out.append("</ul></section>")
    if answer.suggestions:
        out.append(f"<p>Did you mean: {escape('; '.join(answer.suggestions))}?</p>")
    if answer.sources:
        out.append("<section><h3>Sources</h3><ol>")
        for key, source in answer.sources.items():
            named = link_source(source)
            out.append(f'<li id="{anchor}-{numbers[key]}">{named}</li>')
        out.append("</ol></section>")
    if answer.related:
        names = ", ".join(escape(r.name) for r in answer.related)
        out.append(f'<p class="related">Related: {names}</p>')
    out += [
        f'<p class="notice {n.kind}"><small>{escape(n.text)}</small></p>'
        for n in answer.notices
        if n.kind in CLOSING
    ]
    out.append("</article>")
    return "\n".join(out) + "\n"


def link_source(source: Source) -> str:
    """A source as a link to where it stands; as plain words where it has no address."""
    named = escape(describe_source(source))
    if not source.url:
        return named
    return f'<a href="{escape(source.url)}" rel="noopener noreferrer">{named}</a>'
