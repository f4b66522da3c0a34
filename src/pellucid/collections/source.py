"""Where a collection is read from: a file, a folder or a zip archive, none of it trusted."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import IO, Any, NamedTuple

from pellucid.collections.limits import (
    MAX_DOCUMENT,
    MAX_FILES,
    MAX_RATIO,
    MAX_UNPACKED,
    MIN_BYTES_FOR_RATIO,
)
from pellucid.errors import CollectionError

_CHUNK = 1 << 20
_ENCRYPTED = 1
#: Documents that are zip archives themselves.
_ZIPPED_DOCUMENTS = (".docx", ".xlsx", ".odt", ".epub")


class File(NamedTuple):
    """A file of a source. ``name`` is a label with ``/`` between its parts, never a path to open."""

    name: str
    size: int
    open: Callable[[], IO[bytes]]

    def read(self) -> bytes:
        """All bytes.

        Raises
        ------
        CollectionError
            If it is too large to be read whole, or damaged.
        """
        if self.size > MAX_DOCUMENT:
            raise CollectionError(
                f"{self.name} is over {MAX_DOCUMENT // 1_000_000} MB, the limit for one document"
            )
        with opening(self.name), self.open() as file:
            return file.read()


@contextmanager
def opening(name: str) -> Iterator[None]:
    """Turn what the system and :mod:`zipfile` raise on damaged files into one line."""
    try:
        yield
    except OSError as error:
        raise CollectionError(f"cannot read {name}: {error.strerror or error}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise CollectionError(f"{name} is damaged or cut short: get it again") from error


class Source:
    """A file, a folder or a zip archive; ``done`` counts the bytes read, of ``total``.

    Raises
    ------
    CollectionError
        If there is nothing at the path, or it is an archive that is damaged, encrypted, or
        expands to far more than texts do.
    """

    def __init__(self, path: str) -> None:
        self.path = os.path.abspath(path)
        self.done = 0
        with opening(path):
            mode = os.stat(path).st_mode
            if stat.S_ISDIR(mode):
                self.kind = "folder"
            elif not stat.S_ISREG(mode):
                raise CollectionError(f"{path} is neither a file nor a folder")
            else:
                with open(path, "rb") as file:
                    is_zip = file.read(2) == b"PK"
                is_zip = is_zip and not path.lower().endswith(_ZIPPED_DOCUMENTS)
                self.kind = "zip" if is_zip else "file"

    @cached_property
    def files(self) -> tuple[File, ...]:
        """All files in the order of their names; hidden ones and links are passed over."""
        with opening(self.path):
            if self.kind == "zip":
                found = self._list_archive()
            elif self.kind == "folder":
                found = list(self._walk_folder())
            else:
                found = [self._make_file(os.path.basename(self.path), self.path)]
        return tuple(sorted(found, key=lambda file: file.name))

    @property
    def total(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the file, or of the names and contents of a folder's files."""
        digest = hashlib.sha256()
        if self.kind != "folder":
            self._hash_file(self.path, digest)
            return digest.hexdigest()
        for file in self.files:
            own = hashlib.sha256()
            self._hash_file(os.path.join(self.path, *file.name.split("/")), own)
            digest.update(f"{own.hexdigest()}  {file.name}\n".encode("utf-8", "surrogateescape"))
        return digest.hexdigest()

    def find(self, *endings: str) -> Iterator[File]:
        """Files whose names end so, in any capitals."""
        return (file for file in self.files if file.name.lower().endswith(endings))

    def _hash_file(self, path: str, digest: Any) -> None:
        with opening(path), open(path, "rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)

    def _make_file(self, name: str, path: str) -> File:
        return File(name, os.path.getsize(path), lambda: self._count(open(path, "rb")))

    def _walk_folder(self) -> Iterator[File]:
        for folder, folders, names in os.walk(self.path):
            folders[:] = [f for f in folders if not f.startswith(".")]
            for name in names:
                path = os.path.join(folder, name)
                if not name.startswith(".") and stat.S_ISREG(os.lstat(path).st_mode):
                    label = os.path.relpath(path, self.path).replace(os.sep, "/")
                    yield self._make_file(label, path)

    def _list_archive(self) -> list[File]:
        archive = zipfile.ZipFile(self.path)
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        if any(entry.flag_bits & _ENCRYPTED for entry in entries):
            raise CollectionError(f"{self.path} is protected by a password: pack it without one")
        size = sum(entry.file_size for entry in entries)
        packed = os.path.getsize(self.path)
        bomb = size > MIN_BYTES_FOR_RATIO and size > MAX_RATIO * packed
        if bomb or size > MAX_UNPACKED or len(entries) > MAX_FILES:
            raise CollectionError(f"{self.path} expands to far more than texts do: not read")

        def make(entry: zipfile.ZipInfo) -> File:
            return File(entry.filename, entry.file_size, lambda: self._count(archive.open(entry)))

        return [
            make(entry)
            for entry in entries
            if not any(part.startswith(".") for part in entry.filename.split("/"))
        ]

    def _count(self, file: IO[bytes]) -> IO[bytes]:
        return io.BufferedReader(_Counted(file, self), 1 << 16)


class _Counted(io.RawIOBase):
    """Adds what is read of a file to what its source has read."""

    def __init__(self, file: IO[bytes], source: Source) -> None:
        self._file = file
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self._source.done += len(data)
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()
