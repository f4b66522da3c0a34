"""Many reports, locally and in Spark: python benchmarks/spark_batch.py [ROWS]

200 made-up reports by repetition. The rows that Spark gives are compared with the engine's own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from itertools import cycle, islice, product
from pathlib import Path
from typing import Any

_SIDES = ("right", "left")
_LUNG = (
    "There is a {n} mm calcified granuloma in the {side} upper lobe, unchanged.",
    "A {n} x {m} mm solid nodule lies in the {side} lower lobe. Follow-up CT in 6 months is advised.",
    "Mild atelectasis at the {side} base. No consolidation.",
    "Possible small {side} pleural effusion.",
    "The lungs are clear. No pneumothorax.",
)
_REST = (
    "Moderate coronary artery calcification. No pericardial effusion.",
    "A {m} mm nonobstructing stone in the {side} kidney. No hydronephrosis.",
    "Cholelithiasis without wall thickening. The liver is normal.",
    "Degenerative changes of the thoracic spine. No fracture.",
    "A {n} mm simple cyst of the {side} kidney, stable.",
)
_INDICATIONS = ("Cough.", "Chest pain, rule out embolism.", "Follow-up.", "History of stones.")


def make_texts() -> list[str]:
    """200 reports, each different."""
    texts = []
    for lung, rest, side, asked in product(_LUNG, _REST, _SIDES, _INDICATIONS):
        number = len(texts)
        said = f"{lung}\nOTHER: {rest}\nNo lymphadenopathy.\nIMPRESSION: {lung}\n"
        said = said.format(n=3 + number % 17, m=2 + number % 9, side=side)
        head = f"INDICATION: {asked}\nCOMPARISON: CT of {1900 + number}.\n"
        texts.append(f"{head}FINDINGS:\nLUNGS: {said}")
    assert len(set(texts)) == 200
    return texts


def start_spark(workers: int = 2) -> Any:
    """A local session of some workers, quiet, that reaches no network."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master(f"local[{workers}]").appName("pellucid")
    options = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false"}
    for key, value in options.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def make_table(spark: Any, texts: list[str], rows: int) -> Any:
    """A DataFrame of many rows: id counts, text repeats."""
    from pyspark.sql.functions import broadcast, col

    few = spark.createDataFrame(list(enumerate(texts)), "k int, text string")
    many = spark.range(0, rows, 1, 8).withColumn("k", (col("id") % len(texts)).cast("int"))
    return many.join(broadcast(few), "k").select("id", "text")


def check_table(spark: Any, path: str, texts: list[str], rows: int) -> int:
    """How many texts have other findings in a table of Spark's than the engine's."""
    from pyspark.sql.functions import col, to_json

    import pellucid
    from pellucid.app.rows import flatten_finding

    table = spark.read.parquet(path)
    assert table.count() == rows
    assert table.select("id").distinct().count() == rows
    assert table.where("error is not null").count() == 0
    found = table.select(
        (col("id") % len(texts)).alias("k"),
        to_json("findings", {"ignoreNullFields": "false"}).alias("f"),
    )
    pairs = found.distinct().collect()
    engine = pellucid.load()
    own = {k: [flatten_finding(f) for f in engine.find(t)] for k, t in enumerate(texts)}
    assert {p.k for p in pairs} == set(own)
    return sum(json.loads(p.f) != own[p.k] for p in pairs)


def get_cpu_seconds() -> float:
    """CPU time of this process and all below it, Spark's included (Linux)."""
    ticks, parents = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(path.parent.name)
        parents[pid], ticks[pid] = int(fields[1]), sum(map(int, fields[11:15]))

    def is_own(pid: int) -> bool:
        while pid not in (0, os.getpid()):
            pid = parents.get(pid, 0)
        return pid != 0

    return sum(t for pid, t in ticks.items() if is_own(pid)) / os.sysconf("SC_CLK_TCK")


def report(what: str, rows: int, seconds: float, cpu: float) -> None:
    print(
        f"{what}: {rows} rows in {seconds:.1f} s, {rows / seconds:.0f}/s; CPU {cpu:.1f} s, "
        f"a million reports {cpu / rows * 1e6 / 3600:.2f} core-hours"
    )


def run_spark(rows: int, folder: str) -> None:
    from pellucid.spark import read_reports

    texts = make_texts()
    spark = start_spark()
    read_reports(make_table(spark, texts, 2_000)).write.parquet(f"{folder}/warm")
    begin, cpu = time.perf_counter(), get_cpu_seconds()
    read_reports(make_table(spark, texts, rows)).write.parquet(f"{folder}/out")
    seconds, cpu = time.perf_counter() - begin, get_cpu_seconds() - cpu
    wrong = check_table(spark, f"{folder}/out", texts, rows)
    spark.stop()
    report("spark, 2 workers", rows, seconds, cpu)
    print(f"texts with other findings than the engine's: {wrong}")


def run_local(rows: int, folder: str) -> None:
    source = Path(folder, "in.jsonl")
    with source.open("w", encoding="utf-8") as file:
        for number, text in enumerate(islice(cycle(make_texts()), rows)):
            file.write(json.dumps({"id": number, "text": text}) + "\n")
    for jobs in ("1", "2"):
        command = [sys.executable, "-m", "pellucid", "read", "--batch", str(source), "--jobs", jobs]
        begin, cpu = time.perf_counter(), get_cpu_seconds()
        subprocess.run([*command, "-o", f"{folder}/out.jsonl"], check=True)
        seconds, cpu = time.perf_counter() - begin, get_cpu_seconds() - cpu
        report(f"local, --jobs {jobs}", rows, seconds, cpu)


def main(rows: int = 200_000) -> None:
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        run_local(rows // 10, folder)
        run_spark(rows, folder)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
