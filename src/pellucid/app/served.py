"""What the server of packs has, asked every few seconds: no question waits for one that is away."""

from __future__ import annotations

from functools import cache
from threading import Lock
from time import monotonic

from pellucid.errors import PackStoreError
from pellucid.retrieval.postgres_shelf import PostgresShelf

#: Seconds for which what it has, or that it is away, is not asked again.
_FRESH = 5.0


class ServedPacks:
    """The packs on one server; safe to share between threads."""

    def __init__(self, address: str) -> None:
        self._shelf = PostgresShelf(address)
        self._lock = Lock()
        self._found: tuple[tuple[str, int], ...] | str = ()
        self._until = 0.0

    def list_numbers(self) -> tuple[tuple[str, int], ...]:
        """Names and numbers of the packs; a pack that is replaced has a new number.

        Raises
        ------
        PackStoreError
            If the server is away.
        """
        with self._lock:
            if monotonic() >= self._until:
                try:
                    self._found = self._shelf.list_numbers()
                except PackStoreError as error:
                    self._found = str(error)
                self._until = monotonic() + _FRESH
            if isinstance(self._found, str):
                raise PackStoreError(self._found)
            return self._found

    def forget(self) -> None:
        """Ask the server the next time."""
        with self._lock:
            self._until = 0.0


@cache
def get_server(address: str) -> ServedPacks:
    """The server at an address, one object in a process."""
    return ServedPacks(address)
