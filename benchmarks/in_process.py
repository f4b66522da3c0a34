"""Load and answer times, and memory, in one process: python benchmarks/in_process.py"""

from __future__ import annotations

import resource
import statistics
import time

from questions import make_questions

import pellucid


def main() -> None:
    pellucid.load()  # compiles on a first run, so that a warm load is measured
    loads = []
    for _ in range(7):
        begin = time.perf_counter()
        engine = pellucid.load()
        loads.append(time.perf_counter() - begin)
    engine.ask("What does nodular calcification mean?")
    after_load = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    questions = make_questions(engine)
    fresh = pellucid.load()
    times, statuses = [], {}
    for question in questions:
        begin = time.perf_counter()
        answer = fresh.ask(question)
        times.append(time.perf_counter() - begin)
        statuses[answer.status] = statuses.get(answer.status, 0) + 1
    times.sort()
    print(f"concepts: {len(engine)}")
    print(f"load_ms_median: {statistics.median(loads) * 1e3:.1f}")
    print(f"questions: {len(questions)} {statuses}")
    print(f"ask_ms_median: {statistics.median(times) * 1e3:.2f}")
    print(f"ask_ms_p99: {times[int(0.99 * len(times))] * 1e3:.2f}")
    print(f"ask_ms_max: {times[-1] * 1e3:.2f}")
    print(f"peak_rss_mb_after_load: {after_load:.0f}")
    print(f"peak_rss_mb_end: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}")


if __name__ == "__main__":
    main()
