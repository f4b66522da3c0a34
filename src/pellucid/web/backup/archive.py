"""The file of a backup: a compressed tar of what a manifest lists with checksums."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from pellucid.errors import InputError

_MANIFEST = "manifest.json"
_FORMAT = 1
_BROKEN = (tarfile.TarError, EOFError, zlib.error, KeyError, TypeError, ValueError)


class Manifest(NamedTuple):
    """What a backup holds: of which database, in which state, and the SHA-256 of each file."""

    created: str
    version: str
    vendor: str
    migrations: list[str]
    files: dict[str, str]


def write_archive(folder: Path, manifest: Manifest, path: Path) -> None:
    """Write the files of a folder that the manifest lists, for their owner's eyes only."""
    text = json.dumps({"format": _FORMAT, **manifest._asdict()}, indent=1)
    (folder / _MANIFEST).write_text(text, encoding="utf-8")
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        with tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as tar:
            for name in (_MANIFEST, *manifest.files):
                tar.add(folder / name, arcname=name, recursive=False)
        file.flush()
        os.fsync(file.fileno())


def unpack_archive(path: Path, folder: Path) -> Manifest:
    """Unpack a backup into an empty folder, and check every file of it.

    Raises
    ------
    InputError
        If the file is no backup, is damaged, or is of a newer form.
    """
    try:
        with tarfile.open(path, mode="r:gz") as tar:
            members = iter(tar)
            manifest = _read_manifest(tar, next(members, None))
            for member in members:
                if member.name not in manifest.files or not member.isfile():
                    raise InputError(f"{path} has a file that it does not list")
                _unpack(tar, member, folder)
    except _BROKEN:
        raise InputError(f"{path} is no backup of a site, or is damaged") from None
    for name, digest in manifest.files.items():
        if not (folder / name).is_file() or hash_file(folder / name) != digest:
            raise InputError(f"{path} is damaged: {name} is not what was backed up")
    return manifest


def hash_file(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_manifest(tar: tarfile.TarFile, member: tarfile.TarInfo | None) -> Manifest:
    file = tar.extractfile(member) if member and member.name == _MANIFEST else None
    if file is None:
        raise ValueError
    found: dict[str, Any] = json.loads(file.read())
    if found.pop("format") != _FORMAT:
        raise InputError("the backup is of another form: use the Pellucid that made it, or a newer")
    manifest = Manifest(**found)
    for name in manifest.files:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name:
            raise ValueError
    return manifest


def _unpack(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    source = tar.extractfile(member)
    if source is None:
        raise ValueError
    target = folder / member.name
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        shutil.copyfileobj(source, file, 1 << 20)
        file.flush()
        os.fsync(file.fileno())
