"""A reading as a FHIR R4 Bundle: one DiagnosticReport, and one Observation for each finding.

FHIR 4.0.1: Bundle (2.36), DiagnosticReport (10.3), Observation (10.1), Narrative (2.4).
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from html import escape
from json import dumps
from math import isfinite
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from pellucid.explain.render_html import link_source
from pellucid.values.concept import Source, Statement
from pellucid.values.question import Assertion
from pellucid.values.report import Finding, Measurement, Reading

_OWN = "https://pellucid.invalid"
_LOINC = "http://loinc.org"
_HL7 = "http://terminology.hl7.org/CodeSystem"
#: Code systems of packs that have a URI; codes of another system are left out.
_SYSTEMS = {
    "icd10cm": "http://hl7.org/fhir/sid/icd-10-cm",
    "mesh": "https://www.nlm.nih.gov/mesh",
    "radlex": "http://radlex.org/RID/",
    "hpo": "http://human-phenotype-ontology.org",
}
_LOINC_ANSWERS = {"present": ("LA9633-4", "Present"), "absent": ("LA9634-2", "Absent")}
# FHIR R4, string: none below 32 but these three. XML has no surrogates; C1 steers terminals.
_UNFIT = re.compile(r"[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_reading_fhir(reading: Reading) -> str:
    """Render as JSON text; the same reading gives the same text, ids too."""
    return dumps(build_reading_fhir(reading), ensure_ascii=False, indent=2) + "\n"


def build_reading_fhir(reading: Reading) -> dict[str, Any]:
    """Build the Bundle (type collection; bdl-7: each fullUrl once); its first entry is the report.

    What has no place in an Observation (recommendations, contradictions, words, notices) is in the
    narrative of the DiagnosticReport.
    """
    report_id = uuid5(NAMESPACE_URL, f"{_OWN}/report/{_clean(reading.report.text)}")
    observations = {
        _make_id(report_id, place, finding): _build_observation(finding, reading.sources)
        for place, finding in enumerate(reading.findings)
    }
    resources = {report_id: _build_report(reading, observations), **observations}
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"fullUrl": i.urn, "resource": resource} for i, resource in resources.items()],
    }


def _make_id(report_id: UUID, place: int, finding: Finding) -> UUID:
    return uuid5(report_id, f"{place}:{finding.concept}:{finding.start}-{finding.end}")


def _build_report(reading: Reading, results: Iterable[UUID]) -> dict[str, Any]:
    report = reading.report
    code = _code(_LOINC, "18748-4", "Diagnostic imaging study")
    if scan := " ".join(filter(None, (report.modality, report.body_part))):
        code["text"] = _clean(scan)
    impression = "\n".join(
        report.text[s.start : s.end].strip() for s in reading.sections if s.key == "impression"
    )
    return _fill(
        {
            "resourceType": "DiagnosticReport",
            "text": {"status": "additional", "div": _build_narrative(reading)},
            "status": "final",
            "category": [_code(f"{_HL7}/v2-0074", "RAD", "Radiology")],
            "code": code,
            "result": [{"reference": i.urn} for i in results],
            "conclusion": _clean(impression).strip(),
            "presentedForm": [
                {
                    "contentType": "text/plain; charset=utf-8",
                    "data": b64encode(report.text.encode("utf-8", "replace")).decode("ascii"),
                }
            ],
        }
    )


def _build_observation(finding: Finding, sources: dict[str, Source]) -> dict[str, Any]:
    site = finding.site and finding.site.replace("-", " ")
    where = " ".join(filter(None, (finding.laterality, site)))
    components = [_build_size(m) for m in finding.measurements if isfinite(m.value_mm)]
    if finding.category:
        code = _code(f"{_OWN}/component", "category", "Category")
        components.append({"code": code, "valueString": _clean(finding.category)})
    return _fill(
        {
            "resourceType": "Observation",
            "status": "final",
            "category": [_code(f"{_HL7}/observation-category", "imaging", "Imaging")],
            "code": _build_concept(finding),
            "valueCodeableConcept": _build_value(finding.assertion),
            "interpretation": finding.change and [_code(f"{_OWN}/change", finding.change)],
            "note": [{"text": text} for text in _write_notes(finding, sources)],
            "bodySite": where and {"text": where},
            "component": components,
        }
    )


def _build_concept(finding: Finding) -> dict[str, Any]:
    codings = [{"system": f"{_OWN}/concept", "code": finding.concept, "display": finding.name}]
    codings += [
        {"system": system, "code": code}
        for key, system in _SYSTEMS.items()
        for code in finding.codes.get(key, ())
    ]
    return {"coding": codings, "text": finding.name}


def _build_value(assertion: Assertion) -> dict[str, Any]:
    """Observation.value[x]: what is said of a finding; LOINC answers only of this patient, now.

    The past and other people have codes of their own, so that none is taken for a finding of today.
    """
    status, temporality, experiencer = assertion[:3]
    said = [status]
    code = status
    if temporality != "current":
        said.append(temporality)
        code = code if status == "absent" else temporality
    if experiencer != "patient":
        said.append("in someone else")
        code = experiencer
    value = {**_code(f"{_OWN}/status", code), "text": ", ".join(said)}
    if code in _LOINC_ANSWERS:
        value["coding"] += _code(_LOINC, *_LOINC_ANSWERS[code])["coding"]
    return value


def _build_size(size: Measurement) -> dict[str, Any]:
    code = _code(f"{_OWN}/component", "size", "Largest length")
    code["text"] = f"Largest length of {_clean(size.text)}"
    unit = {"unit": "mm", "system": "http://unitsofmeasure.org", "code": "mm"}
    return {"code": code, "valueQuantity": {"value": size.value_mm, **unit}}


def _write_notes(finding: Finding, sources: dict[str, Source]) -> Iterator[str]:
    """Observation.note: where the finding stands, then each statement with its sources."""
    quote = " ".join(_clean(finding.text).split())
    yield (
        f"“{quote}”: characters {finding.start} to {finding.end} of the report's text, "
        f"section {finding.section}"
    )
    for statement in finding.explanation:
        cited = [sources[key] for key in statement.citations]
        yield f"{statement.text} ({'; '.join(f'{s.title}, {s.publisher}: {s.url}' for s in cited)})"


def _build_narrative(reading: Reading) -> str:
    """What there is beside the Observations, and their names, as XHTML (txt-1: basic elements)."""

    def cite(statement: Statement) -> str:
        cited = [reading.sources[key] for key in statement.citations]
        links = [
            link_source(s) if s.attribution else f'<a href="{escape(s.url)}">{escape(s.title)}</a>'
            for s in cited
        ]
        return f"{escape(statement.text)} ({', '.join(links)})"

    groups = {
        "Findings": [
            f"{escape(f.name)}: {escape(_build_value(f.assertion)['text'])}"
            for f in reading.findings
        ],
        "What the report recommends": [escape(r.text) for r in reading.recommendations],
        "The report says both that this is there and that it is not; ask about it": [
            escape(c.name) for c in reading.contradictions
        ],
        "Words explained": [
            f"{escape(w.text)}: {' '.join(map(cite, w.explanation))}"
            for w in reading.words
            if w.explanation
        ],
        "Not read": [escape(note) for note in reading.report.skipped],
    }
    out = ["<p>What a program understood of the report; its author did not write this.</p>"]
    for title, items in groups.items():
        if items:
            out += [f"<p><b>{title}</b></p><ul>", *[f"<li>{i}</li>" for i in items], "</ul>"]
    out += [f"<p>{escape(n.text)}</p>" for n in reading.notices]
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{_clean("".join(out))}</div>'


def _code(system: str, code: str, display: str | None = None) -> dict[str, Any]:
    """A CodeableConcept with one coding, in words too."""
    coding = _fill({"system": system, "code": code, "display": display})
    return {"coding": [coding], "text": display or code}


def _fill(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields that have a value: FHIR has no empty ones (ele-1)."""
    return {key: value for key, value in fields.items() if value}


def _clean(text: str) -> str:
    """Text that FHIR can hold: what it cannot is shown as a replacement character."""
    return _UNFIT.sub("\ufffd", text)
