"""Reports one by one and by the table: `pellucid read` as a user meets it."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest

import pellucid
from conftest import ROOT, Run
from pellucid.app import batch, rows
from pellucid.app.outputs import encode_jsonl
from pellucid.app.rows import Settings, flatten_finding, read_row
from pellucid.app.tables import Row, read_rows
from test_cli import check_refused

sys.path.append(str(ROOT / "benchmarks"))
from spark_batch import make_texts

REPORT = "FINDINGS: 6 mm calcified granuloma in the right upper lobe. No pleural effusion."
BAD = [
    "not json",
    '{"id": "none"}',
    '{"id": "empty", "text": ""}',
    '{"id": "binary", "text": "\\u0000\\u0001PK"}',
    json.dumps({"id": "large", "text": "effusion " * 350_000}),
    '{"id": "number", "text": 7}',
    '{"id": "half", "text": "nodule \\ud800"}',
    "[" * 5000,
    '"text"',
]


def need(module: str, extra: str) -> Any:
    return pytest.importorskip(module, reason=f"needs pip install 'pellucid[{extra}]'")


def write_table(path: Path, texts: list[str], count: int) -> Path:
    with path.open("w", encoding="utf-8") as file:
        for number, text in enumerate(islice(cycle(texts), count)):
            file.write(json.dumps({"id": f"r{number}", "text": text}) + "\n")
    return path


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]


@pytest.fixture(scope="module")
def texts() -> list[str]:
    return make_texts()


@pytest.fixture
def table(tmp_path: Path, texts: list[str]) -> Path:
    return write_table(tmp_path / "in.jsonl", texts, 500)


# One report.


@pytest.mark.parametrize("form", ["text", "markdown", "html", "json"])
def test_a_report_in_each_form(run: Run, tmp_path: Path, form: str) -> None:
    file = tmp_path / "report.txt"
    file.write_text(REPORT, encoding="utf-8")
    done = run("read", str(file), "--format", form)
    assert done.returncode == 0, done.stderr
    assert b"granuloma" in done.stdout
    assert run("read", "--format", form, stdin=REPORT.encode()).stdout == done.stdout
    target = tmp_path / "out"
    assert run("read", str(file), "--format", form, "-o", str(target)).stdout == b""
    assert target.read_bytes() == done.stdout
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "report.txt"]


def test_json_is_the_reading(run: Run, engine: pellucid.Engine) -> None:
    reading = json.loads(run("read", "--json", stdin=REPORT.encode()).stdout)
    names = [f["concept"] for f in reading["findings"]]
    assert names == [f.concept for f in engine.read(REPORT).findings]


def test_a_report_as_fhir(run: Run) -> None:
    pytest.importorskip("pellucid.explain.render_fhir", reason="needs explain/render_fhir.py")
    done = run("read", "--format", "fhir", stdin=REPORT.encode())
    assert json.loads(done.stdout)["resourceType"] == "Bundle"


def test_width(run: Run) -> None:
    lines = run("read", "--width", "60", stdin=REPORT.encode()).stdout.decode().splitlines()
    assert max(len(line) for line in lines if "http" not in line) <= 60
    assert run("read", "--width", "-5", stdin=REPORT.encode()).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["/no/such/report"], "/no/such/report"),
        (["."], "directory"),
        (["--format", "docx"], "docx"),
        (["--pack", "/no/such/pack"], "pack.yaml"),
        (["-o", "/no/such/folder/out"], "/no/such/folder"),
        (["--full"], "--batch"),
        (["--resume"], "--batch"),
        (["report.txt", "--batch", "in.jsonl", "-o", "out.jsonl"], "not both"),
        (["--batch", "in.jsonl"], "-o OUT"),
        (["--batch", "in.xml", "-o", "out.jsonl"], ".parquet"),
        (["--batch", "/no/such.jsonl", "-o", "out.jsonl"], "/no/such.jsonl"),
        (["--batch", "in.jsonl", "-o", "out.jsonl", "--jobs", "0"], "--jobs"),
        (["--batch", "in.jsonl", "-o", "out.jsonl", "--timeout", "-1"], "--timeout"),
    ],
)
def test_bad_usage_gets_one_line(run: Run, arguments: list[str], word: str) -> None:
    check_refused(run("read", *arguments, stdin=REPORT.encode()), word)


@pytest.mark.parametrize("stdin", [b"", b" \n", b"\x7fELF\x02\x01", b"PK\x03\x04junk"])
def test_bad_reports_get_one_line(run: Run, stdin: bytes) -> None:
    check_refused(run("read", stdin=stdin))


def test_an_output_is_whole_or_not_there(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "out.txt"
    target.write_text("before")
    check_refused(run("read", "-o", str(target), stdin=b""))
    assert target.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["out.txt"]


# Many reports.


def test_rows_keep_their_order_and_are_the_engine_s(
    run: Run, table: Path, texts: list[str], engine: pellucid.Engine
) -> None:
    out = table.with_name("out.jsonl")
    done = run("read", "--batch", str(table), "-o", str(out))
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    found = read_lines(out)
    assert [row["id"] for row in found] == [f"r{n}" for n in range(500)]
    for row, text in zip(found, cycle(texts), strict=False):
        assert row["findings"] == [flatten_finding(f) for f in engine.find(text)]


def test_two_jobs_give_what_one_gives(run: Run, table: Path) -> None:
    with table.open("a", encoding="utf-8") as file:
        file.write("\n".join(BAD) + "\n")
    outs = []
    for jobs in ("1", "2"):
        out = table.with_name(f"out{jobs}.jsonl")
        done = run("read", "--batch", str(table), "-o", str(out), "--jobs", jobs)
        assert done.returncode == 0, done.stderr
        assert b"9 of 509 rows" in done.stderr
        outs.append(out.read_bytes())
    assert outs[0] == outs[1]


def test_bad_rows_are_kept_as_errors(run: Run, tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    good = json.dumps({"id": "good", "report": REPORT})
    source.write_text("\n".join([*BAD, "", good]), encoding="utf-8")
    assert run("read", "--batch", str(source), "-o", str(out)).returncode == 0
    found = read_lines(out)
    ids = [1, "none", "empty", "binary", "large", "number", "half", 8, 9, "good"]
    assert [row["id"] for row in found] == ids
    assert {row["error"]["code"] for row in found[:-1]} == {"input"}
    said = [row["error"]["message"] for row in found[:-1]]
    words = ("not JSON", "text", "empty", "binary", "2,000,000", "text", "Unicode", "JSON", "JSON")
    assert all(word in message for word, message in zip(words, said, strict=True)), said
    assert found[-1]["findings"][0]["measurements"] == [[6.0]]


def test_full_adds_the_reading(run: Run, tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(json.dumps({"id": 1, "text": REPORT}) + "\n", encoding="utf-8")
    assert run("read", "--batch", str(source), "-o", str(out), "--full").returncode == 0
    (row,) = read_lines(out)
    assert row["reading"]["findings"][0]["explanation"]
    assert row["recommendations"] == []


def test_csv(run: Run, tmp_path: Path) -> None:
    source, out = tmp_path / "in.csv", tmp_path / "out.jsonl"
    with source.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(
            [["id", "age", "text"], ["a", 1, f'"x",\n{REPORT}'], ["b", 2, ""], ["c"]]
        )
    with source.open("ab") as file:
        file.write(b"d,4,caf\xe9\ne,5," + b"effusion " * 350_000 + b"\n")
    assert run("read", "--batch", str(source), "-o", str(out)).returncode == 0
    found = read_lines(out)
    assert [row["id"] for row in found] == ["a", "b", "c", "d", "e"]
    assert [f["concept"] for f in found[0]["findings"]][-1] == "pleural-effusion"
    said = [row["error"]["message"] for row in found[1:]]
    assert all(w in m for w, m in zip(("empty", "text", "UTF-8", "2,000"), said, strict=True)), said
    source.write_text("id,words\n1,x\n", encoding="utf-8")
    check_refused(run("read", "--batch", str(source), "-o", str(out)), "'text'", "words")


def test_parquet(run: Run, tmp_path: Path, engine: pellucid.Engine) -> None:
    arrow, parquet = need("pyarrow", "batch"), need("pyarrow.parquet", "batch")
    source, out = tmp_path / "in.parquet", tmp_path / "out.parquet"
    content = {"id": [3, None, 5, 6], "text": [REPORT, REPORT, None, ""]}
    parquet.write_table(arrow.table(content), source)
    done = run("read", "--batch", str(source), "-o", str(out), "--full", "--jobs", "2")
    assert done.returncode == 0, done.stderr
    found = parquet.read_table(out).to_pylist(maps_as_pydicts="strict")
    assert [row["id"] for row in found] == ["3", None, "5", "6"]
    assert found[0]["findings"] == [flatten_finding(f) for f in engine.find(REPORT)]
    assert json.loads(found[1]["reading"])["report"]["text"] == REPORT
    assert [row["error"] and row["error"]["code"] for row in found] == [
        None,
        None,
        "input",
        "input",
    ]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.parquet", "out.parquet"]
    source.write_bytes(b"PAR1 junk")
    check_refused(run("read", "--batch", str(source), "-o", str(out)), "Parquet")
    assert parquet.read_table(out).num_rows == 4


def test_parquet_of_files_and_of_broken_text(run: Run, tmp_path: Path) -> None:
    arrow, parquet = need("pyarrow", "batch"), need("pyarrow.parquet", "batch")
    source, out = tmp_path / "in.parquet", tmp_path / "out.jsonl"
    data = [REPORT.encode(), b"\x7fELF"]
    parquet.write_table(arrow.table({"text": arrow.array(data, arrow.binary())}), source)
    assert run("read", "--batch", str(source), "-o", str(out)).returncode == 0
    good, bad = read_lines(out)
    assert (good["id"], good["findings"][0]["concept"]) == (1, "calcified-lung-granuloma")
    assert bad["error"]["code"] == "report-format"
    broken = arrow.array([b"caf\xe9", REPORT.encode()], arrow.binary()).view(arrow.string())
    parquet.write_table(arrow.table({"text": broken}), source)
    assert run("read", "--batch", str(source), "-o", str(out)).returncode == 0
    bad, good = read_lines(out)
    assert "UTF-8" in bad["error"]["message"]
    assert good["findings"]


def test_what_a_batch_refuses(run: Run, table: Path) -> None:
    out = table.with_name("out.txt")
    check_refused(run("read", "--batch", str(table), "-o", str(out)), ".jsonl")
    check_refused(run("read", "--batch", str(table), "-o", str(table)), "input")
    pack = "/no/such/pack"
    out = table.with_name("out.jsonl")
    out.write_text("before")
    check_refused(run("read", "--batch", str(table), "-o", str(out), "--pack", pack), "pack.yaml")
    assert out.read_text() == "before"


def test_parquet_is_not_resumed(run: Run, table: Path) -> None:
    out = table.with_name("out.parquet")
    check_refused(run("read", "--batch", str(table), "-o", str(out), "--resume"), "resumed")


def test_a_killed_run_goes_on_where_it_ended(run: Run, tmp_path: Path, texts: list[str]) -> None:
    source = write_table(tmp_path / "in.jsonl", texts, 3_000)
    whole, out = tmp_path / "whole.jsonl", tmp_path / "out.jsonl"
    arguments = ["read", "--batch", str(source), "--jobs", "2", "-o"]
    assert run(*arguments, str(whole)).returncode == 0
    process = subprocess.Popen([sys.executable, "-m", "pellucid", *arguments, str(out)])
    while not out.exists() or out.stat().st_size < 500_000:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    size = out.stat().st_size
    assert 0 < size < whole.stat().st_size
    os.truncate(out, size - 7)  # as if the last line had been cut
    assert run(*arguments, str(out), "--resume").returncode == 0
    assert out.read_bytes() == whole.read_bytes()
    assert run(*arguments, str(out), "--resume").returncode == 0  # nothing is left to do
    assert out.read_bytes() == whole.read_bytes()


def test_resume_knows_its_own_output(run: Run, table: Path) -> None:
    out = table.with_name("out.jsonl")
    arguments = ["read", "--batch", str(table), "-o", str(out), "--resume"]
    out.write_text('{"id": "other", "findings": []}\n')
    check_refused(run(*arguments), "row 1")
    out.write_text("nonsense\n")
    check_refused(run(*arguments), "no output")
    assert out.read_text() == "nonsense\n"
    out.unlink()
    assert run(*arguments).returncode == 0
    assert len(read_lines(out)) == 500


class Slow:
    """An engine that takes for ever over some reports and dies of others."""

    def find(self, text: str) -> list[Any]:
        if text == "slow":
            try:
                time.sleep(30)
            except Exception:
                return []
        if text == "die":
            os._exit(9)
        if text == "fail":
            raise ZeroDivisionError("the report's own words")
        return []


def test_a_slow_report_gives_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    if not hasattr(signal, "setitimer"):
        pytest.skip("needs POSIX timers")
    monkeypatch.setattr(rows, "get_engine", lambda packs: Slow())
    settings = Settings(timeout=0.2)
    begin = time.perf_counter()
    found = [read_row(Row(t, t), settings) for t in ("slow", "x", "slow", "fail")]
    assert time.perf_counter() - begin < 10
    assert [row.get("error", {}).get("code") for row in found] == [
        "timeout",
        None,
        "timeout",
        "internal",
    ]
    assert "words" not in found[3]["error"]["message"]
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def start_broken(jobs: int) -> Any:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    return ProcessPoolExecutor(jobs, get_context("spawn"), break_engine)


def break_engine() -> None:
    rows.get_engine = lambda packs: Slow()


def test_a_process_that_dies_costs_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "_start_pool", start_broken)
    monkeypatch.setattr(batch, "_CHUNK_ROWS", 3)
    texts = ["a", "b", "c", "d", "die", "f", "g", "die", "i", "j"]
    parts = batch.run_rows((Row(t, t) for t in texts), Settings(jobs=2), encode_jsonl)
    found = [json.loads(line) for part in parts for line in part.data.splitlines()]
    assert [row["id"] for row in found] == texts
    assert [row["id"] for row in found if "error" in row] == ["die", "die"]
    assert found[4]["error"]["code"] == "crash"


def test_rows_are_taken_as_they_are_needed() -> None:
    taken = 0

    def count() -> Iterator[Row]:
        nonlocal taken
        for number in range(100_000):
            taken += 1
            yield Row(number, "")

    for jobs in (1, 2):
        taken = 0
        parts = batch.run_rows(count(), Settings(jobs=jobs), encode_jsonl)
        next(iter(parts))
        parts.close()
        assert taken <= 64 * 6, jobs


def test_an_endless_line_is_not_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pellucid.app import tables

    monkeypatch.setattr(tables, "MAX_LINE", 100)
    source = tmp_path / "in.jsonl"
    source.write_text('{"id": 1, "text": "a"}\n' + "x" * 1000 + '\n{"id": 3, "text": "c"}')
    assert [(r.id, r.text) for r in read_rows(str(source))] == [(1, "a"), (2, None), (3, "c")]


def test_memory_stays_bounded(tmp_path: Path, engine: pellucid.Engine) -> None:
    if not hasattr(os, "wait4"):
        pytest.skip("needs POSIX")
    # Each text has a word of its own: what is remembered of words must not grow with them.
    texts = [f"A {n} mm nodule of the liver, seen by Dr. Q{n}x." for n in range(50_000)]
    source = write_table(tmp_path / "in.jsonl", texts, len(texts))
    command = [sys.executable, "-m", "pellucid", "read", "--batch", str(source)]
    command += ["-o", str(tmp_path / "out.jsonl")]
    # By a small process between: the peak of a child counts what its parent held when it was forked.
    measure = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-c", measure, *command], capture_output=True, text=True, check=True
    )
    assert int(done.stdout.split()[-1]) / 1024 < 300
    assert len(read_lines(tmp_path / "out.jsonl")) == len(texts)
