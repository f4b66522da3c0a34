"""A collection is read into a folder: its format, its name, its terms, its passages."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pellucid.app.documents import Documents
from pellucid.app.places import Known
from pellucid.collections.formats import READERS, find_file
from pellucid.collections.intake import Intake
from pellucid.collections.own import decode
from pellucid.collections.packed import read_head
from pellucid.collections.packed import read_terms as read_head_terms
from pellucid.collections.shelf import check_name
from pellucid.collections.source import Source
from pellucid.collections.store import PASSAGES, write_passages
from pellucid.collections.terms import check_terms, load_known, read_terms
from pellucid.errors import CollectionError
from pellucid.values.passage import InstalledPack

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


def find_name(request: Request, source: Source, kind: str, known: Known) -> str:
    """What the pack is to be called: as asked, as it calls itself, or as its file or folder is.

    Raises
    ------
    CollectionError
        If no pack may have that name.
    """
    if request.name or kind in known:
        return check_name(request.name or kind)
    return check_name(read_head(source)["name"] if kind == "packed" else _make_name(source.path))


def read_collection(
    request: Request, source: Source, kind: str, name: str, part: str, progress: Progress
) -> InstalledPack:
    """Read the passages of a collection into a folder; returns what the manifest is to say.

    Raises
    ------
    CollectionError
        If it cannot be read whole, or lacks its terms.
    """
    terms = _get_terms(request, source, kind)
    with Documents() as documents:
        intake = Intake(name, terms, documents.open, request.tolerant)
        passages = READERS[kind](source, intake)
        count = write_passages(
            passages, part, lambda: progress("reading", source.done, source.total)
        )
    if not count:
        raise CollectionError(f"{source.path} holds no passages that can be read as {kind}")
    return InstalledPack(
        name=name,
        title=terms["title"],
        format=kind,
        version=intake.version,
        licence=terms["licence"],
        attribution=terms["attribution"],
        publisher=terms["publisher"],
        url=terms["url"],
        source={
            "kind": source.kind,
            "bytes": source.total if source.kind == "folder" else os.path.getsize(source.path),
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


def _get_terms(request: Request, source: Source, kind: str) -> dict[str, Any]:
    """The terms of a known collection, or those that one's own states; the user's come first."""
    stated: Mapping[str, Any] | None = load_known().get(kind)
    if kind == "packed":
        stated = read_head_terms(source)
    elif stated is None and (file := find_file(source, "collection.yaml")):
        stated = read_terms(decode(file.read(), file.name), file.name)
    return check_terms({**(stated or {}), **request.terms}, source.path)


def _make_name(path: str) -> str:
    stem = os.path.splitext(os.path.basename(os.path.abspath(path)))[0]
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:64]
