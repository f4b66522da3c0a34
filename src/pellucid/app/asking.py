"""The packs' tables of how people ask, for the retrieval room."""

from __future__ import annotations

from pellucid.app.build import open_packs
from pellucid.app.settings import get_core_pack
from pellucid.knowledge.artefact import Artefact
from pellucid.language.lexicon import COUNTED
from pellucid.language.tokens import get_phrase_key, make_word_key
from pellucid.retrieval.words import Asking, build_asking, make_word_weight


def open_asking(artefact: Artefact | None = None) -> Asking:
    """Open the tables of compiled packs, by default those of the built-in pack.

    Words weigh as they are rare in pyspellchecker's list; the counts are read as words ask for them.
    """
    artefact = artefact or open_packs([get_core_pack()])
    keys, folding, places, total = artefact.get("asking")
    word_key = make_word_key(folding)
    near: dict[str, dict[str, int]] = {}

    def count(word: str) -> int:
        start = word[:COUNTED]
        if start not in near:
            place = places.get(start)
            near[start] = artefact.get_value("counts", *place) if place else {}
        return near[start].get(word, 0)

    return build_asking(keys, str.split, make_word_weight(count, total))._replace(
        tokenize=lambda text: get_phrase_key(text, word_key).split()
    )
