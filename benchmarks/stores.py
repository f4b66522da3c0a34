"""Do both stores give the same answers? python benchmarks/stores.py --store postgres://USER@HOST/DATABASE

All of MedQuAD in files and on a PostgreSQL server with pgvector; the development questions of
retrieval.py. Agreement: how often the first passage is the same, how often the first of one is among
the first five of the other, and how much likelier the files' first is to answer where they differ.

--home FOLDER    keep the vectors there, as growth.py does
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time

import numpy as np
from growth import NAME, Repeated
from retrieval import Kept, read_medquad, read_questions

from pellucid.app.asking import open_asking
from pellucid.retrieval.dense import load_encoder
from pellucid.retrieval.embedded import build_index, open_index
from pellucid.retrieval.postgres_shelf import PostgresShelf
from pellucid.retrieval.search import Searcher
from pellucid.retrieval.store import get_known_text
from pellucid.values.passage import InstalledPack


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--store", required=True)
    parser.add_argument("--home")
    options = parser.parse_args()
    tables, encoder, passages = open_asking(), load_encoder(), Kept(read_medquad(1))
    questions = read_questions()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(options.home or folder, "vectors.npy")
        if not os.path.exists(path):
            np.save(path, encoder.encode([get_known_text(p) for p in passages], 64))
        vectors = np.load(path)
        build_index(passages, folder, tables, Repeated(vectors))  # type: ignore[arg-type]
        files = open_index(folder, passages)
        shelf = PostgresShelf(options.store)
        pack = InstalledPack(NAME, NAME, "medquad", None, "CC-BY-4.0", "", "", "", {}, {"passages": len(passages)}, {}, (), "", "", {})  # fmt: skip
        start = time.perf_counter()
        with shelf.change(NAME):
            shelf.put(pack, passages, tables, Repeated(vectors))  # type: ignore[arg-type]
        print(f"installed on the server in {time.perf_counter() - start:.0f} s")
        served = shelf.open(NAME)
        for name, model in (("words", None), ("words and meaning", encoder)):
            first = [Searcher([store], tables, model) for store in (files, served)]
            same, among, lost, times = 0, 0, [], []
            for question in questions:
                ours = first[0].search(question, 5)
                start = time.perf_counter()
                theirs = first[1].search(question, 5)
                times.append((time.perf_counter() - start) * 1000)
                # Several passages can be equally likely: which of them is first means nothing.
                best = ours[0].score - theirs[0].score if ours and theirs else 1.0
                same += ours == theirs or abs(best) < 1e-3
                among += bool(ours) and ours[0].passage.id in {f.passage.id for f in theirs}
                lost += [best] if abs(best) >= 1e-3 else []
            median, high = np.percentile(times, [50, 99])
            print(
                f"{name}: first the same (or as likely) {same / len(questions):.3f}, "
                f"among five {among / len(questions):.3f}, mean difference of probability elsewhere "
                f"{np.mean(lost) if lost else 0:+.3f}; the server's search {median:.1f}; {high:.1f} ms"
            )
        served.close()
        shelf.remove(NAME)


if __name__ == "__main__":
    main()
