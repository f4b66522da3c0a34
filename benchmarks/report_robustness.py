"""Twenty thousand random, truncated and mutated reports: no exception, no hang, every span inside the text.

python benchmarks/report_robustness.py [COUNT] [SEED]
"""

from __future__ import annotations

import random
import sys
import time

from reading import load_reports
from robustness import mutate

import pellucid

#: Longest time that one report of some kilobytes may take, in seconds; noise of the machine included.
LIMIT = 2.0
FORMS = ("text", "markdown", "html", "json", "fhir")


def make_report(base: list[str], source: random.Random, kind: int) -> str:
    text = source.choice(base)
    if kind == 0:
        return "".join(chr(source.randint(1, 0xD7FF)) for _ in range(source.randint(0, 400)))
    if kind == 1:
        return text[source.randrange(len(text)) :][: source.randint(1, len(text))]
    if kind == 2:  # two reports, cut and joined
        other = source.choice(base)
        return text[: source.randrange(len(text))] + other[source.randrange(len(other)) :]
    if kind == 3:  # words in any order
        words = text.split(" ")
        source.shuffle(words)
        return " ".join(words)
    return mutate(text, source)


def check(reading: pellucid.Reading) -> int:
    text = reading.report.text
    spans = [*reading.findings, *reading.words, *reading.recommendations]
    spans += [m for f in reading.findings for m in f.measurements]
    for span in spans:
        assert 0 <= span.start < span.end <= len(text)
        assert text[span.start : span.end] == span.text
    for explained in (*reading.findings, *reading.words):
        for statement in explained.explanation:
            assert statement.citations
            assert all(key in reading.sources for key in statement.citations)
    return len(reading.findings)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    source = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 11)
    engine = pellucid.load()
    base = load_reports(None)
    refused = findings = 0
    slowest = 0.0
    for number in range(count):
        text = make_report(base, source, number % 5)
        start = time.perf_counter()
        try:
            reading = engine.read(text)
        except pellucid.InputError:
            refused += 1
            continue
        slowest = max(slowest, time.perf_counter() - start)
        findings += check(reading)
        pellucid.render_reading(reading, FORMS[number % len(FORMS)])
    assert slowest < LIMIT, f"a report took {slowest:.1f} s"
    print(f"reports: {count}\nrefused_as_bad_input: {refused}\nfindings: {findings}")
    print(f"exceptions: 0\nspans_outside: 0\nslowest_ms: {slowest * 1000:.0f}")


if __name__ == "__main__":
    main()
