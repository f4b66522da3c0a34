"""``pellucid read``: one report, or a table of them."""

from __future__ import annotations

import gc
import os
import sys
from types import SimpleNamespace

from pellucid.app.engine import load
from pellucid.app.render import render_reading
from pellucid.errors import InputError

#: More than any report that is read: what comes behind it need not be held.
_MAX_BYTES = 100_000_000
_MIN_WIDTH = 20


def run_read(options: SimpleNamespace) -> int:
    """Read one report, or a batch."""
    if options.batch is not None:
        return _run_batch(options)
    if options.full or options.resume or options.engine != "local":
        raise InputError("--full, --resume and --engine belong to --batch IN -o OUT")
    reading = load(*options.pack).read(_read_file(options.file))
    text = render_reading(reading, options.format, _get_width(options))
    # Half a surrogate pair can come in by an escape; it cannot go out.
    data = text.encode("utf-8", "replace")
    if options.output:
        from pellucid.app.outputs import replace_whole

        with replace_whole(options.output) as file:
            file.write(data)
    else:
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
    return 0


def _read_file(path: str | None) -> bytes:
    if path is None or path == "-":
        if sys.stdin.isatty():
            print("Paste the report, then Ctrl-D:", file=sys.stderr)
        return sys.stdin.buffer.read(_MAX_BYTES)
    try:
        with open(path, "rb") as file:
            return file.read(_MAX_BYTES)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no such file"
        raise InputError(f"cannot read {path!r}: {reason}") from error


def _get_width(options: SimpleNamespace) -> int:
    if options.width:
        return max(int(options.width), _MIN_WIDTH)
    if options.output or not sys.stdout.isatty():
        return 80
    return max(min(os.get_terminal_size().columns, 100), _MIN_WIDTH)


def _run_batch(options: SimpleNamespace) -> int:
    if options.file is not None:
        raise InputError("give a report or --batch IN, not both")
    if not options.output:
        raise InputError("--batch IN needs -o OUT: a .jsonl or .parquet to write")
    gc.enable()
    from pellucid.app.rows import Settings

    settings = Settings(
        tuple(os.path.abspath(p) for p in options.pack),
        options.full,
        options.timeout,
        options.jobs,
    )
    if options.engine == "spark":
        if options.resume:
            raise InputError(
                "--resume is for --engine local: Spark begins a lost task again itself"
            )
        from pellucid.spark import run_spark

        run_spark(options.batch, options.output, options.master, settings)
        return 0
    from pellucid.app.batch import run_batch

    rows = errors = 0
    with _Progress(options.batch) as progress:
        for added, wrong in run_batch(options.batch, options.output, settings, options.resume):
            progress.update(added)
            rows, errors = rows + added, errors + wrong
    if errors:
        print(
            f"pellucid: {errors} of {rows} rows could not be read; each says why", file=sys.stderr
        )
    return 0


class _Progress:
    """A bar on a terminal, else nothing."""

    def __init__(self, source: str) -> None:
        self._bar = None
        if sys.stderr.isatty():
            from tqdm import tqdm

            from pellucid.app.tables import count_rows

            self._bar = tqdm(total=count_rows(source), unit=" reports", file=sys.stderr)

    def update(self, rows: int) -> None:
        if self._bar is not None:
            self._bar.update(rows)

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()
