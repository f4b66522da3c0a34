"""Reports in Spark: the same rows as here, on a real local session of two workers."""

from __future__ import annotations

import json
import shutil
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import pellucid
from conftest import ROOT
from pellucid.app.rows import Settings, flatten_finding, read_row
from pellucid.app.tables import Row

pytest.importorskip("pyspark", reason="needs pip install 'pellucid[spark]'")
pytest.importorskip("pyarrow", reason="needs pip install 'pellucid[spark]'")
pytest.importorskip("pandas", reason="needs pip install 'pellucid[spark]'")
if shutil.which("java") is None:
    pytest.skip("needs Java 17: apt-get install openjdk-17-jre-headless", allow_module_level=True)

sys.path.append(str(ROOT / "benchmarks"))
from spark_batch import check_table, make_table, make_texts, start_spark

# pyspark's own code warns of its own dependencies and leaves sockets to the collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

REPORT = "FINDINGS: 6 mm calcified granuloma in the right upper lobe. No pleural effusion."


@pytest.fixture(scope="module")
def spark(engine: pellucid.Engine) -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        session = start_spark(2)
        session.sparkContext.setLogLevel("ERROR")
        yield session
        session.stop()


def test_many_rows_are_the_engine_s_own(spark: Any, tmp_path: Path) -> None:
    from pellucid.spark import read_reports

    texts, rows = make_texts(), 200_000
    table = make_table(spark, texts, rows)
    assert table.rdd.getNumPartitions() > 2
    read_reports(table).write.parquet(str(tmp_path / "out"))
    assert check_table(spark, str(tmp_path / "out"), texts, rows) == 0


def test_bad_rows_are_kept_and_ids_keep_their_type(spark: Any) -> None:
    from pellucid.spark import read_reports

    reports = [
        (1, REPORT),
        (2, None),
        (3, ""),
        (4, "\0PK"),
        (5, "effusion " * 350_000),
        (None, "x"),
    ]
    table = spark.createDataFrame(reports, "number int, words string")
    found = read_reports(table, "words", "number")
    assert found.schema["id"].dataType.simpleString() == "int"
    by_id = {row.id: row.asDict(recursive=True) for row in found.collect()}
    assert len(by_id) == 6
    for number, text in reports:
        own = read_row(Row(number, text), Settings())
        row = by_id[number]
        assert row["findings"] == own.get("findings")
        assert (row["error"] or {}).get("code") == own.get("error", {}).get("code")


def test_full_and_bytes(spark: Any, engine: pellucid.Engine) -> None:
    from pellucid.spark import read_reports

    table = spark.createDataFrame([("a", bytearray(REPORT.encode()))], "id string, text binary")
    (row,) = read_reports(table, full=True).collect()
    assert json.loads(row.reading)["report"]["text"] == REPORT
    own = [flatten_finding(f) for f in engine.find(REPORT)]
    assert row.asDict(recursive=True)["findings"] == own


def test_the_columns_of_both_engines_are_one(spark: Any, tmp_path: Path) -> None:
    """A table that the local batch wrote and one of Spark's have one schema, so can be joined."""
    import pyarrow
    from pyarrow import parquet

    from pellucid.app.outputs import build_batch, get_schema
    from pellucid.spark import read_reports

    local = tmp_path / "local.parquet"
    row = read_row(Row("a", REPORT), Settings())
    parquet.write_table(pyarrow.Table.from_batches([build_batch([row])], get_schema()), local)
    table = spark.createDataFrame([("a", REPORT)], "id string, text string")
    one, other = spark.read.parquet(str(local)), read_reports(table)
    assert one.schema.simpleString() == other.schema.simpleString()
    assert one.collect() == other.collect()


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_tables_are_read_as_the_local_batch_reads_them(
    spark: Any, tmp_path: Path, kind: str
) -> None:
    from pellucid.app.batch import run_batch
    from pellucid.spark import _read_source

    source = tmp_path / f"in.{kind}"
    reports = [("a", REPORT), ("b", 'No\nfracture, "none".'), ("c", None)]
    if kind == "jsonl":
        lines = [json.dumps({"id": i, "text": t}) for i, t in reports]
        source.write_text("\n".join([*lines, "", '{"id": "d"']), encoding="utf-8")
    elif kind == "csv":
        import csv

        with source.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("id", "text"), *reports])
    else:
        import pyarrow
        from pyarrow import parquet

        ids, texts = zip(*reports, strict=True)
        parquet.write_table(pyarrow.table({"id": ids, "text": texts}), source)
    out = tmp_path / "out.jsonl"
    list(run_batch(str(source), str(out), Settings()))
    local = [json.loads(line) for line in out.read_bytes().splitlines()]
    lines = _read_source(spark, str(source), Settings(), as_lines=True).collect()
    found = [json.loads(row.value) for row in lines]
    assert [row.get("findings") for row in found] == [row.get("findings") for row in local]
    assert ["error" in row for row in found] == ["error" in row for row in local]
    assert [row["id"] for row in found][:3] == ["a", "b", "c"]


def test_the_command(run_long: Any, tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(json.dumps({"id": "a", "text": REPORT}) + "\n\nnonsense\n", encoding="utf-8")
    spark = ["read", "--engine", "spark", "--master", "local[2]", "--batch"]
    done = run_long(*spark, str(source), "-o", str(out))
    assert done.returncode == 0, done.stderr
    lines = [line for p in sorted(out.glob("part-*")) for line in p.read_bytes().splitlines()]
    rows = [json.loads(line) for line in lines]
    assert [row["id"] for row in rows] == ["a", None]
    assert rows[0]["findings"][0]["measurements"] == [[6.0]]
    assert rows[1]["error"]["code"] == "input"
    done = run_long(*spark, "/no/such.parquet", "-o", str(out))
    assert done.returncode == 2
    (line,) = [x for x in done.stderr.decode().splitlines() if x.startswith("pellucid: ")]
    assert "/no/such.parquet" in line


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--batch", "in.jsonl", "-o", "out.txt"], ".parquet"),
        (["--batch", "in.jsonl", "-o", "out.jsonl", "--resume"], "--resume"),
    ],
)
def test_bad_usage_starts_no_spark(run: Any, arguments: list[str], word: str) -> None:
    from test_cli import check_refused

    check_refused(run("read", "--engine", "spark", *arguments), word)


@pytest.fixture
def run_long() -> Any:
    import os
    import subprocess

    def run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "pellucid", *arguments],
            capture_output=True,
            env={**os.environ, "SPARK_LOCAL_IP": "127.0.0.1"},
            timeout=300,
            check=False,
        )

    return run
