"""The site's folder and its secret key."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

from pellucid.app import settings

#: A folder of the site's folder while a restore is under way, and its part with the site's files.
RESTORING = "restoring"
FILES = "files"


def get_data_folder() -> Path:
    """The site's folder: ``PELLUCID_DATA_DIR``, or the system's usual place; made if it is not there."""
    folder = Path(settings.get_data_folder())
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def get_secret_key(folder: Path) -> str:
    """``PELLUCID_SECRET_KEY``, or the key in the site's folder; made once, readable by its owner only."""
    if key := os.environ.get("PELLUCID_SECRET_KEY"):
        return key
    return get_or_make_secret(folder / "secret-key", lambda: secrets.token_urlsafe(50))


def get_or_make_secret(path: Path, make: Callable[[], str]) -> str:
    """What a file of the site's folder holds; made once, readable by its owner only."""
    if not path.exists():
        # Written whole under another name first: who comes second finds all of it.
        part = _write_secret(path, make())
        try:
            os.link(part, path)
        except FileExistsError:
            pass
        finally:
            part.unlink()
    return path.read_text(encoding="ascii").strip()


def replace_secret(path: Path, secret: str) -> None:
    """Put another secret in the place of one, whole or not at all."""
    os.replace(_write_secret(path, secret), path)


def _write_secret(path: Path, secret: str) -> Path:
    part = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    return part


def put_files(folder: Path) -> None:
    """Put the files of a restore that was begun in their places: keys must be there when settings are read."""
    staged = folder / RESTORING / FILES
    for source in staged.rglob("*"):
        if source.is_file():
            target = folder / source.relative_to(staged)
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            copy = target.with_name(f".{target.name}.{os.getpid()}")
            shutil.copy2(source, copy)
            sync(copy)
            os.replace(copy, target)


def sync(path: Path) -> None:
    """Have what was written to a file, or the names in a folder, on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
