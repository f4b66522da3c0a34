"""Collections are written into one file to hand on, or only looked through."""

from __future__ import annotations

import os
from tempfile import TemporaryDirectory

from pellucid.app.intake import Progress, Request, find_name, read_collection
from pellucid.app.places import find_place, get_path
from pellucid.collections import packed
from pellucid.collections.formats import detect_format
from pellucid.collections.source import Source
from pellucid.collections.store import PassageStore
from pellucid.collections.terms import load_known
from pellucid.errors import PackStoreError
from pellucid.values.passage import InstalledPack


def build(request: Request, output: str, progress: Progress = lambda *_: None) -> InstalledPack:
    """Write a collection into one file that ``pellucid pack add`` installs anywhere.

    The same collection, read by the same program, gives the same bytes.

    Raises
    ------
    CollectionError
        If it cannot be read whole, or lacks its terms.
    PackStoreError
        If the file cannot be written.
    """
    with _staging(os.path.dirname(os.path.abspath(output))) as part:
        pack = _read(request, part, progress)
        passages = PassageStore(pack)
        try:
            packed.write(pack, passages, output)
        finally:
            passages.close()
    return pack


def check_collection(path: str) -> InstalledPack:
    """Read a collection as an installation would, and keep nothing; damaged documents are noted.

    Raises
    ------
    CollectionError
        If it could not be installed at all.
    """
    with _staging(None) as part:
        return _read(Request(path, tolerant=True), part, lambda *_: None)


def _read(request: Request, part: str, progress: Progress) -> InstalledPack:
    known = load_known()
    source = Source(get_path(find_place(request.what, request.path, False, known), known))
    kind = request.what if request.what in known else detect_format(source)
    return read_collection(
        request, source, kind, find_name(request, source, kind, known), part, progress
    )


def _staging(folder: str | None) -> TemporaryDirectory[str]:
    try:
        return TemporaryDirectory(dir=folder, prefix="pellucid-")
    except OSError as error:
        raise PackStoreError(f"cannot write to {folder}: {error.strerror or error}") from error
