"""A passage: one retrievable text of an installed collection; and what is known of its pack."""

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


class InstalledPack(NamedTuple):
    """What the manifest of an installed pack says (docs/packs.md has each key).

    ``folder`` holds its passages and their index; the other fields stand in ``manifest.json``.
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
