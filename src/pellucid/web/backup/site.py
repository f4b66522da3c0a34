"""Backing a site up while it runs, and putting it back: all of it or nothing.

A restore is decided by one renaming: before it the site is the old one; after it the site is the
new one, and whoever comes next finishes what a kill has cut off (:func:`finish_restore`).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.files import locks
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from pellucid import __version__
from pellucid.errors import InputError
from pellucid.web.accounts.access import has_members
from pellucid.web.backup.archive import Manifest, hash_file, unpack_archive, write_archive
from pellucid.web.backup.database import (
    dump_database,
    find_unknown,
    list_migrations,
    load_database,
)
from pellucid.web.config.folder import FILES, RESTORING, put_files, sync

_DATABASE = "database"
_UNPACKED = "restore.new"
_LOCK = "restore.lock"
# Made anew by `serve`, or installed again; the database is copied by its own means.
_LEFT_OUT = {"static", "packs", RESTORING, _UNPACKED, _LOCK}


def make_backup(path: Path) -> Manifest:
    """Write a site's backup to a new file, whole or not at all.

    Raises
    ------
    InputError
        If the file is there already or stands in the site's folder, or there is no site.
    """
    path = path.absolute()
    if path.exists():
        raise InputError(f"{path} is there already: choose another name")
    if path.is_relative_to(settings.DATA):
        raise InputError("a backup in the site's own folder is lost with it: choose another place")
    finish_restore()
    migrations = list_migrations()
    if not migrations:
        raise InputError("there is no site yet; pellucid serve makes one")
    with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as work:
        folder = Path(work)
        dump_database(folder / _DATABASE)
        for kept in _list_files(settings.DATA):
            copy = folder / FILES / kept.relative_to(settings.DATA)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(kept, copy)
        files = {
            found.relative_to(folder).as_posix(): hash_file(found)
            for found in sorted(folder.rglob("*"))
            if found.is_file()
        }
        manifest = Manifest(
            timezone.now().isoformat(), __version__, connection.vendor, migrations, files
        )
        write_archive(folder, manifest, folder / "archive")
        os.replace(folder / "archive", path)
    sync(path.parent)
    return manifest


def restore_backup(path: Path, force: bool = False) -> Manifest:
    """Make the site what a backup holds.

    Raises
    ------
    InputError
        If the backup is damaged, of another database or of a newer program; or if the site has
        members, without ``force``.
    """
    finish_restore()
    if list_migrations() and has_members() and not force:
        raise InputError("this site has members: --force replaces all of it by the backup")
    folder: Path = settings.DATA / _UNPACKED
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        manifest = unpack_archive(path, folder)
        if manifest.vendor != connection.vendor:
            raise InputError(
                f"the backup is of {manifest.vendor}, this site on {connection.vendor}"
            )
        if unknown := find_unknown(manifest.migrations):
            raise InputError(f"a newer Pellucid made this backup ({unknown[0]}): update first")
        sync(folder)
        os.rename(folder, settings.DATA / RESTORING)
        sync(settings.DATA)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    finish_restore()
    return manifest


def finish_restore() -> bool:
    """Finish a restore that was begun; whether there was one. Two who try at once do it once."""
    staged: Path = settings.DATA / RESTORING
    if not staged.is_dir():
        return False
    with (settings.DATA / _LOCK).open("w") as lock:
        locks.lock(lock, locks.LOCK_EX)
        if not staged.is_dir():
            return False
        put_files(settings.DATA)
        load_database(staged / _DATABASE)
        call_command("migrate", interactive=False, verbosity=0)
        # First the name: a folder that is half removed must not be taken for a restore.
        os.rename(staged, settings.DATA / _UNPACKED)
    shutil.rmtree(settings.DATA / _UNPACKED, ignore_errors=True)
    return True


def _list_files(folder: Path) -> Iterator[Path]:
    database = Path(str(settings.DATABASES["default"]["NAME"])).name
    for path in sorted(folder.iterdir()):
        if path.name in _LEFT_OUT or path.name.startswith(("site.sqlite3", database)):
            continue
        found = sorted(path.rglob("*")) if path.is_dir() and not path.is_symlink() else [path]
        yield from (p for p in found if p.is_file() and not p.is_symlink())
