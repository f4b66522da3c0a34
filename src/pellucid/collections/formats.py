"""The formats of collections: each with its reader, told apart by what a source holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from pellucid.collections import (
    findingmodels,
    forum,
    hpo,
    icd10cm,
    medlineplus,
    medquad,
    own,
    packed,
    table,
)
from pellucid.collections.intake import Intake
from pellucid.collections.source import File, Source, opening
from pellucid.errors import CollectionError
from pellucid.values.passage import Passage

Read = Callable[[Source, Intake], Iterator[Passage]]

#: Format -> reader. The first five are known collections (``known.yaml``), the others one's own.
READERS: dict[str, Read] = {
    "medquad": medquad.read,
    "medlineplus": medlineplus.read,
    "hpo": hpo.read,
    "findingmodels": findingmodels.read,
    "icd10cm": icd10cm.read,
    "documents": own.read,
    "table": table.read,
    "forum": forum.read,
    "packed": packed.read,
}
#: Format -> the ending of its files and what one of them begins with, in order of trial.
_SIGNS: tuple[tuple[str, tuple[str, ...], bytes], ...] = (
    ("medlineplus", (".xml",), rb"<health-topics\b"),
    ("icd10cm", (".xml",), rb"<ICD10CM\.tabular\b"),
    ("medquad", (".xml",), rb"<(?:Document|DiseaseFile|doc)\b[^>]*\b(?:source|corpus)="),
    ("findingmodels", (".fm.json",), rb'"oifm_id"'),
    ("hpo", (".obo",), rb"format-version:"),
    ("hpo", (".json",), rb'"graphs"\s*:'),
    ("forum", (".json",), rb'"post_stream"|"thread"|"posts"'),
    ("forum", (".csv",), rb"\btopic_title\b.*\bpost_cooked\b"),
    ("table", (".csv", ".tsv", ".jsonl", ".ndjson"), rb""),
)
_HEAD = 1 << 16


def detect_format(source: Source) -> str:
    """The format of a source, by the first file of each kind; documents if it is none of ours.

    Raises
    ------
    CollectionError
        If it is a pack of Pellucid's own, or holds nothing.
    """
    if not source.files:
        raise CollectionError(f"{source.path} holds no files")
    if any(re.fullmatch(r"(?:[^/]+/)?pack\.yaml", file.name) for file in source.files):
        raise CollectionError(
            f"{source.path} is a pack as authors write them: use it with --pack {source.path}"
        )
    if packed.is_packed(source):
        return "packed"
    for name, endings, sign in _SIGNS:
        first = next(source.find(*endings), None)
        if first is not None and re.search(sign, _read_head(first)):
            return name
    return "documents"


def find_file(source: Source, name: str) -> File | None:
    """The file of a name at the top of a folder, or of the one folder in an archive."""
    return next(
        (f for f in source.files if f.name == name or f.name.split("/")[1:] == [name]), None
    )


def _read_head(file: File) -> bytes:
    with opening(file.name), file.open() as opened:
        return opened.read(_HEAD)
