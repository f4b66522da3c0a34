"""Packs on a PostgreSQL server, for sites of several machines: its full text search, and pgvector.

Each pack has a schema of its own, ``pellucid_N``, and a row in ``pellucid.packs`` with its
manifest; one transaction makes both, so that a pack is there whole or not at all.

The server's own ranking does not know how rare a word is. So a table counts in how many passages
each word stands; the rarest words of a question choose the passages, up to a bound, and all its
words rank them. That bound is what keeps a search fast in a large pack.

References
----------
PostgreSQL manual, section 12.3.3 (``ts_rank``); S. Robertson, "Understanding inverse document
frequency", 2004.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pellucid.errors import PackInvalidError, PackNotFoundError, PackStoreError
from pellucid.retrieval.condense import Asked
from pellucid.retrieval.store import Hit, weigh_terms
from pellucid.values.passage import InstalledPack, Passage, make_key

if TYPE_CHECKING:
    from psycopg import Connection

    from pellucid.retrieval.dense import Vectors

#: Passages that are ranked for one question.
_CANDIDATES = 4_000
#: What a word weighs in the answer (D), the question (C), the synonyms (B) and the focus (A).
_FIELD_WEIGHTS = [0.2, 0.5, 0.4, 1.0]
#: Characters of a name that are kept to look it up.
LONGEST_NAME = 500
#: Vectors looked at when the nearest are sought (pgvector's ``hnsw.ef_search``).
_NEAR = 100
_FIND = """
SELECT position, score FROM {schema}.passages, LATERAL (
    SELECT sum(weight * ts_rank(%s::float4[], words, word))
    FROM unnest(%s::tsquery[], %s::float8[]) AS asked (word, weight)
) AS ranked (score)
WHERE words @@ %s::tsquery ORDER BY score DESC, position LIMIT %s
"""


class PostgresIndex:
    """A pack on a server: a :class:`~pellucid.retrieval.store.PassageIndex`, and its passages.

    One connection, made anew when the server was away; safe to share between threads. When the pack is
    replaced, it has to be opened again: numbers of the old passages mean nothing in the new ones.
    """

    def __init__(self, address: str, name: str) -> None:
        self._address = address
        with saying():
            self._connection = connect(address)
            try:
                self._look(name)
            except BaseException:
                self._connection.close()
                raise

    def _look(self, name: str) -> None:
        self.pack = get_pack(self._connection, name)
        columns = self._run(
            "SELECT 1 FROM information_schema.columns"
            " WHERE table_schema = %s AND column_name = 'vector' AND udt_name = 'halfvec'",
            [self.pack.folder],
        )
        self._has_vectors = bool(columns)
        self._count = self._run("SELECT count(*) FROM {schema}.passages")[0][0]

    @property
    def has_vectors(self) -> bool:
        """Whether it was indexed with an encoder, and can be searched by meaning."""
        return self._has_vectors

    def __len__(self) -> int:
        return int(self._count)

    def __iter__(self) -> Iterator[Passage]:
        for start in range(0, len(self), 1_000):
            yield from self.get_many(range(start, min(start + 1_000, len(self))))

    def get_many(self, positions: Sequence[int]) -> list[Passage]:
        """Passages by their numbers, in the order asked; KeyError if there is none of a number."""
        rows = self._fetch(
            "SELECT position, fields FROM {schema}.passages WHERE position = ANY(%s)",
            [list(positions)],
        )
        found = {position: self._make(fields) for position, fields in rows}
        return [found[position] for position in positions]

    def get(self, identifier: str) -> Passage:
        """The passage with an id; KeyError if there is none."""
        rows = self._fetch("SELECT fields FROM {schema}.passages WHERE id = %s", [identifier])
        if not rows:
            raise KeyError(identifier)
        return self._make(rows[0][0])

    def find_named(self, name: str) -> list[int]:
        """Numbers of the passages about what goes by a name or code, in any capitals."""
        query = "SELECT position FROM {schema}.names WHERE name = %s ORDER BY position"
        return [row[0] for row in self._fetch(query, [make_key(name)[:LONGEST_NAME]])]

    def find_all_named(self, names: Sequence[str]) -> dict[str, list[int]]:
        """Those of some names that passages go by, in any capitals, with the passages' numbers."""
        keys = {make_key(name)[:LONGEST_NAME]: name for name in names}
        query = "SELECT name, position FROM {schema}.names WHERE name = ANY(%s) ORDER BY position"
        found: dict[str, list[int]] = {}
        for key, position in self._fetch(query, [list(keys)]):
            found.setdefault(keys[key], []).append(position)
        return found

    def list_names(self) -> list[str]:
        """All that the passages go by, in small letters, each once."""
        return [row[0] for row in self._fetch("SELECT DISTINCT name FROM {schema}.names", [])]

    def find_by_words(self, asked: Asked, limit: int) -> list[Hit]:
        """The passages that share the most telling words with what is asked, best first."""
        terms = {clean(key): weight for key, weight in weigh_terms(asked).items()}
        rows = self._fetch(
            "SELECT key, word, passages FROM unnest(%s::text[]) AS asked (key),"
            " unnest(tsvector_to_array(to_tsvector('english', key))) AS stem"
            " JOIN {schema}.words ON word = stem ORDER BY passages, word",
            [list(terms)],
        )
        weights: dict[str, float] = {}
        choosing: list[str] = []
        total = 0
        for key, word, passages in rows:
            query = _quote(word)
            rarity = math.log(1 + (self._count - passages + 0.5) / (passages + 0.5))
            weights[query] = max(weights.get(query, 0.0), terms[key] * rarity)
            total += passages
            if not choosing or total <= _CANDIDATES:
                choosing.append(query)
        if not choosing:
            return []
        words, share = list(weights), list(weights.values())
        values = [_FIELD_WEIGHTS, words, share, " | ".join(choosing), limit]
        return [Hit(*row) for row in self._fetch(_FIND, values)]

    def find_by_meaning(self, vector: Vectors, limit: int) -> list[Hit]:
        """The nearest passages to a vector of length 1, best first; empty without vectors."""
        if not self._has_vectors:
            return []
        rows = self._fetch(
            "SELECT position, 1 - (vector <=> %s::halfvec) FROM {schema}.passages"
            " ORDER BY vector <=> %s::halfvec LIMIT %s",
            [write_vector(vector)] * 2 + [limit],
        )
        return [Hit(*row) for row in rows]

    def get_vectors(self, positions: Sequence[int]) -> Vectors | None:
        """Shape (positions, width), float32; ``None`` in a pack indexed without an encoder."""
        if not self._has_vectors:
            return None
        import numpy as np

        rows = self._fetch(
            "SELECT position, vector::real[] FROM {schema}.passages WHERE position = ANY(%s)",
            [list(positions)],
        )
        found = dict(rows)
        return np.array([found[position] for position in positions], dtype=np.float32)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _make(self, fields: Mapping[str, Any]) -> Passage:
        codes = {key: tuple(values) for key, values in fields["codes"].items()}
        names = tuple(fields["synonyms"])
        return Passage(**{**fields, "pack": self.pack.name, "synonyms": names, "codes": codes})

    def _fetch(self, query: str, values: Sequence[Any]) -> list[Any]:
        import psycopg

        with saying():
            connection = self._connection
            try:
                return self._run(query, values)
            except psycopg.OperationalError:  # the server was restarted, or dropped the connection
                connection.close()
                if self._connection is connection:  # else another thread has made a new one
                    self._connection = connect(self._address)
            return self._run(query, values)

    def _run(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        rows: list[Any] = execute(self._connection, query, self.pack.folder, values).fetchall()
        return rows


def connect(address: str) -> Connection[Any]:
    """Connect to a server; each statement is a transaction of its own unless one is begun."""
    import psycopg

    connection = psycopg.connect(
        address, autocommit=True, connect_timeout=5, tcp_user_timeout=10_000
    )
    connection.execute(f"SET hnsw.ef_search = {_NEAR}".encode())
    return connection


@contextmanager
def saying() -> Iterator[None]:
    """Turn what the server says into one line, without the address."""
    import psycopg

    try:
        yield
    except psycopg.errors.UndefinedTable as error:
        raise PackInvalidError(
            "the pack was replaced or removed while it was read: ask again"
        ) from error
    except psycopg.Error as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        # What libpq says of a refused connection begins with the address.
        reason = lines[0].rpartition("failed: ")[2]
        if error.sqlstate is None:  # it quotes parts of an address that it misreads: passwords too
            reason = re.sub(r"""(["']).*?\1""", "...", reason)
        raise PackStoreError(f"the server of packs: {reason}; nothing was changed") from error


def execute(
    connection: Connection[Any], query: str, schema: str, values: Sequence[Any] | None = None
) -> Any:
    """Run a query of this module, ``{schema}`` filled in."""
    from psycopg import sql

    return connection.execute(
        sql.SQL(query).format(schema=sql.Identifier(schema)),
        values,
    )


def read_packs(connection: Connection[Any]) -> list[tuple[str, int, dict[str, Any]]]:
    """Name, number and manifest of each pack on a server."""
    if connection.execute("SELECT to_regclass('pellucid.packs')").fetchone() == (None,):
        return []
    return connection.execute("SELECT name, number, manifest FROM pellucid.packs").fetchall()


def get_pack(connection: Connection[Any], name: str) -> InstalledPack:
    """A pack on a server; PackNotFoundError if there is none of the name."""
    packs = read_packs(connection)
    for found, number, data in packs:
        if found == name:
            return InstalledPack(
                **{**data, "folder": f"pellucid_{number}", "skipped": tuple(data["skipped"])}
            )
    names = ", ".join(sorted(row[0] for row in packs)) or "none"
    raise PackNotFoundError(f"no pack '{name}' is installed; installed: {names}")


def write_vector(vector: Vectors) -> str:
    """A vector as pgvector reads it."""
    return f"[{','.join(f'{number:.5g}' for number in vector.tolist())}]"


def clean(text: str) -> str:
    """PostgreSQL has no place for the character 0."""
    return text.replace("\0", " ")


def _quote(word: str) -> str:
    """A word as ``tsquery`` reads it."""
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"
