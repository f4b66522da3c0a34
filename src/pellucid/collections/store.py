"""The stored form of a pack's passages: one SQLite file, opened in a few milliseconds."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any

from pellucid.errors import CollectionError, PackInvalidError, PackStoreError
from pellucid.values.passage import InstalledPack, Passage, get_names, make_key

#: Name of the file of passages in a pack's folder.
PASSAGES = "passages.sqlite"
_BATCH = 100  # of the longest answers, some 100 MB
_SCHEMA = """
CREATE TABLE passages (
    position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, focus TEXT NOT NULL, synonyms TEXT,
    question_type TEXT, question TEXT NOT NULL, answer TEXT NOT NULL, title TEXT NOT NULL,
    url TEXT NOT NULL, publisher TEXT NOT NULL, licence TEXT NOT NULL, codes TEXT
) STRICT;
CREATE TABLE names (
    name TEXT NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (name, position)
) STRICT, WITHOUT ROWID;
"""
_COLUMNS = (
    "id, focus, synonyms, question_type, question, answer, title, url, publisher, licence, codes"
)


def write_passages(passages: Iterable[Passage], folder: str, progress: Callable[[], None]) -> int:
    """Write passages into a new file in a folder; returns how many.

    Nothing is made safe against a crash here: the folder counts only once it is in its place.

    Raises
    ------
    CollectionError
        If two passages have one id.
    PackStoreError
        If the disk is full.
    """
    try:
        with closing(sqlite3.connect(os.path.join(folder, PASSAGES))) as database:
            database.executescript(
                f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {_SCHEMA}"
            )
            rows, count = iter(passages), 0
            while batch := list(islice(rows, _BATCH)):
                _insert(database, batch, count)
                count += len(batch)
                progress()
            database.commit()
            return count
    except sqlite3.OperationalError as error:
        raise PackStoreError(f"cannot write to {folder}: {error}; nothing was changed") from error


def _insert(database: sqlite3.Connection, batch: Sequence[Passage], start: int) -> None:
    rows = [(start + i, *_to_row(passage)) for i, passage in enumerate(batch)]
    try:
        database.executemany(f"INSERT INTO passages VALUES ({', '.join('?' * 12)})", rows)
    except sqlite3.IntegrityError as error:
        seen: set[str] = set()
        for passage in batch:
            at = database.execute("SELECT position FROM passages WHERE id = ?", [passage.id])
            found = at.fetchone()
            if passage.id in seen or (found and found[0] < start):
                raise CollectionError(f"two passages have the id '{passage.id}'") from error
            seen.add(passage.id)
        raise
    database.executemany(
        "INSERT OR IGNORE INTO names VALUES (?, ?)",
        [(name, start + i) for i, passage in enumerate(batch) for name in get_names(passage)],
    )


def _to_row(passage: Passage) -> tuple[str | None, ...]:
    fields = passage._asdict()
    del fields["pack"]
    fields["synonyms"] = (
        json.dumps(passage.synonyms, ensure_ascii=False) if passage.synonyms else None
    )
    fields["codes"] = json.dumps(passage.codes, ensure_ascii=False) if passage.codes else None
    return tuple(
        v.encode("utf-8", "replace").decode() if isinstance(v, str) else v for v in fields.values()
    )


class PassageStore:
    """The passages of an installed pack, numbered from 0 in the order of their collection.

    Safe to share between threads.

    Raises
    ------
    PackInvalidError
        If the file is missing, cut short, or no store of passages.
    """

    def __init__(self, pack: InstalledPack) -> None:
        self.pack = pack
        path = Path(pack.folder, PASSAGES)
        self._lock = Lock()
        try:
            if path.stat().st_size != pack.files[PASSAGES]["bytes"]:
                raise self._damaged()
            # Immutable: nothing is locked or written beside it, so it may stand on any medium.
            self._database = sqlite3.connect(
                f"{path.as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
            self._count = self._fetch("SELECT coalesce(max(position) + 1, 0) FROM passages")[0][0]
        except (OSError, KeyError) as error:
            raise self._damaged() from error
        if self._count != pack.counts["passages"]:
            raise self._damaged()

    def __len__(self) -> int:
        return int(self._count)

    def __iter__(self) -> Iterator[Passage]:
        for start in range(0, len(self), _BATCH):
            rows = self._fetch(
                f"SELECT {_COLUMNS} FROM passages WHERE position BETWEEN ? AND ? ORDER BY position",
                [start, start + _BATCH - 1],
            )
            yield from map(self._make, rows)

    def get_many(self, positions: Sequence[int]) -> list[Passage]:
        """Passages by their numbers, in the order asked.

        Raises
        ------
        KeyError
            If there is none of a number.
        """
        marks = ", ".join("?" * len(positions))
        rows = self._fetch(
            f"SELECT {_COLUMNS}, position FROM passages WHERE position IN ({marks})", positions
        )
        found = {row[-1]: self._make(row) for row in rows}
        return [found[position] for position in positions]

    def get(self, identifier: str) -> Passage:
        """The passage with an id.

        Raises
        ------
        KeyError
            If there is none.
        """
        rows = self._fetch(f"SELECT {_COLUMNS} FROM passages WHERE id = ?", [identifier])
        if not rows:
            raise KeyError(identifier)
        return self._make(rows[0])

    def find_named(self, name: str) -> list[int]:
        """Numbers of the passages about what goes by a name or code, in any capitals."""
        rows = self._fetch(
            "SELECT position FROM names WHERE name = ? ORDER BY position", [make_key(name)]
        )
        return [row[0] for row in rows]

    def find_all_named(self, names: Sequence[str]) -> dict[str, list[int]]:
        """Those of some names that passages go by, in any capitals, with the passages' numbers."""
        found: dict[str, list[int]] = {}
        keys = {make_key(name): name for name in names}
        asked = iter(keys)
        while batch := list(islice(asked, _BATCH)):
            rows = self._fetch(
                f"SELECT name, position FROM names WHERE name IN ({', '.join('?' * len(batch))}) "
                "ORDER BY position",
                batch,
            )
            for key, position in rows:
                found.setdefault(keys[key], []).append(position)
        return found

    def list_names(self) -> list[str]:
        """All that the passages go by, in small letters, each once."""
        return [row[0] for row in self._fetch("SELECT DISTINCT name FROM names")]

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _make(self, row: Sequence[Any]) -> Passage:
        identifier, focus, synonyms, *texts = row[:10]
        names = tuple(json.loads(synonyms)) if synonyms else ()
        codes = {k: tuple(v) for k, v in json.loads(row[10]).items()} if row[10] else {}
        return Passage._make((identifier, self.pack.name, focus, names, *texts, codes))

    def _fetch(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        try:
            with self._lock:
                return self._database.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise self._damaged() from error

    def _damaged(self) -> PackInvalidError:
        name = self.pack.name
        return PackInvalidError(f"the pack {name} is damaged: pellucid pack update {name} --force")
