"""The core pack's tables of how people ask, for the retrieval room."""

from __future__ import annotations

import gzip
import json
import os
from importlib.resources import files
from typing import Any

from pellucid.app.settings import get_core_pack
from pellucid.knowledge.parse import load_yaml
from pellucid.language.tokens import get_phrase_key, make_word_key
from pellucid.retrieval.words import Asking, build_asking, make_word_weight


def open_asking() -> Asking:
    """Build the tables of the core pack; words weigh as they are rare in pyspellchecker's list."""
    word_key = make_word_key(_read("folding"))
    packed = (files("spellchecker") / "resources" / "en.json.gz").read_bytes()
    counts: dict[str, int] = {}
    for word, count in json.loads(gzip.decompress(packed)).items():
        key = word_key(word)
        counts[key] = counts.get(key, 0) + count
    return build_asking(
        _read("asking"),
        lambda text: get_phrase_key(text, word_key).split(),
        make_word_weight(counts),
    )


def _read(name: str) -> dict[str, Any]:
    path = os.path.join(get_core_pack(), "language", f"{name}.yaml")
    with open(path, encoding="utf-8") as file:
        table, _, _ = load_yaml(file.read(), f"{name}.yaml")
    return dict(table or {})
