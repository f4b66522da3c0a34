"""How a pack grows: time, size and memory at 10^4, 10^5 and 10^6 passages: python benchmarks/growth.py

The passages are those of MedQuAD again and again; in each copy every fifth word of seven letters or
more is changed, in a way of that copy: common words stay common. Vectors of a copy are those of the
passages themselves with noise (cosine about 0.9), as encoding a million texts would take hours.
Each size is built in one process and searched in another, opened anew. Questions: as in
retrieval.py. Memory is what the process holds for itself (RssAnon), without the mapped files.

--sizes N ...      other sizes
--home FOLDER      keep the vectors and packs there
--store ADDRESS    packs on a PostgreSQL server instead (docs/packs.md)
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
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
from pellucid.values.passage import InstalledPack, Passage

SIZES = (10_000, 100_000, 1_000_000)
NAME = "growth"
_LONG = re.compile(r"\w{7,}")


def repeat(passages: Sequence[Passage]) -> Iterator[Passage]:
    """The passages again and again, each time with other words changed."""
    copy = 0
    while True:

        def change(match: re.Match[str], copy: int = copy) -> str:
            word = match[0]
            return f"{word}{copy}" if copy and crc32(f"{word} {copy}".encode()) % 5 == 0 else word

        for passage in passages:
            yield passage._replace(
                id=f"{passage.id}/{copy}",
                focus=_LONG.sub(change, passage.focus),
                question=_LONG.sub(change, passage.question),
                answer=_LONG.sub(change, passage.answer),
            )
        copy += 1


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
    encoder: Any = Repeated(np.load(vectors))
    start = time.perf_counter()
    count = write_passages(islice(repeat(passages), size), folder, lambda: None)
    stored = time.perf_counter() - start
    del passages
    pack = make_manifest(folder, count)
    store = PassageStore(pack)
    start = time.perf_counter()
    if address:
        shelf = PostgresShelf(address)
        with shelf.change(NAME):
            shelf.put(pack, store, open_asking(), encoder)
    else:
        build_index(store, folder, open_asking(), encoder)
    built = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{stored:.0f} + {built:.0f} s | {peak:.0f} MB", end=" | ")


def search(size: int, folder: str, address: str | None) -> None:
    tables, encoder = open_asking(), load_encoder()
    questions = read_questions()[:200]
    start = time.perf_counter()
    if address:
        opened: Any = PostgresShelf(address).open(NAME)
    else:
        opened = open_index(folder, PassageStore(make_manifest(folder, size)))
    open_ms = (time.perf_counter() - start) * 1000
    asked = {text: condense(text, tables) for text in questions}
    vectors = dict(
        zip(questions, encoder.encode([asked[q].short for q in questions], 128), strict=True)
    )
    whole = Searcher([opened], tables, encoder)
    rows = [
        _time(lambda q: opened.find_by_words(asked[q], 20), questions),
        _time(lambda q: opened.find_by_meaning(vectors[q], 20), questions),
        _time(lambda q: whole.search(q, 5), questions),
    ]
    status = Path("/proc/self/status").read_text()
    memory = int(re.search(r"RssAnon:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]
    found = sum(f.stat().st_size for f in Path(folder).rglob("*") if f.is_file()) / 1e6
    print(f"{'on the server' if address else f'{found:,.0f} MB'} | {open_ms:.0f}", end=" | ")
    print(" | ".join(f"{median:.1f}; {high:.1f}" for median, high in rows), end="")
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
            search(size, folder, options.store)
        return
    print("| passages | store + index | building holds | size | open ms | words ms, median; p99 | "
          "meaning ms | whole search ms | searching holds |\n" + "| --- " * 9 + "|", flush=True)  # fmt: skip
    with tempfile.TemporaryDirectory() as home:
        home = options.home or home
        vectors = os.path.join(home, "vectors.npy")
        if not os.path.exists(vectors):
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
