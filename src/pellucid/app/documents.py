"""PDF and Word files of a collection, opened in a process of their own.

A PDF of one megabyte can ask for gigabytes of memory and take the process that opens it down; here
that ends a child process, and one line says so.
"""

from __future__ import annotations

import os
import sys
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from pellucid.errors import CollectionError, MissingExtraError, PellucidError

#: Memory that one document may take, and seconds.
MAX_MEMORY = 4_000_000_000
MAX_SECONDS = 120.0


class Documents:
    """Opens documents one after another; a child that dies is followed by another."""

    def __init__(self, max_seconds: float = MAX_SECONDS, max_memory: int = MAX_MEMORY) -> None:
        self._max_seconds = max_seconds
        self._max_memory = max_memory
        self._child: tuple[BaseProcess, Connection] | None = None

    def __enter__(self) -> Documents:
        return self

    def __exit__(self, *reason: object) -> None:
        self._stop()

    def open(self, data: bytes, name: str) -> str:
        """Text of a document.

        Raises
        ------
        CollectionError
            If it cannot be read, or not within the limits.
        MissingExtraError
            If a library for its format is missing.
        """
        connection = (self._child or self._start())[1]
        try:
            connection.send_bytes(data)
            if not connection.poll(self._max_seconds):
                self._stop()
                raise CollectionError(
                    f"{name} takes longer than {self._max_seconds:g} s to open: not read"
                )
            text, error = connection.recv()
        except (EOFError, OSError):
            self._stop()
            raise CollectionError(
                f"{name} takes more memory than a document may, or breaks its reader: not read"
            ) from None
        if isinstance(error, MissingExtraError):
            raise error
        if error is not None:
            raise CollectionError(f"{name}: {error}")
        return str(text)

    def _start(self) -> tuple[BaseProcess, Connection]:
        context = get_context("spawn")
        own, other = context.Pipe()
        process = context.Process(target=_serve, args=(other, self._max_memory), daemon=True)
        process.start()
        other.close()
        self._child = process, own
        return self._child

    def _stop(self) -> None:
        if self._child:
            process, connection = self._child
            self._child = None
            connection.close()
            process.kill()
            process.join()


def _serve(connection: Any, max_memory: int) -> None:
    """Open what comes, until no more does."""
    from pellucid.reports import open_report

    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what a library says while it breaks
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (max_memory, max_memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while True:
        try:
            data = connection.recv_bytes()
        except (EOFError, OSError):
            return
        try:
            connection.send((open_report(data).text, None))
        except PellucidError as error:
            connection.send((None, error))
        except MemoryError:
            connection.send((None, CollectionError("it takes more memory than a document may")))
