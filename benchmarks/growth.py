"""How a pack grows: time, size and memory at 10^4, 10^5 and 10^6 passages: python benchmarks/growth.py

The passages are those of MedQuAD, then copies. In each copy every fifth word of seven letters or more
is changed, in a way of that copy: common words stay common, and each name has as large a share of the
passages as before, which is the harder case. Of the sentences of a copy's answer half stay, a
quarter are another passage's, a quarter are left out: lengths and counts of words, and with them the
scores, differ between copies as they do between passages. Vectors of a copy are those of the
passages themselves with noise (cosine about 0.9), as encoding a million texts would take hours.
Each size is built in one process and searched in another, opened anew. Questions: as in
retrieval.py. What building holds is the peak while indexing, the mapped files with it; what
searching holds is what the process has for itself (RssAnon).

--sizes N ...      other sizes
--words            without vectors
--home FOLDER      keep the vectors and packs there
--store ADDRESS    packs on a PostgreSQL server instead (docs/packs.md)
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import count, islice
from pathlib import Path
from random import Random
from typing import Any
from zlib import crc32

import numpy as np
from retrieval import read_medquad, read_questions

from pellucid.app.asking import open_asking
from pellucid.collections.store import PASSAGES, PassageStore, write_passages
from pellucid.retrieval.condense import condense
from pellucid.retrieval.dense import load_encoder
from pellucid.retrieval.embedded import build_index, open_index
from pellucid.retrieval.postgres_shelf import PostgresShelf
from pellucid.retrieval.search import Searcher
from pellucid.retrieval.store import get_known_text
from pellucid.retrieval.words import split_sentences
from pellucid.values.passage import InstalledPack, Passage

SIZES = (10_000, 100_000, 1_000_000)
NAME = "growth"
_LONG = re.compile(r"\w{7,}")


def repeat(passages: Sequence[Passage]) -> Iterator[Passage]:
    """The passages, then copies of them without end, each copy with words and sentences of its own."""
    yield from passages
    texts = [split_sentences(passage.answer) for passage in passages]
    for copy in count(1):
        random = Random(copy)

        @cache
        def rename(word: str, copy: int = copy) -> str:
            return f"{word}{copy}" if crc32(f"{word} {copy}".encode()) % 5 == 0 else word

        def change(text: str, rename: Callable[[str], str] = rename) -> str:
            return _LONG.sub(lambda match: rename(match[0]), text)

        for passage, sentences in zip(passages, texts, strict=True):
            told = []
            for sentence in sentences:
                fate = random.random()
                if fate < 0.5:
                    told.append(sentence)
                elif fate < 0.75:
                    told.append(random.choice(random.choice(texts)))
            yield passage._replace(
                id=f"{passage.id}/{copy}",
                focus=change(passage.focus),
                synonyms=tuple(map(change, passage.synonyms)),
                question=change(passage.question),
                answer=change(" ".join(told or sentences)),
            )


class Repeated:
    """Stands for the encoder while an index is built: known vectors with noise, in their order."""

    def __init__(self, vectors: Any) -> None:
        self._vectors = vectors
        self._random = np.random.default_rng(0)
        self._given = 0
        self.width = vectors.shape[1]

    def encode(self, texts: Sequence[str], limit: int) -> Any:
        rows = np.arange(self._given, self._given + len(texts))
        self._given += len(texts)
        vectors = self._vectors[rows % len(self._vectors)]
        noise = self._random.standard_normal(vectors.shape, dtype=np.float32)
        vectors = (
            vectors + noise * (0.48 / np.sqrt(self.width)) * (rows >= len(self._vectors))[:, None]
        )
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def make_manifest(folder: str, count: int) -> InstalledPack:
    path = os.path.join(folder, PASSAGES)
    files = {PASSAGES: {"bytes": os.path.getsize(path)}}
    return InstalledPack(
        NAME, NAME, "medquad", None, "CC-BY-4.0", "", "", "", {}, {"passages": count}, {}, (), "", folder, files
    )  # fmt: skip


def build(size: int, folder: str, vectors: str, address: str | None) -> None:
    passages = list(read_medquad(1))
    encoder: Any = Repeated(np.load(vectors)) if os.path.exists(vectors) else None
    start = time.perf_counter()
    count = write_passages(islice(repeat(passages), size), folder, lambda: None)
    stored = time.perf_counter() - start
    del passages
    pack = make_manifest(folder, count)
    store = PassageStore(pack)
    Path("/proc/self/clear_refs").write_text("5")  # the peak is measured from here on
    start = time.perf_counter()
    if address:
        shelf = PostgresShelf(address)
        with shelf.change(NAME):
            shelf.put(pack, store, open_asking(), encoder)
    else:
        build_index(store, folder, open_asking(), encoder)
    built = time.perf_counter() - start
    print(f"{stored:.0f} + {built:.0f} s | {get_memory('VmHWM'):.0f} MB", end=" | ")


def get_memory(kind: str) -> float:
    """What this process holds, in MB, by the name that Linux gives it."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(rf"{kind}:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]


def search(size: int, folder: str, vectors: str, address: str | None) -> None:
    tables = open_asking()
    encoder = load_encoder() if os.path.exists(vectors) else None
    questions = read_questions()[:200]
    start = time.perf_counter()
    if address:
        opened: Any = PostgresShelf(address).open(NAME)
    else:
        opened = open_index(folder, PassageStore(make_manifest(folder, size)))
    open_ms = (time.perf_counter() - start) * 1000
    asked = {text: condense(text, tables) for text in questions}
    whole = Searcher([opened], tables, encoder)
    rows = [_time(lambda q: opened.find_by_words(asked[q], 20), questions)]
    if encoder:
        encoded = encoder.encode([asked[q].short for q in questions], 128)
        meant = dict(zip(questions, encoded, strict=True))
        rows.append(_time(lambda q: opened.find_by_meaning(meant[q], 20), questions))
    rows.append(_time(lambda q: whole.search(q, 5), questions))
    memory = get_memory("RssAnon")
    found = sum(f.stat().st_size for f in Path(folder).rglob("*") if f.is_file()) / 1e6
    print(f"{'on the server' if address else f'{found:,.0f} MB'} | {open_ms:.0f}", end=" | ")
    print(" | ".join(f"{median:.2f}; {high:.1f}" for median, high in rows), end="")
    print(f" | {memory:.0f} MB |", flush=True)


def _time(step: Callable[[str], object], questions: Sequence[str]) -> tuple[float, float]:
    for question in questions[:20]:
        step(question)
    times = []
    for question in questions:
        start = time.perf_counter()
        step(question)
        times.append((time.perf_counter() - start) * 1000)
    median, high = np.percentile(times, [50, 99])
    return float(median), float(high)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--words", action="store_true")
    parser.add_argument("--store")
    parser.add_argument("--home")
    parser.add_argument("--step", nargs=3, help=argparse.SUPPRESS)  # the processes started below
    options = parser.parse_args()
    if options.step:
        step, folder, vectors = options.step
        size = options.sizes[0]
        if step == "build":
            build(size, folder, vectors, options.store)
        else:
            search(size, folder, vectors, options.store)
        return
    meaning = () if options.words else ("meaning ms",)
    heads = ("passages", "store + index", "building holds", "size", "open ms", "words ms, median; p99", *meaning,
             "whole search ms", "searching holds")  # fmt: skip
    print(f"| {' | '.join(heads)} |\n{'| --- ' * len(heads)}|", flush=True)
    with tempfile.TemporaryDirectory() as home:
        home = options.home or home
        vectors = os.path.join(home, "no vectors" if options.words else "vectors.npy")
        if not options.words and not os.path.exists(vectors):
            texts = [get_known_text(passage) for passage in read_medquad(1)]
            np.save(vectors, load_encoder().encode(texts, 64))
        for size in options.sizes:
            folder = os.path.join(home, str(size))
            os.makedirs(folder)
            print(f"| {size:,} | ", end="", flush=True)
            for step in ("build", "search"):
                store = ["--store", options.store] if options.store else []
                command = [sys.executable, __file__, "--sizes", str(size), *store]
                subprocess.run([*command, "--step", step, folder, vectors], check=True)


if __name__ == "__main__":
    main()
