"""Collections become packs: install and update."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pellucid.app.asking import open_asking
from pellucid.app.documents import Documents
from pellucid.app.download import fetch, is_url
from pellucid.app.installed import get_pack, get_shelf, is_installed
from pellucid.app.places import Known, find_place, get_path
from pellucid.collections.formats import READERS, detect_format, find_file
from pellucid.collections.intake import Intake
from pellucid.collections.own import decode
from pellucid.collections.shelf import Shelf, check_name
from pellucid.collections.source import Source
from pellucid.collections.store import PASSAGES, PassageStore, write_passages
from pellucid.collections.terms import check_terms, load_known, read_terms
from pellucid.errors import CollectionError
from pellucid.retrieval.dense import find_model, load_encoder
from pellucid.retrieval.embedded import build_index
from pellucid.retrieval.postgres_shelf import PostgresShelf
from pellucid.values.passage import InstalledPack, Passage

#: Called with a step ("reading", "indexing"), how much of it is done, and of how much.
Progress = Callable[[str, int, int], None]


class Request(NamedTuple):
    """What is to be installed.

    ``what`` is the name of a known collection, a path or a URL; ``path`` the file of a known
    collection: without it the Python package that ships it is looked for, or with ``download`` it
    is fetched. ``terms`` overrides what the collection says of itself: title, publisher, licence,
    attribution, url. ``tolerant`` leaves damaged documents out instead of refusing the whole.
    """

    what: str
    path: str | None = None
    name: str | None = None
    terms: Mapping[str, str] = {}
    sha256: str | None = None
    tolerant: bool = False
    download: bool = False


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
    name = check_name(request.name or (kind if kind in known else _make_name(path)))
    _check_free(name, kind, place, known)
    terms = _get_terms(request, source, known.get(kind))
    shelf = get_shelf()
    with Documents() as documents, shelf.change(name) as part:
        intake = Intake(name, terms, documents.open, request.tolerant)
        count = write_passages(
            READERS[kind](source, intake),
            part,
            lambda: progress("reading", source.done, source.total),
        )
        if not count:
            raise CollectionError(f"{place} holds no passages that can be read as {kind}")
        pack = InstalledPack(
            name=name,
            title=terms["title"],
            format=kind,
            version=intake.version,
            licence=terms["licence"],
            attribution=terms["attribution"],
            publisher=terms["publisher"],
            url=terms["url"],
            source={
                "place": place,
                "kind": source.kind,
                "bytes": source.total if source.kind == "folder" else os.path.getsize(path),
                "sha256": source.sha256,
                "terms": dict(request.terms),
                "tolerant": request.tolerant,
            },
            counts={"read": intake.read, "passages": count},
            left_out=dict(intake.left_out),
            skipped=tuple(intake.notes),
            installed=datetime.now(UTC).isoformat(timespec="seconds"),
            folder=part,
            files={PASSAGES: {"bytes": os.path.getsize(os.path.join(part, PASSAGES))}},
        )
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


def _get_terms(request: Request, source: Source, entry: Mapping[str, Any] | None) -> dict[str, Any]:
    """The terms of a known collection, or those that one's own states; the user's come first."""
    stated = entry
    file = find_file(source, "collection.yaml") if entry is None else None
    if file:
        stated = read_terms(decode(file.read(), file.name), file.name)
    return check_terms({**(stated or {}), **request.terms}, source.path)


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


def _make_name(path: str) -> str:
    stem = os.path.splitext(os.path.basename(os.path.abspath(path)))[0]
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:64]
