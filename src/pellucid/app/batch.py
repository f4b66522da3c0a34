"""Many reports: rows in, rows out, in order and in bounded memory; no row is lost."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context, parent_process
from typing import Any, NamedTuple

from pellucid.app.outputs import find_end, open_output
from pellucid.app.rows import Settings, get_engine, make_error, read_row
from pellucid.app.tables import Row, read_rows
from pellucid.errors import InputError

_CHUNK_ROWS = 64
_CHUNK_TEXT = 500_000
#: Chunks that are under way for each process: enough to keep it busy, few enough to hold.
_AHEAD = 3

Encode = Callable[[Sequence[dict[str, Any]]], bytes]


class Part(NamedTuple):
    """Some rows that are done: how many, how many of them errors, and the bytes to write."""

    rows: int
    errors: int
    data: bytes


def run_batch(
    source: str, target: str, settings: Settings, resume: bool = False
) -> Iterator[tuple[int, int]]:
    """Read all reports of a table into another; yields how many rows and errors were added.

    Raises
    ------
    InputError
        If one of the two cannot be used.
    PackError
        If a pack is missing or broken.
    """
    rows = read_rows(source)
    if os.path.exists(target) and os.path.samefile(source, target):
        raise InputError("the output is the input: give another name to -o")
    get_engine(settings.packs)  # compiled once, before the processes begin
    with open_output(target, resume) as output:
        if resume:
            done = _skip(rows, target)
            yield done, 0
        for part in run_rows(rows, settings, output.encode):
            output.write(part.data)
            yield part.rows, part.errors


def _skip(rows: Iterator[Row], target: str) -> int:
    done, identifier = find_end(target)
    skipped = deque(islice(rows, done), maxlen=1)
    if done and (not skipped or skipped[0].id != identifier):
        raise InputError(
            f"{target} was not made from this input: row {done} differs; begin again without --resume"
        )
    return done


def run_rows(rows: Iterable[Row], settings: Settings, encode: Encode) -> Iterator[Part]:
    """Read rows in order, in this process or in several; at most some chunks are held."""
    if settings.jobs == 1:
        yield from (_work(chunk, settings, encode) for chunk in _cut(rows))
        return
    pool = _start_pool(settings.jobs)
    waiting: deque[tuple[list[Row], Future[Part] | None]] = deque()
    try:
        for chunk in _cut(rows):
            try:
                waiting.append((chunk, pool.submit(_work, chunk, settings, encode)))
            except BrokenExecutor:
                waiting.append((chunk, None))
                pool.shutdown(wait=False)
                pool = _start_pool(settings.jobs)
            if len(waiting) >= _AHEAD * settings.jobs:
                yield from _finish(*waiting.popleft(), settings, encode)
        while waiting:
            yield from _finish(*waiting.popleft(), settings, encode)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _finish(
    chunk: list[Row], future: Future[Part] | None, settings: Settings, encode: Encode
) -> Iterator[Part]:
    """The result of a chunk; if its process has died, row by row in processes of their own."""
    if future:
        try:
            yield future.result()
            return
        except BrokenExecutor:
            pass
    alone = _start_pool(1)
    for row in chunk:
        try:
            yield alone.submit(_work, [row], settings, encode).result()
        except BrokenExecutor:
            alone.shutdown(wait=False)
            alone = _start_pool(1)
            error = make_error(row, "crash", "the process that read this report was ended")
            yield Part(1, 1, encode([error]))
    alone.shutdown()


def _start_pool(jobs: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(jobs, get_context("spawn"), _begin_process)


def _begin_process() -> None:
    """Leave Ctrl-C to the parent, and end when it has ended, however it did."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent() -> None:
    parent = parent_process()
    if parent:
        parent.join()
        os._exit(1)


def _cut(rows: Iterable[Row]) -> Iterator[list[Row]]:
    chunk: list[Row] = []
    size = 0
    for row in rows:
        chunk.append(row)
        size += len(row.text or "")
        if len(chunk) == _CHUNK_ROWS or size > _CHUNK_TEXT:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _work(chunk: list[Row], settings: Settings, encode: Encode) -> Part:
    rows = [read_row(row, settings) for row in chunk]
    return Part(len(rows), sum("error" in row for row in rows), encode(rows))
