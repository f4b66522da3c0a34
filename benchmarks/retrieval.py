"""Speed of the search beside its peers, on all of MedQuAD, in one run: python benchmarks/retrieval.py

Peers: tantivy's own plain query, SQLite FTS5, bm25s, on the same passages and questions, one thread
each. Questions: those of the MEDIQA-2019 QA validation set (long) and training set 2 (short).
Quality: how often a passage with a known question comes first, and among ten, when that question is told
inside a story of benchmarks/stories.txt (every 60th passage of MedQuAD; several sites answer some questions).

--dense      measure ranking by meaning too; encoding the passages takes minutes
--copies N   repeat the passages N times with changed words: growth
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import sqlite3
import tempfile
import time
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import NamedTuple

import bm25s
import numpy as np
import tantivy

from pellucid.app.asking import open_asking
from pellucid.retrieval.condense import condense
from pellucid.retrieval.dense import load_encoder
from pellucid.retrieval.embedded import build_index, open_index
from pellucid.retrieval.search import Searcher
from pellucid.values.passage import Passage

DATA = Path(os.environ.get("PELLUCID_EVAL_DATA", "data"))
STORIES = (Path(__file__).parent / "stories.txt").read_text(encoding="utf-8").splitlines()
LIMIT = 10
BOOSTS = {"focus": 2.5, "synonyms": 1.5, "question": 1.5, "answer": 1.0}


def read_medquad(copies: int) -> Iterator[Passage]:
    with zipfile.ZipFile(DATA / "MedQuAD-master.zip") as archive:
        documents = [
            ET.fromstring(archive.read(n)) for n in archive.namelist() if n.endswith(".xml")
        ]
    number = count()  # the ids of MedQuAD are of one site each
    for copy in range(copies):
        for document in documents:
            focus = (document.findtext("Focus") or "").strip()
            names = tuple(s.text.strip() for s in document.iter("Synonym") if s.text)
            for pair in document.iter("QAPair"):
                answer, question = (pair.findtext("Answer") or "").strip(), pair.find("Question")
                if answer and question is not None:
                    key = f"{next(number)}"
                    changed = (
                        answer if not copy else re.sub(r"\b(\w{7,})\b", rf"\g<1>{copy}", answer)
                    )
                    yield Passage(key, "medquad", focus, names, question.get("qtype"),
                                  (question.text or "").strip(), changed, focus, "", "", "CC BY 4.0")  # fmt: skip


def read_questions() -> list[str]:
    found = []
    for name in ("ValidationSet", "TrainingSet2-Alexa"):
        path = DATA / "MEDIQA2019" / "MEDIQA_Task3_QA" / f"MEDIQA2019-Task3-QA-{name}.xml"
        found += [
            " ".join((q.findtext("QuestionText") or "").split())
            for q in ET.parse(path).iter("Question")
        ]
    return found


class Kept(list[Passage]):
    """Passages in memory, as a store gives them."""

    def get_many(self, positions: Sequence[int]) -> list[Passage]:
        return [self[position] for position in positions]


#: Gives the numbers of the best passages for a question.
Search = Callable[[str], list[int]]


def make_tantivy(passages: list[Passage], folder: str) -> Search:
    builder = tantivy.SchemaBuilder().add_unsigned_field("n", stored=True)
    for name in BOOSTS:
        builder.add_text_field(name, tokenizer_name="en_stem")
    index = tantivy.Index(builder.build(), folder)
    writer = index.writer(50_000_000, 1)
    for n, p in enumerate(passages):
        fields = {
            "focus": [p.focus],
            "synonyms": [" ".join(p.synonyms)],
            "question": [p.question],
            "answer": [p.answer],
        }
        document = tantivy.Document(**fields)
        document.add_unsigned("n", n)
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def search(text: str) -> list[int]:
        query = index.parse_query(" ".join(re.findall(r"\w+", text.lower())), list(BOOSTS), BOOSTS)
        return [searcher.doc(a)["n"][0] for _, a in searcher.search(query, LIMIT).hits]

    return search


def make_sqlite(passages: list[Passage], folder: str) -> Search:
    database = sqlite3.connect(os.path.join(folder, "fts.sqlite"))
    database.execute(
        "create virtual table p using fts5(focus, synonyms, question, answer, tokenize='porter')"
    )
    rows = (
        (n, p.focus, " ".join(p.synonyms), p.question, p.answer) for n, p in enumerate(passages)
    )
    database.executemany(
        "insert into p(rowid, focus, synonyms, question, answer) values (?,?,?,?,?)", rows
    )
    database.commit()

    def search(text: str) -> list[int]:
        words = " OR ".join(f'"{word}"' for word in dict.fromkeys(re.findall(r"\w+", text.lower())))
        query = (
            f"select rowid from p where p match ? order by bm25(p, 2.5, 1.5, 1.5, 1) limit {LIMIT}"
        )
        return [row[0] for row in database.execute(query, [words])]

    return search


def make_bm25s(passages: list[Passage], _folder: str) -> Search:
    def split(texts: list[str]) -> object:
        return bm25s.tokenize(texts, stopwords="en", show_progress=False)

    model = bm25s.BM25()
    texts = [" ".join((p.focus, *p.synonyms, p.question, p.answer)) for p in passages]
    model.index(split(texts), show_progress=False)
    return lambda text: model.retrieve(split([text]), k=LIMIT, show_progress=False)[0][0].tolist()


class Told(NamedTuple):
    """Questions told in stories with the number of their passage; ``keys``: the known questions, folded."""

    questions: list[tuple[str, int]]
    keys: list[str]


def measure(name: str, search: Search, questions: list[str], stories: Told, built: float) -> None:
    told, keys = stories
    for question in questions[:10]:
        search(question)
    times = []
    for question in questions:
        start = time.perf_counter()
        search(question)
        times.append(time.perf_counter() - start)
    ranks = [[keys[n] for n in search(text)[:LIMIT]] for text, _ in told]
    first = np.mean([r[:1] == [keys[n]] for r, (_, n) in zip(ranks, told, strict=True)])
    ten = np.mean([keys[n] in r for r, (_, n) in zip(ranks, told, strict=True)])
    median, high = np.percentile(np.array(times) * 1000, [50, 99])
    print(
        f"| {name} | {median:.2f} | {high:.2f} | {built:.1f} | {first:.3f} | {ten:.3f} |",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dense", action="store_true")
    parser.add_argument("--copies", type=int, default=1)
    parser.add_argument("--own", action="store_true", help="without the peers")
    options = parser.parse_args()
    passages = Kept(read_medquad(options.copies))
    questions, tables = read_questions(), open_asking()
    pairs = [(STORIES[i % len(STORIES)].format(q=passages[n].question), n)
            for i, n in enumerate(range(0, len(passages) // options.copies, 60))]  # fmt: skip
    told = Told(pairs, [re.sub(r"\W+", "", p.question.lower()) for p in passages])
    print(f"{len(passages)} passages, {len(questions)} questions, {len(pairs)} told in stories\n")
    print(
        "| search | median ms | p99 ms | build s | first | in ten |\n| --- | --- | --- | --- | --- | --- |"
    )
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, make) in enumerate(
            (("tantivy, plain", make_tantivy), ("SQLite FTS5", make_sqlite), ("bm25s", make_bm25s))
        ):
            if options.own:
                break
            own = os.path.join(folder, str(number))
            os.mkdir(own)
            start = time.perf_counter()
            search = make(passages, own)
            measure(name, search, questions, told, time.perf_counter() - start)
        place = os.path.join(folder, "pellucid")
        start = time.perf_counter()
        build_index(passages, place, tables)
        built = time.perf_counter() - start
        start = time.perf_counter()
        pack = open_index(place, passages)
        opened = (time.perf_counter() - start) * 1000
        numbers = {p.id: n for n, p in enumerate(passages)}
        measure(
            "Pellucid, words alone",
            lambda text: [h.position for h in pack.find_by_words(condense(text, tables), LIMIT)],
            questions,
            told,
            built,
        )
        searcher = Searcher([pack], tables)
        measure(
            "Pellucid, words + entailment",
            lambda text: [numbers[f.passage.id] for f in searcher.search(text, LIMIT)],
            questions,
            told,
            built,
        )
        if options.dense:
            place, encoder = os.path.join(folder, "dense"), load_encoder()
            start = time.perf_counter()
            build_index(passages, place, tables, encoder)
            built = time.perf_counter() - start
            dense = Searcher([open_index(place, passages)], tables, encoder)
            measure(
                "Pellucid, words + meaning + entailment",
                lambda text: [numbers[f.passage.id] for f in dense.search(text, LIMIT)],
                questions,
                told,
                built,
            )
        size = (
            sum(f.stat().st_size for f in Path(folder, "pellucid").rglob("*") if f.is_file()) / 1e6
        )
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nindex {size:.1f} MB, opened in {opened:.1f} ms; the process came to {memory:.0f} MB")


if __name__ == "__main__":
    main()
