"""A pack in one file, to be handed on: its terms and its passages; the same input, the same bytes.

A zip archive of two members: ``pellucid.json``, with the terms, the counts and the SHA-256 of the
other, and ``passages.jsonl``, a passage a line. The index is built where it is installed: it
depends on what is there, and takes seconds.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

from pellucid.collections.intake import Intake
from pellucid.collections.limits import MAX_DOCUMENT, MAX_ROW
from pellucid.collections.source import Source, opening
from pellucid.errors import CollectionError, PackStoreError
from pellucid.values.passage import InstalledPack, Passage

HEAD, PASSAGES = "pellucid.json", "passages.jsonl"
_VERSION = 1
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip archive can hold
_TERMS = ("title", "publisher", "licence", "attribution", "url")
_KEPT = (*_TERMS, "name", "format", "version", "counts", "left_out")
_TEXTS = ("id", "focus", "question", "answer", "title", "url", "publisher", "licence")


def is_packed(source: Source) -> bool:
    """Whether a source is a pack in one file."""
    return source.kind == "zip" and any(file.name == HEAD for file in source.files)


def write(pack: InstalledPack, passages: Iterable[Passage], path: str) -> None:
    """Write a pack into a file, whole or not at all.

    Raises
    ------
    PackStoreError
        If the disk is full or read-only.
    """
    part, digest = f"{path}.part", hashlib.sha256()
    try:
        with zipfile.ZipFile(part, "w") as archive:
            with archive.open(_make_member(PASSAGES), "w", force_zip64=True) as member:
                for passage in passages:
                    fields = passage._asdict()
                    del fields["pack"]
                    line = json.dumps(fields, ensure_ascii=False, sort_keys=True).encode() + b"\n"
                    digest.update(line)
                    member.write(line)
            head: dict[str, Any] = {"schema_version": _VERSION, "sha256": digest.hexdigest()}
            head |= {key: getattr(pack, key) for key in _KEPT}
            text = json.dumps(head, ensure_ascii=False, sort_keys=True, indent=1)
            archive.writestr(_make_member(HEAD), text)
        os.replace(part, path)
    except OSError as error:
        raise PackStoreError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        if os.path.exists(part):
            os.unlink(part)


def _make_member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, _EPOCH)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.create_system, member.external_attr = 3, 0o644 << 16  # else the system's own
    return member


def read_head(source: Source) -> dict[str, Any]:
    """What a pack in one file says of itself.

    Raises
    ------
    CollectionError
        If it is damaged, or of a later Pellucid.
    """
    file = next(file for file in source.files if file.name == HEAD)
    try:
        head = json.loads(file.read())
        version, texts = head["schema_version"], [head[key] for key in (*_TERMS, "name", "sha256")]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise CollectionError(f"{source.path}: its {HEAD} is damaged: get it again") from error
    if version != _VERSION:
        raise CollectionError(f"{source.path} was made by a later Pellucid: update this one")
    if not all(isinstance(text, str) for text in texts):
        raise CollectionError(f"{source.path}: its {HEAD} is damaged: get it again")
    return dict(head)


def read_terms(source: Source) -> dict[str, str]:
    """The terms of a pack in one file."""
    head = read_head(source)
    return {key: head[key] for key in _TERMS}


def read(source: Source, intake: Intake) -> Iterator[Passage]:
    """Passages of a pack in one file; their checksum is compared at the end.

    Raises
    ------
    CollectionError
        If a line is no passage, or the passages are not those of the checksum.
    """
    head, digest = read_head(source), hashlib.sha256()
    intake.version = head.get("version")
    file = next((file for file in source.files if file.name == PASSAGES), None)
    if file is None:
        raise CollectionError(f"{source.path} holds no {PASSAGES}: get it again")
    longest = min(MAX_DOCUMENT, 4 * MAX_ROW)
    with opening(file.name), file.open() as lines:
        while line := lines.readline(longest + 1):
            if len(line) > longest:
                raise CollectionError(f"{PASSAGES}: line {intake.read + 1} is too long")
            digest.update(line)
            intake.read += 1
            yield _make_passage(line, intake)
    if digest.hexdigest() != head["sha256"]:
        raise CollectionError(f"{source.path}: its passages were changed: get it again")


def _make_passage(line: bytes, intake: Intake) -> Passage:
    try:
        fields = json.loads(line)
        texts = {key: fields.pop(key) for key in _TEXTS}
        kind, synonyms, codes = (fields.pop(k) for k in ("question_type", "synonyms", "codes"))
        names = tuple(synonyms)
        found = {key: tuple(values) for key, values in codes.items()}
        every = [*texts.values(), *names, *(c for values in found.values() for c in values)]
        if fields or not all(isinstance(t, str) for t in [*every, kind or ""]):
            raise ValueError
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise CollectionError(f"{PASSAGES}: line {intake.read} is no passage") from error
    return intake.make_passage(**texts, question_type=kind, synonyms=names, codes=found)
