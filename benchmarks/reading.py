"""Speed of reading reports, one core: python benchmarks/reading.py [--input X.jsonl] [--against-negspacy]

Without an input, the reports of tests/golden. An input has a report a line: "report", or "findings" and "impression".
``--against-negspacy`` runs negspacy on a blank spaCy pipeline with the same names, in the same run
(``pip install spacy negspacy``): it does negation only; Pellucid also sections, sites, sides, sizes and change.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

import pellucid

ROOT = Path(__file__).parent.parent


def load_reports(path: str | None) -> list[str]:
    if path is None:
        files = sorted((ROOT / "tests" / "golden" / "reports").glob("*.yaml"))
        rows = [r for f in files for r in yaml.safe_load(f.read_text(encoding="utf-8"))]
    else:
        with open(path, encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
    return [
        r.get("report") or f"FINDINGS: {r['findings']}\nIMPRESSION: {r['impression']}" for r in rows
    ]


def measure(do: Callable[[str], Any], reports: list[str], seconds: float) -> float:
    """Reports a second."""
    for report in reports[:50]:
        do(report)
    count, start = 0, time.perf_counter()
    while (spent := time.perf_counter() - start) < seconds:
        for report in reports:
            do(report)
        count += len(reports)
    return count / spent


def build_negspacy() -> Callable[[str], Any]:
    import spacy
    from negspacy.negation import Negex  # noqa: F401

    names: set[str] = set()
    for path in (ROOT / "src" / "pellucid_packs" / "core" / "concepts").rglob("*.md"):
        meta = yaml.safe_load(path.read_text(encoding="utf-8").split("---")[1])
        if meta["kind"] in ("finding", "entity", "pattern", "type"):
            names |= {str(name) for name in [meta["name"], *(meta.get("synonyms") or [])]}
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    ruler = nlp.add_pipe("entity_ruler", config={"phrase_matcher_attr": "LOWER"})
    ruler.add_patterns([{"label": "F", "pattern": name} for name in names])
    nlp.add_pipe("negex", config={"ent_types": ["F"]})
    return nlp


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--input")
    parser.add_argument("--against-negspacy", action="store_true")
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args()
    reports = load_reports(options.input)
    engine = pellucid.load()
    words = sum(len(r.split()) for r in reports)
    print(f"reports: {len(reports)}, {words / len(reports):.0f} words each")
    find = measure(engine.find, reports, options.seconds)
    print(f"find_per_second: {find:.0f}")
    print(f"read_per_second: {measure(engine.read, reports, options.seconds):.0f}")
    if options.against_negspacy:
        other = measure(build_negspacy(), reports, options.seconds)
        again = measure(engine.find, reports, options.seconds)
        print(f"negspacy_per_second: {other:.0f}")
        print(f"ratio: {(find + again) / 2 / other:.2f}")
    long = "\n".join(reports)
    for size in (250_000, 500_000, 1_000_000):
        text = (long * (size // len(long) + 1))[:size]
        start = time.perf_counter()
        engine.find(text)
        print(f"seconds_for_{size}_characters: {time.perf_counter() - start:.2f}")
    print(f"peak_rss_mb: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}")


if __name__ == "__main__":
    main()
