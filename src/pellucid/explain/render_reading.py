"""A reading as terminal text, Markdown, JSON, and a page of HTML that stands by itself."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from html import escape
from json import dumps
from textwrap import wrap
from typing import Any

from pellucid.explain.outline import describe_source, number_sources
from pellucid.explain.render_markdown import escape_markdown, link
from pellucid.values.answer import Notice
from pellucid.values.report import Finding, Reading

#: How each status is called and marked; colour is never the only sign.
_STATUS = {
    "present": ("Found", "●"),
    "possible": ("Possible, not certain", "◐"),
    "absent": ("Looked for and not found", "○"),
    "conditional": ("Named, but not as found", "◇"),
    "historical": ("From the past", "◁"),
    "other": ("In someone else", "△"),
}
# What may stand between a denial and what it denies.
_QUALIFIED = r"(?:(?!and\b|or\b|nor\b)[A-Za-z-]+\s+){1,2}"
_LISTED = r"[^.;:]*"
_NOTHING = "No finding that Pellucid knows stands in this report."
# A terminal obeys control characters, and HTML has none; a report may hold any.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0d-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def get_group(finding: Finding) -> str:
    """The group that a finding is shown in."""
    assertion = finding.assertion
    if assertion.experiencer == "other":
        return "other"
    if assertion.status != "absent" and assertion.temporality == "historical":
        return "historical"
    return assertion.status


def describe_finding(finding: Finding) -> str:
    """One line of the report's own facts: side, size, change, category."""
    sizes = [" x ".join(f"{d:g}" for d in m.dims) + " mm" for m in finding.measurements]
    details = [
        finding.laterality,
        *sizes,
        finding.change,
        finding.category and f"category {_quote(finding.category)}",
    ]
    shown = ", ".join(d for d in details if d)
    return f"{finding.name} ({shown})" if shown else finding.name


def find_present(reading: Reading) -> frozenset[str]:
    """The concepts that a report finds."""
    return frozenset(f.concept for f in reading.findings if get_group(f) == "present")


def quote_finding(text: str, finding: Finding, found: frozenset[str]) -> str:
    """The report's words for a finding; of a denial, all that is denied: "suspicious calcification".

    Where the report also finds such a thing (``found``), the denial is quoted from its beginning: "No suspicious
    masses, calcifications" beside "benign calcifications".
    """
    cue = finding.assertion.cue
    if finding.assertion.status == "absent" and cue:
        denied = re.search(
            rf"\b{re.escape(cue.split()[-1])}\s+({_LISTED if finding.concept in found else _QUALIFIED})$",
            text[max(0, finding.start - 80) : finding.start],
            re.IGNORECASE,
        )
        if denied:
            return _quote(denied[1] + text[finding.start : finding.end])
    return _quote(finding.text)


def _covers(first: Finding, other: Finding) -> bool:
    """Whether a finding says all that another one of the same concept says."""
    return (
        other.laterality in (None, first.laterality)
        and other.change in (None, first.change)
        and other.category in (None, first.category)
        and [m.dims for m in other.measurements] in ([], [m.dims for m in first.measurements])
    )


def get_anchors(reading: Reading) -> dict[tuple[str, str], int]:
    """The number of each fact of a reading, from 1: (group, description) -> number."""
    anchors: dict[tuple[str, str], int] = {}
    shown: dict[tuple[str, str], list[tuple[int, Finding]]] = defaultdict(list)
    count = 0
    for finding in reading.findings:
        group = get_group(finding)
        alike = shown[group, finding.concept]
        number = next((n for n, first in alike if _covers(first, finding)), None)
        if number is None:
            number = count = count + 1
            alike.append((number, finding))
        anchors.setdefault((group, describe_finding(finding)), number)
    return anchors


def _find_notices(reading: Reading, *, urgent: bool) -> list[Notice]:
    return [n for n in reading.notices if (n.kind == "emergency") == urgent]


def group_findings(findings: Iterable[Finding]) -> list[tuple[str, list[Finding]]]:
    """Findings by status, what was found first; the same fact said again is not shown again."""
    groups: dict[str, list[Finding]] = {key: [] for key in _STATUS}
    shown: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        group = get_group(finding)
        alike = shown[group, finding.concept]
        if not any(_covers(first, finding) for first in alike):
            alike.append(finding)
            groups[group].append(finding)
    return [(key, found) for key, found in groups.items() if found]


def render_reading_text(reading: Reading, width: int = 80) -> str:
    """Render for a terminal."""
    numbers = number_sources(reading)
    there = find_present(reading)
    lines: list[str] = []

    def add(text: str, first: str = "", rest: str = "") -> None:
        lines.extend(
            wrap(text, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)
        )

    for notice in _find_notices(reading, urgent=True):
        add(f"!! {notice.text}", "", "   ")
        lines.append("")
    if reading.summary:
        add(reading.summary)
        lines.append("")
    for key, findings in group_findings(reading.findings):
        title, mark = _STATUS[key]
        lines.append(f"{title}")
        for finding in findings:
            add(
                f"{mark} {describe_finding(finding)}: “{quote_finding(reading.report.text, finding, there)}”",
                "  ",
                "    ",
            )
            for statement in finding.explanation[: 1 if key == "absent" else None]:
                cites = "".join(f"[{numbers[k]}]" for k in statement.citations)
                add(f"{statement.text} {cites}", "      ", "      ")
        lines.append("")
    if not reading.findings:
        lines += [_NOTHING, ""]
    if reading.recommendations:
        lines.append("What the report recommends")
        for recommendation in reading.recommendations:
            add(f"“{_quote(recommendation.text)}”", "  - ", "    ")
        lines.append("")
    for contradiction in reading.contradictions:
        add(
            f"! The report says both that this is there and that it is not: {contradiction.name}. Ask about it."
        )
        lines.append("")
    if reading.words:
        lines.append("Words explained")
        for word in reading.words:
            for statement in word.explanation[:1]:
                add(
                    f"{_quote(word.text)}: {statement.text} "
                    + "".join(f"[{numbers[k]}]" for k in statement.citations),
                    "  - ",
                    "    ",
                )
        lines.append("")
    if reading.sources:
        lines.append("Sources")
        for key, source in reading.sources.items():
            add(f"[{numbers[key]}] {describe_source(source)}", "  ", "      ")
            lines.append(f"      {source.url}")
        lines.append("")
    for note in reading.report.skipped:
        add(f"Not read: {_quote(note)}")
    for notice in _find_notices(reading, urgent=False):
        add(notice.text)
    return "\n".join(lines).strip("\n") + "\n"


def render_reading_markdown(reading: Reading) -> str:
    """Render as Markdown."""
    numbers = number_sources(reading)
    there = find_present(reading)
    lines = [f"**{escape_markdown(n.text)}**\n" for n in _find_notices(reading, urgent=True)]
    if reading.summary:
        lines += [escape_markdown(reading.summary), ""]
    for key, findings in group_findings(reading.findings):
        title, mark = _STATUS[key]
        lines += [f"## {title}", ""]
        for finding in findings:
            lines.append(
                f"- {mark} **{escape_markdown(describe_finding(finding))}**: “{escape_markdown(quote_finding(reading.report.text, finding, there))}”"
            )
            lines += [
                f"  - {escape_markdown(s.text)} "
                + "".join(
                    f"[\\[{numbers[k]}\\]]({link(reading.sources[k].url)})" for k in s.citations
                )
                for s in finding.explanation
            ]
        lines.append("")
    if not reading.findings:
        lines += [_NOTHING, ""]
    if reading.recommendations:
        lines += ["## What the report recommends", ""]
        lines += [f"- “{escape_markdown(_quote(r.text))}”" for r in reading.recommendations] + [""]
    for contradiction in reading.contradictions:
        lines += [
            f"> The report says both that this is there and that it is not: {escape_markdown(contradiction.name)}. Ask about it.",
            "",
        ]
    if reading.words:
        lines += ["## Words explained", ""]
        for word in reading.words:
            lines += [
                f"- **{escape_markdown(_quote(word.text))}**: {escape_markdown(s.text)} "
                + "".join(
                    f"[\\[{numbers[k]}\\]]({link(reading.sources[k].url)})" for k in s.citations
                )
                for s in word.explanation[:1]
            ]
        lines.append("")
    if reading.sources:
        lines += ["## Sources", ""]
        lines += [
            f"{numbers[k]}. [{escape_markdown(describe_source(s))}]({link(s.url)})"
            for k, s in reading.sources.items()
        ] + [""]
    lines += [f"*Not read: {escape_markdown(_quote(note))}*" for note in reading.report.skipped]
    lines += [f"*{escape_markdown(n.text)}*" for n in _find_notices(reading, urgent=False)]
    return "\n".join(lines).strip("\n") + "\n"


def build_reading_json(reading: Reading) -> dict[str, Any]:
    """Build the JSON object of a reading; docs/reading.schema.json describes it."""

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
    return _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _quote(text: str) -> str:
    """Words of the report in one line."""
    return _clean(" ".join(text.split()))


def _clean(text: str) -> str:
    """Text with each control character shown as a replacement character."""
    return _CONTROL.sub("\ufffd", text)


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
    numbers = number_sources(reading)
    there = find_present(reading)
    # A parser drops the line feed behind <pre>: the report may begin with one of its own.
    out = [
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        "<title>Your report, explained</title>",
        f"<style>{_STYLE}</style></head><body><h1>Your report, explained</h1>",
        *(
            f'<p role="alert"><strong>{escape(n.text)}</strong></p>'
            for n in _find_notices(reading, urgent=True)
        ),
        "<main>",
        f'<section aria-labelledby="r"><h2 id="r">The report</h2><pre>\n{_mark(reading)}</pre></section>',
        '<section aria-labelledby="e"><h2 id="e">What it says</h2>',
    ]
    if reading.summary:
        out.append(f"<p>{escape(reading.summary)}</p>")
    anchors = get_anchors(reading)
    for key, findings in group_findings(reading.findings):
        title, mark = _STATUS[key]
        out.append(f"<h3>{mark} {escape(title)}</h3><ul>")
        for finding in findings:
            said = " ".join(
                escape(s.text)
                + "".join(
                    f'<sup><a href="#s{numbers[k]}" aria-label="Source {numbers[k]}">[{numbers[k]}]</a></sup>'
                    for k in s.citations
                )
                for s in finding.explanation
            )
            quote = quote_finding(reading.report.text, finding, there)
            out.append(
                f'<li id="f{anchors[get_group(finding), describe_finding(finding)]}"><strong>{escape(describe_finding(finding))}</strong>: “{escape(quote)}”<br>{said}</li>'
            )
        out.append("</ul>")
    if not reading.findings:
        out.append(f"<p>{_NOTHING}</p>")
    if reading.recommendations:
        out.append("<h3>What the report recommends</h3><ul>")
        out += [f"<li>“{escape(_quote(r.text))}”</li>" for r in reading.recommendations] + ["</ul>"]
    for contradiction in reading.contradictions:
        out.append(
            f"<p><strong>The report says both that this is there and that it is not: {escape(contradiction.name)}.</strong> Ask about it.</p>"
        )
    if reading.words:
        out.append("<h3>Words explained</h3><dl>")
        for word in reading.words:
            for s in word.explanation[:1]:
                cites = "".join(
                    f'<sup><a href="#s{numbers[k]}">[{numbers[k]}]</a></sup>' for k in s.citations
                )
                out.append(f"<dt>{escape(_quote(word.text))}</dt><dd>{escape(s.text)} {cites}</dd>")
        out.append("</dl>")
    out.append("</section></main>")
    if reading.sources:
        out.append('<section class="src"><h2>Sources</h2><ol>')
        out += [
            f'<li id="s{numbers[k]}"><a href="{escape(s.url)}" rel="noopener noreferrer">{escape(describe_source(s))}</a></li>'
            for k, s in reading.sources.items()
        ]
        out.append("</ol></section>")
    out += [
        f"<p><small>Not read: {escape(_quote(note))}</small></p>" for note in reading.report.skipped
    ]
    out += [f"<p><small>{escape(n.text)}</small></p>" for n in _find_notices(reading, urgent=False)]
    return "\n".join([*out, "</body></html>"]) + "\n"


def _mark(reading: Reading) -> str:
    """The report's text with each finding marked; where findings overlap, the first is marked."""
    text, out, last = _clean(reading.report.text), [], 0
    anchors = get_anchors(reading)
    for finding in sorted(reading.findings, key=lambda f: f.start):
        number = anchors[get_group(finding), describe_finding(finding)]
        if finding.start < last:
            continue
        group = get_group(finding)
        title, sign = _STATUS[group]
        out.append(escape(text[last : finding.start]))
        out.append(
            f'<mark class="{group}" title="{escape(title)}">{escape(text[finding.start : finding.end])}'
            f'<sup><a href="#f{number}" aria-label="{escape(title)}">{sign}</a></sup></mark>'
        )
        last = finding.end
    return "".join([*out, escape(text[last:])])
