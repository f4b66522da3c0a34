"""The whole database into a file, and back in one transaction: by the database's own means."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pellucid.errors import InputError


def dump_database(target: Path) -> None:
    """Copy the database as it is at one moment; the site may go on meanwhile."""
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(target)) as copy:
            _get_sqlite().backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
        _check_sqlite(target)
    else:
        _run_tool("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")


def load_database(source: Path) -> None:
    """Replace the database's content, or change nothing; those who read meanwhile see either."""
    if connection.vendor == "sqlite":
        _check_sqlite(source)
        with closing(sqlite3.connect(source)) as copy:
            copy.backup(_get_sqlite())
    else:
        script = source.with_suffix(".sql")
        options = ("--clean", "--if-exists", "--no-owner", "--no-privileges")
        _run_tool("pg_restore", *options, f"--file={script}", str(source), connect=False)
        # Tables of a version that the backup does not know would keep its tables from being dropped.
        tables = ", ".join(connection.ops.quote_name(t) for t in _list_tables())
        drop = ("--command", f"DROP TABLE IF EXISTS {tables} CASCADE")
        whole = ("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1")
        _run_tool("psql", *whole, *drop, "--file", str(script))
        script.unlink()
    connection.close()


def list_migrations() -> list[str]:
    """The migrations of the database, as ``app.name``; none where there is no site yet."""
    return sorted(
        f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations()
    )


def find_unknown(migrations: list[str]) -> list[str]:
    """Those of some migrations that this version of the program does not have."""
    known = MigrationLoader(connection, replace_migrations=False).disk_migrations
    return sorted(set(migrations) - {f"{app}.{name}" for app, name in known})


def _get_sqlite() -> Any:
    connection.ensure_connection()
    return connection.connection


def _check_sqlite(path: Path) -> None:
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as copy:
            found = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError:
        found = "unreadable"
    if found != "ok":
        raise InputError("the copy of the database is damaged: nothing was changed")


def _list_tables() -> list[str]:
    return [
        *connection.introspection.django_table_names(),
        MigrationRecorder.Migration._meta.db_table,
    ]


def _run_tool(tool: str, *arguments: str, connect: bool = True) -> None:
    path = shutil.which(tool)
    if path is None:
        raise InputError(f"{tool} is not there: install PostgreSQL's client programs")
    environment = dict(os.environ)
    if connect:
        connection.ensure_connection()
        info = connection.connection.info
        # The address as it was given: all that libpq knows by now, an older tool may not.
        given = set(conninfo_to_dict(**connection.get_connection_params()))
        address = {k: v for k, v in info.get_parameters().items() if k in given}
        arguments = (f"--dbname={make_conninfo(**address)}", *arguments)
        environment["PGPASSWORD"] = info.password  # not among the arguments, which all can read
    done = subprocess.run(
        [path, *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        # The first line names the cause; those after it may quote rows.
        said = (done.stderr.strip().splitlines() or ["it did not say why"])[0]
        raise InputError(f"{said}; nothing was changed")
