"""Reports in Spark: a column of texts -> the rows that a local batch gives (docs/spark.md).

It needs the extra ``spark``: ``pip install 'pellucid[spark]'``, here and on each worker.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from pellucid.app.outputs import build_batch, build_lines
from pellucid.app.rows import Settings, read_row
from pellucid.app.tables import Row, find_column, get_cells, get_kind, make_row, parse_line
from pellucid.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

#: Rows of one Arrow batch that goes back to Spark.
_BATCH_ROWS = 256

_FINDING = """concept string, name string, status string, temporality string, experiencer string,
    site string, laterality string, measurements array<array<double>>, change string,
    category string, codes map<string, array<string>>, start int, end int, text string,
    section string"""
_COLUMNS = f"""findings array<struct<{_FINDING}>>,
    recommendations array<struct<text string, start int, end int, action string, interval string>>,
    reading string, error struct<code string, message string>"""


def read_reports(
    df: DataFrame,
    text: str = "text",
    id: str = "id",
    *,
    packs: Sequence[str] = (),
    full: bool = False,
    timeout: float = 20.0,
) -> DataFrame:
    """Read a column of reports; one row out for each row in, wherever it stood.

    Parameters
    ----------
    df
        Any DataFrame; its other columns are left behind (join on ``id``).
    text
        The column of reports: texts, or the bytes of files.
    id
        The column that names a report; it keeps its type.
    packs
        Folders of further packs, on each worker.
    full
        Give the whole reading too, as JSON in ``reading``.
    timeout
        Seconds that one report may take.

    Returns
    -------
    DataFrame
        ``id``, ``findings``, ``recommendations``, ``reading`` and, for a report that could not be
        read, ``error``.

    """
    columns = df.select(df[id].alias("id"), df[text].alias("text"))
    return _map(columns, _get_rows, Settings(tuple(packs), full, timeout))


def _map(
    df: DataFrame,
    get_rows: Callable[[Any], list[Row]],
    settings: Settings,
    as_lines: bool = False,
) -> DataFrame:
    """Rows of a DataFrame -> columns, or lines of JSON."""
    work = partial(_read_batches, get_rows=get_rows, settings=settings, as_lines=as_lines)
    if as_lines:
        return df.mapInArrow(work, "value string")
    id_type = df.schema["id"].dataType.simpleString() if "id" in df.columns else "string"
    return df.mapInArrow(work, f"id {id_type}, {_COLUMNS}")


def _read_batches(
    batches: Iterable[Any],
    get_rows: Callable[[Any], list[Row]],
    settings: Settings,
    as_lines: bool,
) -> Iterator[Any]:
    """Arrow batches in, Arrow batches out; runs in the workers."""
    for batch in batches:
        id_type = batch.schema.field("id").type if "id" in batch.schema.names else None
        for start in range(0, batch.num_rows, _BATCH_ROWS):
            part = batch.slice(start, _BATCH_ROWS)
            rows = [read_row(row, settings) for row in get_rows(part)]
            yield build_lines(rows) if as_lines else build_batch(rows, id_type)


def _get_rows(batch: Any) -> list[Row]:
    ids, texts = get_cells(batch.column("id")), get_cells(batch.column("text"))
    return [make_row(i, t) for i, t in zip(ids, texts, strict=True)]


def _get_lines(batch: Any) -> list[Row]:
    return [parse_line(line) for line in get_cells(batch.column("value"))]


def run_spark(source: str, target: str, master: str | None, settings: Settings) -> None:
    """Read all reports of a table into a folder of tables, with Spark.

    Raises
    ------
    InputError
        If one of the two cannot be used.
    MissingExtraError
        If pyspark is not installed.
    """
    if get_kind(target) not in (".jsonl", ".parquet"):
        raise InputError(f"cannot tell what to write to {target}; a batch writes .jsonl, .parquet")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError:
        raise MissingExtraError("Spark needs pyspark: pip install 'pellucid[spark]'") from None
    builder = SparkSession.builder.appName("pellucid")
    session = (builder.master(master) if master else builder).getOrCreate()
    try:
        session.sparkContext.setLogLevel("ERROR")
        as_lines = get_kind(target) == ".jsonl"
        rows = _read_source(session, source, settings, as_lines).write.mode("overwrite")
        if as_lines:
            rows.text(target)
        else:
            rows.parquet(target)
    except PySparkException as error:
        raise InputError(f"Spark: {str(error).splitlines()[0]}") from error
    finally:
        session.stop()


def _read_source(
    session: SparkSession, source: str, settings: Settings, as_lines: bool
) -> DataFrame:
    from pyspark.sql.functions import lit

    kind = get_kind(source)
    if kind == ".jsonl":
        lines = session.read.text(source).where("trim(value) <> ''")
        return _map(lines, _get_lines, settings, as_lines)
    if kind == ".csv":
        table = session.read.csv(source, header=True, multiLine=True, quote='"', escape='"')
    elif kind == ".parquet":
        table = session.read.parquet(source)
    else:
        raise InputError(f"cannot tell what {source} is; --batch reads .jsonl, .csv, .parquet")
    text = table[find_column(table.columns, source)].alias("text")
    name = table["id"] if "id" in table.columns else lit(None).cast("string").alias("id")
    return _map(table.select(name, text), _get_rows, settings, as_lines)
