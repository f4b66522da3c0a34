"""Packs -> the opened artefact: from the cache if it is fresh, else compiled and kept."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from zlib import crc32

from pellucid.app.settings import find_record, get_cache_folder, get_core_pack
from pellucid.errors import PackNotFoundError
from pellucid.knowledge.artefact import (
    Artefact,
    StaleArtefactError,
    build_artefact,
    open_artefact,
    read_artefact,
    write_artefact,
)


def open_packs(paths: Sequence[str]) -> Artefact:
    """Open packs, in order of precedence, compiling them if their content has changed.

    Raises
    ------
    PackNotFoundError
        If a folder is not a pack.
    PackInvalidError
        If a pack cannot be read without losing content.
    """
    fingerprint = get_fingerprint(paths)
    name = f"packs-{crc32(repr([os.path.abspath(p) for p in paths]).encode()):08x}.bin"
    path = os.path.join(get_cache_folder(), name)
    try:
        return read_artefact(path, fingerprint)
    except StaleArtefactError:
        pass
    from pellucid.app.compile import compile_all  # heavy: only when something has changed

    data = build_artefact(compile_all(paths), fingerprint)
    write_artefact(path, data)
    return open_artefact(data, fingerprint)


def get_fingerprint(paths: Sequence[str]) -> str:
    """What the artefact depends on: names, sizes and times of all files, Python, this code.

    What pip installed changes as a whole only: there, its list of files stands for this code and the
    built-in pack, whose 1,700 files take a fifth of the time of a ``pellucid ask`` to look at.
    """
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    record = find_record()
    parts = [sys.version]
    if record:
        stat = os.stat(record)
        parts.append(f"{record}|{stat.st_mtime_ns}|{stat.st_size}")
    else:
        parts += [_stat_tree(os.path.join(own, room)) for room in ("knowledge", "language")]
    for path in paths:
        if not os.path.isfile(os.path.join(path, "pack.yaml")):
            raise PackNotFoundError(
                f"no pack at {path}: it has no pack.yaml (docs/authoring.md shows how to begin one)"
            )
        parts.append(path if record and path == get_core_pack() else _stat_tree(path))
    return "\n".join(parts)


def _stat_tree(path: str) -> str:
    """Count of the files below a folder, and a sum over their names, sizes and times."""
    stack, count, total = [path], 0, 0
    while stack:
        with os.scandir(stack.pop()) as entries:
            for entry in entries:
                name = entry.name
                if name[0] in ".#_" or name[-1] == "~":
                    continue
                if entry.is_dir():
                    stack.append(entry.path)
                    continue
                stat = entry.stat()
                count += 1
                # Summed, so that the order in which the system lists files does not matter.
                total += crc32(name.encode()) * (stat.st_mtime_ns + stat.st_size)
    return f"{path}|{count}|{total}"
