"""What installed packs cost a question: python benchmarks/installed.py [PACK]

Opening a pack (by default medquad) to be searched, in processes of their own: cold (its files put out of
the system's memory before, where the disk obeys that) and warm; and the first question that looks into all
installed packs, which imports their libraries and loads the model too. Then `Engine.ask` for each question of
library_questions.jsonl, each for the first time, on one thread.

--runs N        processes of each kind
--profile       where the time of the questions goes
"""

from __future__ import annotations

import argparse
import cProfile
import json
import os
import pstats
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

import pellucid
from pellucid.app.installed import get_pack, open_pack, open_searchable

QUESTION = "How is a mycetoma treated?"


def forget(folder: str) -> None:
    """Put the files of a folder out of the system's memory."""
    for path in Path(folder).rglob("*"):
        if path.is_file():
            with open(path, "rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def open_once(name: str) -> tuple[float, float]:
    """Milliseconds to open a pack with its libraries at hand, and for the first question then."""
    import tantivy  # noqa: F401
    import usearch.index  # noqa: F401

    import pellucid.retrieval.embedded

    engine = pellucid.load()
    engine.ask("What is a granuloma?")
    start = time.perf_counter()
    open_searchable(open_pack(name))
    opened = time.perf_counter()
    engine.ask(QUESTION)
    return (opened - start) * 1000, (time.perf_counter() - opened) * 1000


def measure_opening(name: str, runs: int) -> None:
    folder = get_pack(name).folder
    print(
        "| opening | pack ms, median; most | first question ms, median; most |\n"
        + "| --- " * 3
        + "|"
    )
    for state in ("cold", "warm"):
        times = []
        for _ in range(runs):
            if state == "cold":
                forget(folder)
            command = [sys.executable, __file__, name, "--once"]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            times.append(json.loads(done.stdout))
        cells = [
            f"{statistics.median(row):.1f}; {max(row):.1f}" for row in zip(*times, strict=True)
        ]
        print(f"| {state} | {' | '.join(cells)} |", flush=True)


def measure_asking(profiled: bool) -> None:
    lines = Path(__file__).with_name("library_questions.jsonl").read_text(encoding="utf-8")
    questions = [json.loads(line)["question"] for line in lines.splitlines()]
    engine = pellucid.load()
    engine.ask(QUESTION)
    profile = cProfile.Profile()
    if profiled:
        profile.enable()
    rows, quoted = [], 0
    for question in questions:
        clock, work = time.perf_counter(), time.process_time()
        answer = engine.ask(question)
        rows.append((time.perf_counter() - clock, time.process_time() - work))
        quoted += any(section.key == "quote" for section in answer.sections)
    print("\n| Engine.ask | median ms | p90 | p99 |\n| --- | --- | --- | --- |")
    for name, times in zip(("by the clock", "processor"), zip(*rows, strict=True), strict=True):
        median, most, worst = np.percentile(times, [50, 90, 99]) * 1000
        print(f"| {name} | {median:.1f} | {most:.1f} | {worst:.1f} |")
    load = os.getloadavg()[0]
    print(f"\n{len(questions)} questions, {quoted} with quotes; load of the machine {load:.1f}")
    if profiled:
        profile.disable()
        pstats.Stats(profile).sort_stats("cumtime").print_stats(40)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pack", nargs="?", default="medquad")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.once:
        print(json.dumps(open_once(options.pack)))
        return
    measure_opening(options.pack, options.runs)
    measure_asking(options.profile)


if __name__ == "__main__":
    main()
