"""The compiled form of packs: one file, opened in a few milliseconds, read in parts.

Layout: 8 bytes of magic, 4 bytes with the length of the directory, the directory (section name ->
offset, length, CRC-32), the sections. Directory and sections are :mod:`marshal` data, which
Python reads without importing anything. It is a cache of this machine, never a thing to pass
on: packs are passed on as folders.
"""

from __future__ import annotations

import marshal
import os
from _thread import allocate_lock
from collections.abc import Mapping
from typing import Any, BinaryIO
from zlib import crc32

_MAGIC = b"PLCD\x01\x00\r\n"


class StaleArtefactError(Exception):
    """The file is missing, damaged, or was made from other content."""


class Artefact:
    """A compiled file, its sections read when first asked for, by any thread."""

    def close(self) -> None:
        """Close the file; sections that were read stay."""
        self._file.close()

    def __init__(self, file: BinaryIO, directory: dict[str, tuple[int, int, int]], base: int) -> None:
        self._file = file
        self._lock = allocate_lock()
        self._directory = directory
        self._base = base
        self._read: dict[str, Any] = {}

    def get(self, section: str) -> Any:  # noqa: ANN401 - sections differ in shape
        """Get a section's value.

        Raises
        ------
        StaleArtefactError
            If its bytes are not those that were written.
        """
        if section not in self._read:
            self._read[section] = marshal.loads(self.get_bytes(section))
        return self._read[section]

    def get_bytes(self, section: str) -> bytes:
        """Get a section's bytes, checked."""
        offset, length, crc = self._directory[section]
        with self._lock:
            self._file.seek(self._base + offset)
            data = self._file.read(length)
        if crc32(data) != crc:
            raise StaleArtefactError("damaged section")
        return data


def build_artefact(sections: Mapping[str, Any], fingerprint: str) -> bytes:
    """Build the file's bytes; a section given as bytes is kept as it is."""
    blobs = {n: v if isinstance(v, bytes) else marshal.dumps(v) for n, v in sections.items()}
    blobs["fingerprint"] = marshal.dumps(fingerprint)
    directory, offset = {}, 0
    for name, blob in blobs.items():
        directory[name] = (offset, len(blob), crc32(blob))
        offset += len(blob)
    head = marshal.dumps(directory)
    return b"".join([_MAGIC, len(head).to_bytes(4, "little"), head, *blobs.values()])


def open_artefact(file: BinaryIO, fingerprint: str) -> Artefact:
    """Open a file that can be sought in; it stays open as long as the artefact lives.

    Raises
    ------
    StaleArtefactError
        If it is not an artefact, or not one with this fingerprint.
    """
    try:
        if file.read(8) != _MAGIC:
            raise StaleArtefactError("not an artefact")
        length = int.from_bytes(file.read(4), "little")
        artefact = Artefact(file, marshal.loads(file.read(length)), 12 + length)
        if artefact.get("fingerprint") != fingerprint:
            raise StaleArtefactError("made from other content")
    except (EOFError, ValueError, TypeError, KeyError) as error:
        raise StaleArtefactError("damaged") from error
    return artefact


def read_artefact(path: str, fingerprint: str) -> Artefact:
    """Open the file at a path; raises :class:`StaleArtefactError` as :func:`open_artefact` does."""
    try:
        file = open(path, "rb", buffering=0)  # noqa: SIM115 - the artefact keeps it
    except OSError as error:
        raise StaleArtefactError("cannot be read") from error
    try:
        return open_artefact(file, fingerprint)
    except StaleArtefactError:
        file.close()
        raise


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
        try:
            os.unlink(part)
        except OSError:
            pass
        return False
    return True
