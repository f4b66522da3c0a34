"""FHIR R4 and R5: DiagnosticReport alone or in a Bundle, read tolerantly.

A report may come as a form (a PDF, HTML or text inside), as narrative, as a conclusion and as
observations. The form is the report; the rest adds only what is not in it yet.
"""

import json
from collections.abc import Iterator
from typing import Any

from pellucid.errors import ReportFormatError
from pellucid.reports import fhir_values as values
from pellucid.reports.fhir_values import get_all, get_concept, get_text
from pellucid.reports.html import read_html
from pellucid.reports.limits import MAX_PARTS, MAX_RESULTS
from pellucid.reports.parts import OpenPart, Parts, decode_base64
from pellucid.reports.text import decode_text
from pellucid.values.report import Report

_MAX_DEPTH = 20
# A shorter value may stand in the text by chance: "right", "6 mm".
_MIN_SENTENCE = 25
# The forms of a report say the same; plain words are the safest to read.
_FORMS = (
    "text/plain",
    "text/html",
    "application/xhtml",
    "text/xml",
    "application/xml",
    "application/pdf",
)
_REPORT = "DiagnosticReport"


def read(data: bytes, open_part: OpenPart) -> Report:
    """The report in FHIR JSON."""
    root = json.loads(decode_text(data) or "")
    resources = list(_find_resources(root))
    reports = [r for r in resources if r.get("resourceType") == _REPORT]
    if not reports:
        raise ReportFormatError("this is JSON, but it holds no FHIR DiagnosticReport")
    parts = Parts(open_part)
    if len(reports) > 1:
        parts.skip(f"the file holds {len(reports)} reports: they were read as one text")
    if len(reports) > MAX_PARTS:
        raise ReportFormatError(f"the file holds more than {MAX_PARTS} reports, the limit")
    known = _name_resources(resources)
    texts = [_Reader(known, parts).read(report) for report in reports]
    text = "\n".join(filter(None, texts))
    if not text and parts.error:
        raise parts.error
    modality, body_part = values.get_scan(resources)
    return Report(text, "fhir", modality, body_part, tuple(parts.skipped))


def _find_resources(node: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """The resource, those contained in it and those of a Bundle, in order."""
    if depth > _MAX_DEPTH:
        raise ReportFormatError("bundles stand inside bundles too deep to be a report")
    if isinstance(node, list):
        for item in node:
            yield from _find_resources(item, depth + 1)
    elif isinstance(node, dict):
        if isinstance(node.get("resourceType"), str):
            yield node
        for entry in get_all(node, "entry"):
            resource = entry.get("resource")
            if isinstance(resource, dict):
                yield from _find_resources({"fullUrl": entry.get("fullUrl"), **resource}, depth + 1)
        yield from _find_resources(get_all(node, "contained"), depth + 1)


def _name_resources(resources: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The resources by the names that references use."""
    known: dict[str, dict[str, Any]] = {}
    for resource in resources:
        name = get_text(resource, "id")
        if name:
            known.setdefault(f"#{name}", resource)
            known.setdefault(f"{resource['resourceType']}/{name}", resource)
        known.setdefault(get_text(resource, "fullUrl"), resource)
    known.pop("", None)
    return known


class _Reader:
    """Reads one report and the results that it refers to."""

    def __init__(self, known: dict[str, dict[str, Any]], parts: Parts) -> None:
        self._parts = parts
        self._lines: list[str] = []
        self._seen: list[str] = []
        self._known = known
        self._visited: set[int] = set()

    def read(self, report: dict[str, Any]) -> str:
        """Text of the report."""
        if get_text(report, "status") in ("entered-in-error", "cancelled"):
            self._parts.skip(f"the report is marked as {get_text(report, 'status')}")
        if not self._read_forms(report):
            self._read_narrative(report)
        self._add_titled("Conclusion", get_text(report, "conclusion"))
        for code in get_all(report, "conclusionCode"):
            self._add(get_concept({"code": code.get("concept", code)}, "code"))
        for note in get_all(report, "note"):
            self._add(get_text(note, "text"))
        self._read_results(report, "result")
        for section in ("media", "image"):
            if get_all(report, section):
                self._parts.skip("key images")
        title = get_concept(report, "code")
        if title and self._lines and not self._has(title):
            self._lines.insert(0, title)
        return "\n".join(self._lines)

    def _read_forms(self, report: dict[str, Any]) -> bool:
        forms = get_all(report, "presentedForm")
        forms.sort(
            key=lambda f: next((i for i, t in enumerate(_FORMS) if _is_a(f, t)), len(_FORMS))
        )
        for place, form in enumerate(forms):
            name = " ".join(get_text(form, "contentType").split())[:40] or "attachment"
            if not get_text(form, "data"):
                self._parts.skip(f"{name}: given only as a link, which was not followed")
                continue
            text = self._parts.open(decode_base64(get_text(form, "data")), name)
            if text:
                self._add(text)
                for other in forms[place + 1 :]:
                    kind = " ".join(get_text(other, "contentType").split())[:40] or "attachment"
                    self._parts.skip(f"{kind}: another form of the same report")
                return True
        return False

    def _read_narrative(self, report: dict[str, Any]) -> None:
        narrative = report.get("text")
        div = get_text(narrative, "div") if isinstance(narrative, dict) else ""
        text, skipped = read_html(div) if div else ("", ())
        for line in skipped:
            self._parts.skip(line)
        self._add(text)

    def _read_results(self, resource: dict[str, Any], key: str) -> None:
        for reference in get_all(resource, key):
            link = get_text(reference, "reference")
            found = self._known.get(link) or self._known.get("/".join(link.split("/")[-2:]))
            if found is None:
                self._parts.skip("results that are given only as links")
            elif id(found) not in self._visited:
                self._visited.add(id(found))
                self._read_observation(found)

    def _read_observation(self, observation: dict[str, Any]) -> None:
        if get_text(observation, "status") in ("entered-in-error", "cancelled"):
            self._parts.skip("a result that is marked as entered in error or cancelled")
            return
        lines = values.get_lines(observation)
        for component in get_all(observation, "component"):
            lines += values.get_lines(component)
        for title, text in lines:
            self._add_titled(title, text)
        self._read_results(observation, "hasMember")

    def _add_titled(self, title: str, text: str) -> None:
        if len(text) < _MIN_SENTENCE or not self._has(text):
            self._add(f"{title}: {text}" if title and text else text)

    def _add(self, text: str) -> None:
        if len(self._lines) >= MAX_RESULTS:
            self._parts.skip(f"what follows the first {MAX_RESULTS:,} results")
        elif text.strip() and not self._has(text):
            self._lines.append(text.strip())
            self._seen.append(_squeeze(text))

    def _has(self, text: str) -> bool:
        short = _squeeze(text)
        return any(short in seen for seen in self._seen)


def _squeeze(text: str) -> str:
    return " ".join(text.casefold().split())


def _is_a(form: dict[str, Any], kind: str) -> bool:
    return get_text(form, "contentType").strip().lower().startswith(kind)
