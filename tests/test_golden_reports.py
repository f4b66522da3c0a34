"""Reports that we wrote and labelled by reading them: each finding, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import pellucid
from pellucid.values.report import Finding, Reading

BACKGROUND = ("indication", "technique", "comparison", "other")
REPORTS = [
    report
    for path in sorted((Path(__file__).parent / "golden" / "reports").glob("*.yaml"))
    for report in yaml.safe_load(path.read_text(encoding="utf-8"))
]


def find_labels(
    reading: Reading, labels: list[dict[str, Any]]
) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Where each label stands: in the order of the text, behind the one before, not in the background."""
    text, place = reading.report.text, 0
    hidden = [(s.start, s.end) for s in reading.sections if s.key in BACKGROUND]
    for label in labels:
        start = text.find(label["text"], place)
        while start >= 0 and any(a <= start < b for a, b in hidden):
            start = text.find(label["text"], start + 1)
        if start < 0:
            start = text.find(label["text"])
        place = start + 1
        yield start, start + len(label["text"]), label


def compare(reading: Reading, report: dict[str, Any]) -> list[str]:
    """Every difference between a reading and its labels, a line each."""
    found = [f for f in reading.findings if f.kind != "score" and f.assertion.cue != "normal"]
    wrong = []
    for start, end, label in find_labels(reading, report["findings"]):
        near = [f for f in found if f.start < end and start < f.end]
        match = next((f for f in near if f.concept == label["concept"]), near[0] if near else None)
        if match is None:
            wrong.append(f"missed: {label}")
            continue
        found.remove(match)
        wrong += [f"{label['text']!r}: {w}" for w in find_faults(match, label)]
    return wrong + [f"extra: {f.concept} ({f.assertion.status}) {f.text!r}" for f in found]


def find_faults(finding: Finding, label: dict[str, Any]) -> list[str]:
    faults = []
    said = {
        "concept": finding.concept,
        "status": finding.assertion.status,
        "laterality": finding.laterality,
        "change": finding.change,
        "temporality": finding.assertion.temporality
        if finding.assertion.temporality != "current"
        else None,
    }
    for key, value in said.items():
        if value != label.get(key) and not (
            key in ("status", "change") and label.get("temporality") == "resolved"
        ):
            faults.append(f"{key} {value}, not {label.get(key)}")
    sizes = [d for m in finding.measurements for d in m.dims]
    if sizes != [float(d) for d in label.get("size_mm") or []]:
        faults.append(f"sizes {sizes}, not {label.get('size_mm') or []}")
    return faults


@pytest.mark.parametrize("report", REPORTS, ids=[r["id"] for r in REPORTS])
def test_golden_report(engine: pellucid.Engine, report: dict[str, Any]) -> None:
    assert compare(engine.read(report["report"]), report) == []


def test_what_is_denied_is_never_a_finding(engine: pellucid.Engine) -> None:
    """In every report, the short ones too: no label that says absent is read as present."""
    for report in REPORTS:
        reading = engine.read(report["report"])
        for start, end, label in find_labels(reading, report["findings"]):
            if label["status"] == "absent":
                said = {
                    f.assertion.status for f in reading.findings if (f.start, f.end) == (start, end)
                }
                assert "present" not in said, (report["id"], label)


STATEMENTS = yaml.safe_load(
    (Path(__file__).parent / "golden" / "statements.yaml").read_text(encoding="utf-8")
)
things = pytest.mark.parametrize(
    ("thing", "other"),
    [
        ("pneumothorax", "pleural effusion"),
        ("fracture", "dislocation"),
        ("hydronephrosis", "renal calculus"),
    ],
)


def find_present(engine: pellucid.Engine, statement: str) -> list[str]:
    """Names of what a statement is read to find; a normal variant is no finding."""
    return [
        f.name
        for f in engine.find(f"FINDINGS: {statement}")
        if f.kind != "normal" and f.assertion.status == "present"
        if f.assertion.temporality != "historical"
    ]


@things
@pytest.mark.parametrize("template", STATEMENTS["denied"])
def test_what_is_denied_in_any_way_is_not_found(
    engine: pellucid.Engine, template: str, thing: str, other: str
) -> None:
    assert find_present(engine, template.format(thing=thing, other=other)) == []


@things
@pytest.mark.parametrize(
    ("template", "status"),
    [(t, "possible") for t in STATEMENTS["uncertain"]]
    + [(t, "conditional") for t in STATEMENTS["asked"]],
)
def test_what_is_uncertain_or_asked_is_neither_found_nor_denied(
    engine: pellucid.Engine, template: str, status: str, thing: str, other: str
) -> None:
    found = engine.find("FINDINGS: " + template.format(thing=thing, other=other))
    assert status in [f.assertion.status for f in found if f.text.lower() == thing]


@pytest.mark.parametrize("statement", STATEMENTS["normal"])
def test_nothing_is_found_where_all_is_normal(engine: pellucid.Engine, statement: str) -> None:
    assert find_present(engine, statement) == []
