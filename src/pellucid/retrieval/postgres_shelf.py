"""The shelf of packs on a PostgreSQL server: install, list, remove; each in one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import islice
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from pellucid.errors import MissingExtraError, PackStoreError
from pellucid.retrieval.postgres import (
    LONGEST_NAME,
    PostgresIndex,
    clean,
    connect,
    execute,
    get_pack,
    read_packs,
    saying,
    write_vector,
)
from pellucid.retrieval.store import get_known_text
from pellucid.retrieval.words import Asking
from pellucid.values.passage import InstalledPack, Passage, get_names

if TYPE_CHECKING:
    from psycopg import Connection

    from pellucid.retrieval.dense import Encoder

#: Characters of an answer that are searched: PostgreSQL indexes no text of over a megabyte.
_SEARCHED = 200_000
#: Word pieces of a known text that are encoded, and passages in one step.
_PIECES, _STEP = 64, 256
_SCHEMA = """
CREATE SCHEMA IF NOT EXISTS pellucid;
CREATE TABLE IF NOT EXISTS pellucid.packs (
    name text PRIMARY KEY, number integer GENERATED ALWAYS AS IDENTITY, manifest jsonb NOT NULL
);
"""
_TABLES = """
CREATE SCHEMA {schema};
CREATE TABLE {schema}.passages (
    position integer PRIMARY KEY, id text NOT NULL UNIQUE, fields jsonb NOT NULL, words tsvector,
    vector {type}
);
CREATE TABLE {schema}.names (name text, position integer, PRIMARY KEY (name, position));
CREATE TEMPORARY TABLE incoming (
    position integer, id text, fields jsonb, names text[],
    focus text, synonyms text, question text, answer text, vector text
) ON COMMIT DROP;
"""
_FILL = """
INSERT INTO {schema}.passages SELECT position, id, fields,
    setweight(to_tsvector('english', focus), 'A') || setweight(to_tsvector('english', synonyms), 'B')
    || setweight(to_tsvector('english', question), 'C')
    || setweight(to_tsvector('english', answer), 'D'), vector::{type} FROM incoming;
CREATE INDEX ON {schema}.passages USING gin (words);
CREATE TABLE {schema}.words AS SELECT word, ndoc AS passages
    FROM ts_stat('SELECT words FROM {schema}.passages');
ALTER TABLE {schema}.words ADD PRIMARY KEY (word);
INSERT INTO {schema}.names SELECT DISTINCT unnest(names), position FROM incoming;
ANALYZE {schema}.passages;
"""
_INDEX_VECTORS = "CREATE INDEX ON {schema}.passages USING hnsw (vector halfvec_cosine_ops)"


class PostgresShelf:
    """The packs on a server.

    Parameters
    ----------
    address
        ``postgres://USER:PASSWORD@HOST/DATABASE``; never shown in a message.
    """

    def __init__(self, address: str) -> None:
        if find_spec("psycopg") is None:
            raise MissingExtraError(
                "packs on a server need psycopg: pip install 'pellucid[postgres]'"
            )
        self._address = address

    def list_names(self) -> list[str]:
        """Names of the installed packs, in order."""
        with self._connect() as connection:
            return sorted(row[0] for row in read_packs(connection))

    def list_numbers(self) -> tuple[tuple[str, int], ...]:
        """Names of the installed packs, in order, each with a number that no other has had."""
        with self._connect() as connection:
            return tuple(sorted((name, number) for name, number, _ in read_packs(connection)))

    def get(self, name: str) -> InstalledPack:
        """An installed pack; its folder is the name of its schema.

        Raises
        ------
        PackNotFoundError
            If there is none of the name.
        """
        with self._connect() as connection:
            return get_pack(connection, name)

    def open(self, name: str) -> PostgresIndex:
        """Open a pack for reading and searching.

        Raises
        ------
        PackNotFoundError
            If there is none of the name.
        """
        return PostgresIndex(self._address, name)

    @contextmanager
    def change(self, name: str) -> Iterator[str]:
        """Hold a pack, on all machines, and give a folder for its files until it is put.

        Raises
        ------
        PackStoreError
            If the pack is being changed already, or the server does not do what is asked.
        """
        with (
            self._connect() as connection,
            _holding(connection, name),
            TemporaryDirectory() as part,
        ):
            yield part

    def put(
        self,
        pack: InstalledPack,
        passages: Iterable[Passage],
        tables: Asking,
        encoder: Encoder | None = None,
    ) -> InstalledPack:
        """Put a pack in the place of the one of its name, in one transaction.

        With an encoder, and pgvector on the server, it can be searched by meaning too.
        """
        with self._connect() as connection, connection.transaction():
            connection.execute(_SCHEMA)
            found = connection.execute("SELECT 1 FROM pg_extension WHERE extname = 'vector'")
            with_vectors = encoder is not None and found.fetchone() is not None
            if encoder is not None and not with_vectors:
                note = "meaning: the server lacks the extension vector (pgvector)"
                pack = pack._replace(skipped=(*pack.skipped, note))
            data = json.dumps({**pack._replace(files={})._asdict(), "folder": ""})
            _delete(connection, pack.name)
            number = connection.execute(
                "INSERT INTO pellucid.packs (name, manifest) VALUES (%s, %s) RETURNING number",
                [pack.name, data],
            ).fetchone()
            schema = f"pellucid_{number and number[0]}"
            _write(connection, schema, passages, tables, encoder if with_vectors else None)
        return self.get(pack.name)

    def remove(self, name: str) -> None:
        """Remove a pack.

        Raises
        ------
        PackNotFoundError
            If there is none of the name.
        """
        with self._connect() as connection:
            get_pack(connection, name)
            with _holding(connection, name), connection.transaction():
                _delete(connection, name)

    def find_damage(self, pack: InstalledPack) -> list[str]:
        """One line if the server has not all passages of the pack; it checks its files itself."""
        opened = self.open(pack.name)
        try:
            expected = pack.counts["passages"]
            return [] if len(opened) == expected else [f"{len(opened)} passages, not {expected}"]
        finally:
            opened.close()

    @contextmanager
    def _connect(self) -> Iterator[Connection[Any]]:
        with saying(), connect(self._address) as connection:
            yield connection


@contextmanager
def _holding(connection: Connection[Any], name: str) -> Iterator[None]:
    """Hold a pack; after a kill the server lets go of it as it notices that the connection is gone."""
    key = "(hashtext('pellucid'), hashtext(%s))"
    taken = connection.execute(f"SELECT pg_try_advisory_lock{key}", [name]).fetchone()
    if taken != (True,):
        raise PackStoreError(
            f"the pack {name} is being changed by another command: wait for it to end"
        )
    try:
        yield
    finally:
        if not connection.broken:
            connection.execute(f"SELECT pg_advisory_unlock{key}", [name])


def _delete(connection: Connection[Any], name: str) -> None:
    query = "DELETE FROM pellucid.packs WHERE name = %s RETURNING number"
    for (number,) in connection.execute(query, [name]).fetchall():
        execute(connection, "DROP SCHEMA IF EXISTS {schema} CASCADE", f"pellucid_{number}")


def _write(
    connection: Connection[Any],
    schema: str,
    passages: Iterable[Passage],
    tables: Asking,
    encoder: Encoder | None,
) -> None:
    kind = f"halfvec({encoder.width})" if encoder else "text"  # without an encoder always empty
    execute(connection, _TABLES.replace("{type}", kind), schema)
    with connection.cursor() as cursor, cursor.copy("COPY incoming FROM STDIN") as copy:
        for row in _make_rows(passages, tables, encoder):
            copy.write_row(row)
    execute(connection, _FILL.replace("{type}", kind), schema)
    if encoder is not None:
        execute(connection, _INDEX_VECTORS, schema)


def _make_rows(
    passages: Iterable[Passage], tables: Asking, encoder: Encoder | None
) -> Iterator[list[Any]]:
    """Rows of the table ``incoming``, encoded some at a time."""
    numbered = enumerate(passages)
    while step := list(islice(numbered, _STEP)):
        vectors: list[str | None] = [None] * len(step)
        if encoder is not None:
            texts = [get_known_text(passage) for _, passage in step]
            vectors = [write_vector(vector) for vector in encoder.encode(texts, _PIECES)]
        for (position, passage), vector in zip(step, vectors, strict=True):
            fields = _clean_fields(passage)
            searched = (
                passage.focus,
                " ".join(passage.synonyms),
                passage.question or passage.title,
                passage.answer[:_SEARCHED],
            )
            yield [
                position,
                passage.id,
                json.dumps(fields, ensure_ascii=False),
                [clean(name)[:LONGEST_NAME] for name in get_names(passage)],
                *(clean(" ".join(tables.tokenize(text))) for text in searched),
                vector,
            ]


def _clean_fields(passage: Passage) -> dict[str, Any]:
    fields = {k: clean(v) if isinstance(v, str) else v for k, v in passage._asdict().items()}
    del fields["pack"]
    codes = {key: [clean(code) for code in codes] for key, codes in passage.codes.items()}
    return {**fields, "synonyms": [clean(name) for name in passage.synonyms], "codes": codes}
