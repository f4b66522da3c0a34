"""A passage: one retrievable text of an installed collection; what is quoted of it; its pack."""

from typing import Any, NamedTuple


class Passage(NamedTuple):
    """A question and its answer, or a term and its definition, as its collection gives it.

    ``id`` is unique in its pack. ``focus`` is what the passage is about ("Glaucoma"), ``synonyms``
    its other names. ``question_type`` is the collection's own word for what is asked, or ``None``;
    ``question`` may be empty. ``answer`` is plain text: paragraphs are parted by an empty line, a
    line that begins with ``- `` is an item of a list. ``title``, ``url``, ``publisher`` and
    ``licence`` say where it was published and on what terms; ``url`` may be empty. ``codes`` maps
    a vocabulary in lower case to codes in it: ``{"umls": ("C0017601",)}``. It is never changed.
    """

    id: str
    pack: str
    focus: str
    synonyms: tuple[str, ...]
    question_type: str | None
    question: str
    answer: str
    title: str
    url: str
    publisher: str
    licence: str
    codes: dict[str, tuple[str, ...]] = {}  # noqa: RUF012 - shared, and never changed


class Quote(NamedTuple):
    """Sentences of a passage, unchanged and in their order.

    ``attribution`` is what the terms of its pack ask to be named; ``more`` is whether sentences were
    left out; ``score`` is the probability (0 to 1) that the passage answers what was asked.
    """

    passage: Passage
    attribution: str
    sentences: tuple[str, ...]
    more: bool
    score: float


class Likeness(NamedTuple):
    """Two sentences, each as (quote, sentence), that say the same, or ``differ`` on the same thing."""

    one: tuple[int, int]
    other: tuple[int, int]
    differ: bool


def get_names(passage: Passage) -> set[str]:
    """Keys of all that a passage goes by: its focus, synonyms and codes, but not its parents'."""
    codes = (c for key, found in passage.codes.items() if "." not in key for c in found)
    return {make_key(name) for name in (passage.focus, *passage.synonyms, *codes)}


def make_key(name: str) -> str:
    """A name without its capitals and spare white space."""
    return " ".join(name.casefold().split())


class InstalledPack(NamedTuple):
    """What the manifest of an installed pack says (docs/packs.md has each key).

    ``folder`` holds its passages and their index, or is the name of their schema on a server; the
    other fields stand in ``manifest.json``.
    ``source`` has ``place`` (path, URL or ``package NAME``), ``kind``, ``bytes`` and ``sha256``;
    ``counts`` has ``read`` and ``passages``, ``left_out`` a count for each reason; ``files`` has
    bytes and SHA-256 of each file in ``folder``.
    """

    name: str
    title: str
    format: str
    version: str | None
    licence: str
    attribution: str
    publisher: str
    url: str
    source: dict[str, Any]
    counts: dict[str, int]
    left_out: dict[str, int]
    skipped: tuple[str, ...]
    installed: str
    folder: str
    files: dict[str, dict[str, Any]]
