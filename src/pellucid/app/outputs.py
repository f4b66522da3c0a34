"""What a batch writes: .jsonl, line by line, or .parquet; and files that are whole or not there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from io import BytesIO
from json import dumps, loads
from typing import IO, Any, NamedTuple

from pellucid.app.tables import get_kind, import_arrow
from pellucid.errors import InputError

#: Rows that go into a Parquet file together.
_GROUP_ROWS = 8_192


class Output(NamedTuple):
    """A table that is written: ``encode`` makes bytes of rows, in any process; ``write`` adds them."""

    encode: Callable[[Sequence[dict[str, Any]]], bytes]
    write: Callable[[bytes], None]


def find_end(path: str) -> tuple[int, Any]:
    """How many rows of a .jsonl output are whole, and the last one's id; cuts off what is not."""
    rows, size, last = 0, 0, b"{}"
    try:
        with open(path, "r+b") as file:
            for line in file:
                if line.endswith(b"\n"):
                    rows, size, last = rows + 1, size + len(line), line
            file.truncate(size)
        return rows, loads(last).get("id")
    except FileNotFoundError:
        return 0, None
    except OSError as error:
        raise InputError(f"cannot resume {path}: {error.strerror}") from error
    except (ValueError, AttributeError):
        raise InputError(f"{path} is no output of a batch: begin again without --resume") from None


@contextmanager
def open_output(path: str, resume: bool = False) -> Iterator[Output]:
    """Open a table to be written; a Parquet table appears under its name when it is whole."""
    if get_kind(path) == ".jsonl":
        with _open_file(path, "ab" if resume else "wb") as file:

            def write(data: bytes) -> None:
                file.write(data)
                file.flush()

            yield Output(encode_jsonl, write)
    elif get_kind(path) == ".parquet":
        if resume:
            raise InputError("a Parquet output cannot be resumed: write .jsonl, or begin again")
        arrow, parquet = import_arrow("pyarrow"), import_arrow("pyarrow.parquet")
        with replace_whole(path) as file, parquet.ParquetWriter(file, get_schema()) as writer:
            waiting: list[Any] = []

            def write(data: bytes) -> None:
                waiting.extend(arrow.ipc.open_stream(data))
                if sum(b.num_rows for b in waiting) >= _GROUP_ROWS:
                    finish()

            def finish() -> None:
                writer.write_table(arrow.Table.from_batches(waiting, get_schema()))
                waiting.clear()

            yield Output(encode_arrow, write)
            finish()
    else:
        raise InputError(f"cannot tell what to write to {path}; a batch writes .jsonl and .parquet")


@contextmanager
def replace_whole(path: str) -> Iterator[IO[bytes]]:
    """A file that takes its place when all is written, or not at all; a device is written as is."""
    path = os.path.realpath(path)
    if os.path.exists(path) and not os.path.isfile(path):
        with _open_file(path, "wb") as file:
            yield file
        return
    part = f"{path}.{os.getpid()}.part"
    try:
        with _open_file(part, "wb") as file:
            yield file
        os.replace(part, path)
    finally:
        with suppress(OSError):
            os.unlink(part)


@contextmanager
def _open_file(path: str, mode: str) -> Iterator[IO[bytes]]:
    try:
        with open(path, mode) as file:
            yield file
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from error


def encode_jsonl(rows: Sequence[dict[str, Any]]) -> bytes:
    """One line of JSON each; half a surrogate pair in an id stays what it is, escaped."""
    lines = "".join([dumps(row, ensure_ascii=False) + "\n" for row in rows])
    return lines.encode("utf-8", "backslashreplace")


def encode_arrow(rows: Sequence[dict[str, Any]]) -> bytes:
    """An Arrow stream."""
    sink = BytesIO()
    batch = build_batch(rows)
    with import_arrow("pyarrow").ipc.new_stream(sink, batch.schema) as stream:
        stream.write_batch(batch)
    return sink.getvalue()


def _make_text(value: Any) -> str | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else dumps(value, default=str)
    return text.encode("utf-8", "backslashreplace").decode()


@cache
def get_schema() -> Any:
    """The Arrow schema of the rows; ``reading`` is JSON text, and null without ``--full``."""
    a = import_arrow("pyarrow")
    text, number = a.string(), a.int32()
    finding = {
        **dict.fromkeys(("concept", "name", "status", "temporality", "experiencer"), text),
        **dict.fromkeys(("site", "laterality"), text),
        "measurements": a.list_(a.list_(a.float64())),
        **dict.fromkeys(("change", "category"), text),
        "codes": a.map_(text, a.list_(text)),
        **dict.fromkeys(("start", "end"), number),
        **dict.fromkeys(("text", "section"), text),
    }
    advice = {"text": text, "start": number, "end": number, "action": text, "interval": text}
    return a.schema(
        {
            "id": text,
            "findings": a.list_(a.struct(finding)),
            "recommendations": a.list_(a.struct(advice)),
            "reading": text,
            "error": a.struct({"code": text, "message": text}),
        }
    )


def build_batch(rows: Sequence[dict[str, Any]], id_type: Any = None) -> Any:
    """An Arrow record batch of rows; ids of no known type become texts."""
    arrow, schema = import_arrow("pyarrow"), get_schema()
    if id_type is None:
        rows = [{**row, "id": _make_text(row["id"])} for row in rows]
    else:
        schema = schema.set(0, arrow.field("id", id_type))
    return arrow.RecordBatch.from_pylist([_flatten(row) for row in rows], schema)


def build_lines(rows: Sequence[dict[str, Any]]) -> Any:
    """An Arrow record batch of one column: a line of JSON each."""
    lines = encode_jsonl(rows).decode().split("\n")[:-1]
    return import_arrow("pyarrow").RecordBatch.from_pydict({"value": lines})


def _flatten(row: dict[str, Any]) -> dict[str, Any]:
    """A row as its columns hold it: codes as pairs, the reading as JSON."""
    if "error" in row:
        return row
    findings = [{**f, "codes": list(f["codes"].items())} for f in row["findings"]]
    reading = dumps(row["reading"], ensure_ascii=False) if "reading" in row else None
    return {**row, "findings": findings, "reading": reading}
