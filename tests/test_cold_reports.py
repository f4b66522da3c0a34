"""Reports labelled by somebody who had never seen the reader: how far it goes, told as it is.

The first run on a set is its honest figure (benchmarks/RESULTS.md tells it); afterwards the set only keeps the ground.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import yaml

import pellucid

COLD = Path(__file__).parent / "golden" / "cold"
#: The least F1 over findings (concept and status) on each set.
FLOORS = {"first": 0.90, "second": 0.82}


@pytest.mark.parametrize("name", sorted(p.stem for p in COLD.glob("*.yaml")))
def test_findings_of_reports_that_nobody_tuned_for(name: str) -> None:
    engine = pellucid.load()
    right = found = wanted = 0
    for report in yaml.safe_load((COLD / f"{name}.yaml").read_text(encoding="utf-8")):
        got = Counter((f.concept, f.assertion.status) for f in engine.find(report["report"]))
        labels = Counter((f["concept"], f["status"]) for f in report["findings"])
        right += sum((got & labels).values())
        found += sum(got.values())
        wanted += sum(labels.values())
    assert 2 * right / (found + wanted) >= FLOORS[name]
