"""Questions and answers in CSV or JSONL, read row by row in bounded memory."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from io import TextIOWrapper
from typing import Any

from pellucid.collections.intake import Intake, unique
from pellucid.collections.limits import MAX_ROW
from pellucid.collections.source import File, Source, opening
from pellucid.errors import CollectionError
from pellucid.values.passage import Passage

#: Columns that are read; ``question`` and ``answer`` must be there.
COLUMNS = (
    "id",
    "question",
    "answer",
    "focus",
    "synonyms",
    "question_type",
    "title",
    "url",
    "publisher",
    "licence",
    "codes",
)


def read(source: Source, intake: Intake) -> Iterator[Passage]:
    """A passage for each row that has an answer.

    Raises
    ------
    CollectionError
        If a row cannot be read; it is named.
    """
    for file in source.find(".csv", ".tsv", ".jsonl", ".ndjson"):
        prefix = f"{file.name}:" if len(source.files) > 1 else ""
        read_rows = read_csv if file.name.lower().endswith(("csv", "tsv")) else _read_jsonl
        for number, row in read_rows(file):
            intake.read += 1
            place = f"{file.name}, row {number}"
            answer = _get_text(row, "answer", place)
            if answer:
                yield _make_passage(row, f"{prefix}{number}", answer, place, intake)
            else:
                intake.left_out["no answer"] += 1


def read_lines(file: File) -> Iterator[str]:
    """Lines of a text file, none held longer than the limit for a row."""
    with opening(file.name), file.open() as opened:
        lines = TextIOWrapper(opened, "utf-8-sig", newline="")
        number = 0
        try:
            while line := lines.readline(MAX_ROW + 1):
                number += 1
                if len(line) > MAX_ROW:
                    raise CollectionError(
                        f"{file.name}, line {number} is longer than {MAX_ROW:,} characters, the limit"
                    )
                yield line
        except UnicodeDecodeError as error:
            raise CollectionError(
                f"{file.name} is not UTF-8 behind line {number}: save it as UTF-8"
            ) from error


def read_csv(
    file: File, needed: tuple[str, ...] = ("question", "answer")
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Rows of a table with a head, numbered from 1.

    Raises
    ------
    CollectionError
        If it lacks a column that is needed, or a row is no CSV.
    """
    csv.field_size_limit(MAX_ROW)
    delimiter = "\t" if file.name.lower().endswith(".tsv") else ","
    reader = csv.DictReader(read_lines(file), delimiter=delimiter, strict=True)
    number = 0
    try:
        names = [name.strip().lower() for name in reader.fieldnames or ()]
        missing = [name for name in needed if name not in names]
        if missing:
            raise CollectionError(
                f"{file.name} has no column '{missing[0]}'; it has: {', '.join(names)[:200] or 'none'}"
            )
        reader.fieldnames = names
        for number, row in enumerate(reader, 1):
            if None in row or None in row.values():
                raise CollectionError(
                    f"{file.name}, row {number} has not the {len(names)} cells that the head names"
                )
            yield number, row
    except csv.Error as error:
        raise CollectionError(f"{file.name}, row {number + 1} is no CSV: {error}") from error


def _read_jsonl(file: File) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(read_lines(file), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict) or not {"question", "answer"} <= set(row):
            raise CollectionError(
                f'{file.name}, line {number} is no JSON object with "question" and "answer"'
            )
        yield number, row


def _make_passage(
    row: Mapping[str, Any], number: str, answer: str, place: str, intake: Intake
) -> Passage:
    question = _get_text(row, "question", place)
    texts = {key: _get_text(row, key, place) for key in ("title", "url", "publisher", "licence")}
    return intake.make_passage(
        id=_get_text(row, "id", place) or number,
        focus=_get_text(row, "focus", place) or question,
        synonyms=_get_names(row, place),
        question_type=_get_text(row, "question_type", place) or None,
        question=question,
        answer=answer,
        codes=_get_codes(row, place),
        **{key: text for key, text in texts.items() if text},
    )


def _get_text(row: Mapping[str, Any], key: str, place: str) -> str:
    value = row.get(key)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise CollectionError(f"{place}: '{key}' must be a text")
    return str(value).replace("\r\n", "\n").strip()


def _get_names(row: Mapping[str, Any], place: str) -> tuple[str, ...]:
    """Synonyms: a list in JSON; in CSV parted by ``|``."""
    value = row.get("synonyms") or ()
    names = value.split("|") if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise CollectionError(f"{place}: 'synonyms' must be texts")
    return unique(*names)


def _get_codes(row: Mapping[str, Any], place: str) -> dict[str, tuple[str, ...]]:
    """Codes: ``{"umls": ["C1"]}`` in JSON; in CSV ``umls:C1|icd10cm:I25.84``."""
    value = row.get("codes") or {}
    try:
        if isinstance(value, str):
            pairs = [part.strip().split(":", 1) for part in value.split("|")]
            keys = dict.fromkeys(key.lower() for key, _ in pairs)
            return {key: unique(*(c for k, c in pairs if k.lower() == key)) for key in keys}
        return {key.lower(): unique(*codes) for key, codes in value.items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise CollectionError(f"{place}: 'codes' must be as in umls:C0017601") from error
