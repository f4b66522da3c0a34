"""The shelf of installed packs: each change is whole or did not happen, whenever it is cut short.

Layout::

    packs/.locks/NAME              held while a pack is changed; the system lets go of it after a kill
    packs/NAME/manifest.json       the pack is what this file says, and is installed while it exists
    packs/NAME/content-XXXXXXXX/   the files that the manifest names
    packs/NAME/part-XXXXXXXX/      an installation under way, or what a killed one left behind

An installation writes into a folder of its own, makes it safe on the disk, gives it its final name,
and last replaces the manifest, which one rename does. Removing begins with the manifest. What no
manifest names is swept away by the next change.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

from pellucid.errors import CollectionError, PackInvalidError, PackNotFoundError, PackStoreError
from pellucid.values.passage import InstalledPack

SCHEMA_VERSION = 1
_MANIFEST = "manifest.json"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_RESERVED = ("core",)
_CHUNK = 1 << 20


def check_name(name: str) -> str:
    """The name, if a pack may have it.

    Raises
    ------
    CollectionError
        If not.
    """
    if not _NAME.fullmatch(name) or name in _RESERVED:
        raise CollectionError(
            f"'{name[:64]}' cannot name a pack: use small letters, digits and hyphens"
        )
    return name


class Shelf:
    """The packs in a folder, which need not exist yet."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def list_names(self) -> list[str]:
        """Names of the installed packs, in order."""
        with suppress(OSError):
            return sorted(
                name
                for name in os.listdir(self._folder)
                if _NAME.fullmatch(name) and os.path.exists(self._get_manifest(name))
            )
        return []

    def get(self, name: str) -> InstalledPack:
        """An installed pack.

        Raises
        ------
        PackNotFoundError
            If there is none of the name.
        PackInvalidError
            If its manifest is damaged, or is of a later Pellucid.
        """
        path = self._get_manifest(check_name(name))
        try:
            with open(path, encoding="utf-8") as file:
                data = json.load(file)
            version, content = data.pop("schema_version"), data.pop("content")
            if version == SCHEMA_VERSION:
                folder = os.path.join(self._folder, name, content)
                skipped = tuple(data.pop("skipped"))
                return InstalledPack(**{**data, "folder": folder, "skipped": skipped})
        except FileNotFoundError:
            names = ", ".join(self.list_names()) or "none"
            raise PackNotFoundError(f"no pack '{name}' is installed; installed: {names}") from None
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise PackInvalidError(
                f"the manifest of the pack {name} is damaged: remove the pack and add it again"
            ) from error
        raise PackInvalidError(
            f"the pack {name} was installed by a later Pellucid: update this one"
        )

    @contextmanager
    def change(self, name: str) -> Iterator[str]:
        """Hold a pack and give a new folder for its files; it is gone at the end if not used.

        Raises
        ------
        PackStoreError
            If the pack is being changed already, or the disk is full or read-only.
        """
        home = os.path.join(self._folder, check_name(name))
        with writing(self._folder), self._lock(name):
            os.makedirs(home, exist_ok=True)
            self._sweep(name)
            part = os.path.join(home, f"part-{os.urandom(4).hex()}")
            os.mkdir(part)
            try:
                yield part
            finally:
                _delete_tree(part)
                with suppress(OSError):
                    os.rmdir(home)

    def put(self, part: str, pack: InstalledPack) -> InstalledPack:
        """Put a folder that :meth:`change` gave in its place, with its manifest; returns the pack."""
        files = {name: _describe(os.path.join(part, name)) for name in _list_files(part)}
        home = os.path.dirname(part)
        content = os.path.basename(part).replace("part-", "content-")
        data: dict[str, Any] = {
            "schema_version": SCHEMA_VERSION,
            "content": content,
            **pack._replace(files=files)._asdict(),
        }
        del data["folder"]
        os.rename(part, os.path.join(home, content))
        waiting = os.path.join(home, f"{_MANIFEST}.part")
        with open(waiting, "w", encoding="utf-8") as file:
            json.dump(data, file, ensure_ascii=False, indent=1)
            _sync(file)
        _sync_folder(home)
        os.replace(waiting, self._get_manifest(pack.name))
        _sync_folder(home)
        self._sweep(pack.name)
        return self.get(pack.name)

    def remove(self, name: str) -> None:
        """Remove a pack.

        Raises
        ------
        PackNotFoundError
            If there is none of the name.
        PackStoreError
            If it is being changed, or the disk is read-only.
        """
        if not os.path.exists(self._get_manifest(check_name(name))):
            self.get(name)
        with writing(self._folder), self._lock(name):
            with suppress(FileNotFoundError):
                os.unlink(self._get_manifest(name))
            _sync_folder(os.path.join(self._folder, name))
            self._sweep(name)
            with suppress(OSError):
                os.rmdir(os.path.join(self._folder, name))

    def find_damage(self, pack: InstalledPack) -> list[str]:
        """One line for each file of a pack that is not what was installed."""
        damage = []
        for name, expected in pack.files.items():
            path = os.path.join(pack.folder, name)
            try:
                same = _describe(path, sync=False) == expected
            except OSError as error:
                damage.append(f"{path}: {error.strerror}")
            else:
                damage.extend([] if same else [f"{path}: its content has changed"])
        return damage

    def _get_manifest(self, name: str) -> str:
        return os.path.join(self._folder, name, _MANIFEST)

    def _sweep(self, name: str) -> None:
        """Delete what the manifest does not name; what another process still reads may stay."""
        home = os.path.join(self._folder, name)
        kept = {_MANIFEST}
        try:
            kept.add(os.path.basename(self.get(name).folder))
        except PackInvalidError:
            return  # an installation that a later Pellucid could still read
        except PackNotFoundError:
            pass
        for entry in os.listdir(home):
            path = os.path.join(home, entry)
            if entry in kept:
                continue
            if os.path.isdir(path):
                _delete_tree(path)
            else:
                with suppress(OSError):
                    os.unlink(path)

    @contextmanager
    def _lock(self, name: str) -> Iterator[None]:
        locks = os.path.join(self._folder, ".locks")
        os.makedirs(locks, exist_ok=True)
        with open(os.path.join(locks, name), "a+b") as file:
            if not _try_lock(file):
                raise PackStoreError(
                    f"the pack {name} is being changed by another command: wait for it to end"
                )
            yield


@contextmanager
def writing(folder: str) -> Iterator[None]:
    """Turn what the system raises when a disk is full or read-only into one line."""
    try:
        yield
    except OSError as error:
        raise PackStoreError(
            f"cannot write to {folder}: {error.strerror or error}; nothing was changed "
            "(PELLUCID_DATA_DIR names another folder)"
        ) from error


def _try_lock(file: IO[bytes]) -> bool:
    """Lock an open file for this process, until it is closed; False if another holds it."""
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _delete_tree(path: str) -> None:
    import shutil  # only who changes a pack waits for it

    shutil.rmtree(path, ignore_errors=True)


def _list_files(folder: str) -> list[str]:
    """Names of all files in a folder and those below it, with ``/``; the folders are made safe."""
    names = []
    for place, _, found in os.walk(folder):
        names += [os.path.relpath(os.path.join(place, name), folder) for name in found]
        _sync_folder(place)
    return sorted(name.replace(os.sep, "/") for name in names)


def _describe(path: str, sync: bool = True) -> dict[str, Any]:
    """Bytes and SHA-256 of a file; it is made safe on the disk first."""
    import hashlib

    digest = hashlib.sha256()
    with open(path, "r+b" if sync else "rb") as file:
        if sync:
            os.fsync(file.fileno())
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
        return {"bytes": file.tell(), "sha256": digest.hexdigest()}


def _sync(file: IO[str]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _sync_folder(path: str) -> None:
    """Make the names in a folder safe on the disk, where the system can."""
    with suppress(OSError):
        number = os.open(path, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
