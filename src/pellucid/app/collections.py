"""Collections become packs: install and update."""

from __future__ import annotations

import os
from collections.abc import Iterator

from pellucid.app.asking import open_asking
from pellucid.app.download import fetch, is_url
from pellucid.app.installed import get_pack, get_shelf, is_installed
from pellucid.app.intake import Progress, Request, find_name, read_collection
from pellucid.app.places import Known, find_place, get_path
from pellucid.collections.formats import detect_format
from pellucid.collections.shelf import Shelf
from pellucid.collections.source import Source
from pellucid.collections.store import PassageStore
from pellucid.collections.terms import load_known
from pellucid.errors import CollectionError
from pellucid.retrieval.dense import find_model, load_encoder
from pellucid.retrieval.embedded import build_index
from pellucid.retrieval.postgres_shelf import PostgresShelf
from pellucid.values.passage import InstalledPack, Passage


def install(request: Request, progress: Progress = lambda *_: None) -> InstalledPack:
    """Install a collection as a pack, in the place of the one of the same name.

    Raises
    ------
    CollectionError
        If it cannot be found, cannot be read whole, or lacks its terms.
    DownloadError
        If it is to be fetched and does not come.
    PackStoreError
        If it cannot be written; what was installed before stays as it was.
    """
    known = load_known()
    place = find_place(request.what, request.path, request.download, known)
    if is_url(place):
        with fetch(place, progress) as path:
            return _install(request, path, place, known, progress)
    return _install(request, get_path(place, known), place, known, progress)


def _install(
    request: Request, path: str, place: str, known: Known, progress: Progress
) -> InstalledPack:
    source = Source(path)
    if request.sha256 and source.sha256 != request.sha256.lower():
        raise CollectionError(f"{place} has the SHA-256 {source.sha256}, not the one given")
    kind = request.what if request.what in known else detect_format(source)
    name = find_name(request, source, kind, known)
    _check_free(name, kind, place, known)
    shelf = get_shelf()
    with shelf.change(name) as part:
        pack = read_collection(request, source, kind, name, part, progress)
        pack = pack._replace(source={"place": place, **pack.source})
        return _put(shelf, part, pack, progress)


def _check_free(name: str, kind: str, place: str, known: Known) -> None:
    """Another collection is not replaced because its folder has the same name."""
    if not is_installed(name):
        return
    pack = get_pack(name)
    if pack.format != kind or (kind not in known and pack.source["place"] != place):
        raise CollectionError(
            f"a pack '{name}' from {pack.source['place']} is installed: give this one another "
            f"--name, or first: pellucid pack remove {name}"
        )


def _put(
    shelf: Shelf | PostgresShelf, part: str, pack: InstalledPack, progress: Progress
) -> InstalledPack:
    """Index the passages in a folder, and put the pack in its place."""
    store = PassageStore(pack)

    def follow() -> Iterator[Passage]:
        for number, passage in enumerate(store, 1):
            yield passage
            if number % 1_000 == 0 or number == len(store):
                progress("indexing", number, len(store))

    encoder = load_encoder() if find_model() else None
    try:
        if not isinstance(shelf, Shelf):
            return shelf.put(pack, follow(), open_asking(), encoder)
        build_index(follow(), part, open_asking(), encoder)
    finally:
        store.close()
    return shelf.put(part, pack)


def update(
    name: str, force: bool = False, progress: Progress = lambda *_: None
) -> InstalledPack | None:
    """Install a pack anew from where it came; ``None`` if that has not changed.

    Raises
    ------
    CollectionError
        If what it came from is no longer there, or cannot be read.
    """
    pack, known = get_pack(name), load_known()
    source = pack.source
    place = source["place"]
    request = Request(
        pack.format if pack.format in known else place,
        *(None if place.startswith("package ") else place, name, source["terms"]),
        tolerant=source["tolerant"],
    )
    if not is_url(place) and not force:
        path = get_path(place, known)
        if os.path.exists(path) and Source(path).sha256 == source["sha256"]:
            return None
    return install(request, progress)
