"""Tables of reports: rows out of .jsonl, .csv and .parquet (app.outputs writes)."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable, Iterator
from io import TextIOWrapper
from itertools import count
from json import loads
from typing import IO, Any, NamedTuple

from pellucid.errors import InputError, MissingExtraError

#: Longest line or field that is held in memory: the longest report, each character escaped.
MAX_LINE = 16_000_000
_TEXT_COLUMNS = ("text", "report")


class Row(NamedTuple):
    """One report of a table; ``problem`` says why there is no text."""

    id: Any
    text: str | bytes | None
    problem: str | None = None


def read_rows(path: str) -> Iterator[Row]:
    """Rows of a table, one by one; a row that cannot be used comes with its problem.

    Raises
    ------
    InputError
        If the table is missing, of an unknown kind, or has no column of reports.
    """
    read = _READERS.get(get_kind(path))
    if read is None:
        raise InputError(f"cannot tell what {path} is; --batch reads {', '.join(_READERS)}")
    try:
        file = open(path, "rb")  # noqa: SIM115 (the rows close it)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    return read(file)


def get_kind(path: str) -> str:
    """The extension that tells what a table is."""
    return os.path.splitext(path)[1].lower()


def count_rows(path: str) -> int | None:
    """How many rows a table has, if that is cheap to tell."""
    if get_kind(path) == ".parquet":
        return int(import_arrow("pyarrow.parquet").read_metadata(path).num_rows)
    if get_kind(path) == ".jsonl" and os.path.isfile(path):
        with open(path, "rb") as file:
            return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    return None


def parse_line(line: str | bytes, number: int | None = None) -> Row:
    """The row of a JSONL line; its number stands for an id that is missing."""
    try:
        row = loads(line)
    except (ValueError, RecursionError):
        return Row(number, None, "the line is not JSON")
    if not isinstance(row, dict):
        return Row(number, None, "the line is not a JSON object")
    text = row.get("text", row.get("report"))
    return make_row(row.get("id", number), text if isinstance(text, str) else None)


def make_row(identifier: Any, text: object) -> Row:
    """A row of a cell's content."""
    if isinstance(text, str | bytes):
        return Row(identifier, text)
    return Row(identifier, None, 'the row needs "text": a text')


def _read_jsonl(file: IO[bytes]) -> Iterator[Row]:
    with file:
        for number in count(1):
            line = file.readline(MAX_LINE + 1)
            if not line:
                return
            if len(line) > MAX_LINE:
                while line and not line.endswith(b"\n"):
                    line = file.readline(MAX_LINE)
                yield Row(number, None, f"the line is longer than {MAX_LINE:,} bytes, the limit")
            elif line.strip():
                yield parse_line(line, number)


def _read_csv(file: IO[bytes]) -> Iterator[Row]:
    csv.field_size_limit(MAX_LINE)
    reader = csv.DictReader(TextIOWrapper(file, "utf-8-sig", "surrogateescape", newline=""))
    try:
        column = find_column(reader.fieldnames or (), file.name)
    except csv.Error as error:
        raise InputError(f"{file.name} is not CSV: {error}") from error

    def read() -> Iterator[Row]:
        with file:
            for number in count(1):
                try:
                    row = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    yield Row(number, None, f"the row is not CSV: {error}")
                else:
                    yield make_row(row.get("id", number), row[column])

    return read()


def _read_parquet(file: IO[bytes]) -> Iterator[Row]:
    arrow, parquet = import_arrow("pyarrow"), import_arrow("pyarrow.parquet")
    damaged = InputError(f"{file.name} is no Parquet file, or is damaged")
    try:
        table = parquet.ParquetFile(file, buffer_size=1 << 20)
    except (arrow.ArrowException, OSError):
        raise damaged from None
    names = table.schema_arrow.names
    columns = [find_column(names, file.name), *(["id"] if "id" in names else [])]

    def read() -> Iterator[Row]:
        number = count(1)
        with file:
            try:
                for batch in table.iter_batches(64, columns=columns):
                    texts = get_cells(batch.column(columns[0]))
                    ids = get_cells(batch.column("id")) if "id" in names else number
                    # The texts come first: zip takes no number for a text that is not there.
                    yield from (make_row(i, t) for t, i in zip(texts, ids, strict=False))
            except (arrow.ArrowException, OSError):
                raise damaged from None

    return read()


def get_cells(column: Any) -> list[Any]:
    """Python values of an Arrow column; bytes that are no UTF-8 become surrogates."""
    try:
        return list(column.to_pylist())
    except UnicodeDecodeError:
        cells = column.cast(import_arrow("pyarrow").binary()).to_pylist()
        return [c if c is None else c.decode("utf-8", "surrogateescape") for c in cells]


def find_column(names: Iterable[str], path: str) -> str:
    """The column of a table that holds the reports."""
    names = list(names)
    for column in _TEXT_COLUMNS:
        if column in names:
            return column
    raise InputError(f"{path} has no column 'text'; it has: {', '.join(names) or 'none'}")


def import_arrow(module: str) -> Any:
    """A module of pyarrow, or MissingExtraError with the line that installs it."""
    from importlib import import_module

    try:
        return import_module(module)
    except ImportError:
        raise MissingExtraError("Parquet needs pyarrow: pip install 'pellucid[batch]'") from None


_READERS: dict[str, Callable[[IO[bytes]], Iterator[Row]]] = {
    ".jsonl": _read_jsonl,
    ".csv": _read_csv,
    ".parquet": _read_parquet,
}
