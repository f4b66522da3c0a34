"""Speed of reading reports, one core: python benchmarks/reading.py [--input X.jsonl] [--against negspacy medspacy]

Without an input, the reports of tests/golden. An input has a report a line: "report", or "findings" and "impression".
Each report is read once, as in a batch: what repeats within the input is the input's own.
``--against`` runs, in the same run and with the same names, negspacy on a blank spaCy pipeline
(``pip install spacy negspacy``) and medspaCy with PyRuSH sentences, target rules and ConText (``pip install medspacy``):
they do negation only; Pellucid also sections, sites, sides, sizes and change.
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
    """Reports a second: passes over all reports, or over the first of them, that fit in a time."""
    count, start = 0, time.perf_counter()
    for report in reports:
        do(report)
        count += 1
        if time.perf_counter() - start > seconds:
            break
    return count / (time.perf_counter() - start)


def list_names() -> list[str]:
    """The names of all that can be found in a report."""
    names: set[str] = set()
    for path in (ROOT / "src" / "pellucid_packs" / "core" / "concepts").rglob("*.md"):
        meta = yaml.safe_load(path.read_text(encoding="utf-8").split("---")[1])
        if meta["kind"] in ("finding", "entity", "pattern", "type"):
            names |= {str(name) for name in [meta["name"], *(meta.get("synonyms") or [])]}
    return sorted(names)


def build_negspacy() -> Callable[[str], Any]:
    import spacy
    from negspacy.negation import Negex  # noqa: F401

    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    ruler = nlp.add_pipe("entity_ruler", config={"phrase_matcher_attr": "LOWER"})
    ruler.add_patterns([{"label": "F", "pattern": name} for name in list_names()])
    nlp.add_pipe("negex", config={"ent_types": ["F"]})
    return nlp


def build_medspacy() -> Callable[[str], Any]:
    import medspacy
    from loguru import logger
    from medspacy.ner import TargetRule

    logger.disable("PyRuSH")  # it logs each token otherwise

    nlp = medspacy.load(enable=["medspacy_pyrush", "medspacy_target_matcher", "medspacy_context"])
    nlp.get_pipe("medspacy_target_matcher").add([TargetRule(n, "F") for n in list_names()])
    return nlp


OTHERS = {"negspacy": build_negspacy, "medspacy": build_medspacy}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--input")
    parser.add_argument("--against", nargs="*", default=[], choices=sorted(OTHERS))
    parser.add_argument("--seconds", type=float, default=10.0, help="at most, for each measure")
    options = parser.parse_args()
    reports = load_reports(options.input)
    warm = load_reports(None)[:20]
    words = sum(len(r.split()) for r in reports)
    print(f"reports: {len(reports)}, {words / len(reports):.0f} words each")

    def measure_find() -> tuple[float, float]:
        """At the first sight of the reports, and when all their sentences were seen before."""
        engine = pellucid.load()  # a new one knows no sentence yet
        for report in warm:
            engine.find(report)
        first = measure(engine.find, reports, options.seconds)
        return first, measure(engine.find, reports, options.seconds)

    find = measure_find()
    print(f"find_per_second: {find[0]:.0f}")
    print(f"find_again_per_second: {find[1]:.0f}")
    engine = pellucid.load()
    print(f"read_per_second: {measure(engine.read, reports, options.seconds):.0f}")
    for name in options.against:
        other = OTHERS[name]()
        for report in warm:
            other(report)
        speed = measure(other, reports, options.seconds)
        again = measure_find()
        print(f"{name}_per_second: {speed:.0f}")
        print(f"{name}_ratio: {(find[0] + again[0]) / 2 / speed:.2f}")
        print(f"{name}_ratio_again: {(find[1] + again[1]) / 2 / speed:.2f}")
    long = "\n".join(reports)
    for size in (250_000, 500_000, 1_000_000):
        text = (long * (size // len(long) + 1))[:size]
        start = time.perf_counter()
        engine.find(text)
        print(f"seconds_for_{size}_characters: {time.perf_counter() - start:.2f}")
    print(f"peak_rss_mb: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}")


if __name__ == "__main__":
    main()
