"""The compiled form of packs: one file, opened in a few milliseconds, read in parts.

Layout: 8 bytes of magic, 4 bytes with the CRC-32 of all that follows, 4 bytes with the length of
the directory, the directory (section name -> offset, length), the sections. Directory and
sections are :mod:`marshal` data, which Python reads without importing anything. It is a cache of
this machine, never a thing to pass on: packs are passed on as folders.
"""

from __future__ import annotations

import marshal
import os
from collections.abc import Mapping
from contextlib import suppress
from mmap import ACCESS_READ, mmap
from typing import Any
from zlib import crc32

_MAGIC = b"PLCD\x02\x00\r\n"
_HEAD = 16


class StaleArtefactError(Exception):
    """The file is missing, damaged, or was made from other content."""


class Artefact:
    """A compiled file, its sections read when first asked for."""

    def __init__(
        self, data: bytes | mmap, directory: dict[str, tuple[int, int]], base: int
    ) -> None:
        self._data = data
        self._directory = directory
        self._base = base
        self._read: dict[str, Any] = {}

    def get(self, section: str) -> Any:
        """Get a section's value."""
        if section not in self._read:
            self._read[section] = self.get_value(section, 0, self._directory[section][1])
        return self._read[section]

    def get_value(self, section: str, offset: int, length: int) -> Any:
        """Get one value of a section that was given as bytes: marshal data at a place in it."""
        start = self._base + self._directory[section][0] + offset
        return marshal.loads(self._data[start : start + length])


def build_artefact(sections: Mapping[str, Any], fingerprint: str) -> bytes:
    """Build the file's bytes; a section given as bytes is kept as it is."""
    blobs = {n: v if isinstance(v, bytes) else marshal.dumps(v) for n, v in sections.items()}
    blobs["fingerprint"] = marshal.dumps(fingerprint)
    directory, offset = {}, 0
    for name, blob in blobs.items():
        directory[name] = (offset, len(blob))
        offset += len(blob)
    head = marshal.dumps(directory)
    body = b"".join([len(head).to_bytes(4, "little"), head, *blobs.values()])
    return b"".join([_MAGIC, crc32(body).to_bytes(4, "little"), body])


def open_artefact(data: bytes | mmap, fingerprint: str) -> Artefact:
    """Open the bytes of a file, or the mapped file.

    Raises
    ------
    StaleArtefactError
        If it is not an artefact, is damaged, or was made from other content.
    """
    with memoryview(data) as view:
        if data[:8] != _MAGIC or crc32(view[12:]).to_bytes(4, "little") != data[8:12]:
            raise StaleArtefactError("damaged")
    base = _HEAD + int.from_bytes(data[12:_HEAD], "little")
    artefact = Artefact(data, marshal.loads(data[_HEAD:base]), base)
    if artefact.get("fingerprint") != fingerprint:
        raise StaleArtefactError("made from other content")
    return artefact


def read_artefact(path: str, fingerprint: str) -> Artefact:
    """Map and open the file at a path; raises as :func:`open_artefact` does.

    A mapped file stays whole for its readers when a newer one is moved into its place.
    """
    try:
        with open(path, "rb", buffering=0) as file:
            data = mmap(file.fileno(), 0, access=ACCESS_READ)
    except (OSError, ValueError) as error:
        raise StaleArtefactError("cannot be read") from error
    return open_artefact(data, fingerprint)


def write_artefact(path: str, data: bytes) -> bool:
    """Write a file whole or not at all; False if the folder cannot be written to.

    Two processes may write at once: each writes a file of its own and moves it into place.
    """
    part = f"{path}.{os.getpid()}.part"
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(part, "wb") as file:
            file.write(data)
        os.replace(part, path)
    except OSError:
        with suppress(OSError):
            os.unlink(part)
        return False
    return True
