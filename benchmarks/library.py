"""Lay questions of our own, answered from all of MedQuAD: python benchmarks/library.py

library_questions.jsonl has the questions, in our own words; library_grades.tsv the passages that were
judged for them: 4 answers it, 3 answers most of it or in passing, 2 is near, 1 is not it. Judged were
the best five of every search here, whoever found them. A question without a passage of grade 3 cannot
be answered from MedQuAD. Half of the questions are for tuning, half are not: the two are apart in the
table. An unjudged passage counts as grade 1.

All searches run in one run, one thread each, on the same passages: quality and speed in one table. Then
the whole of `pellucid ask`'s way with packs: how many questions it answers at each threshold, and how
many of those rightly, in the half that nothing was tuned on.

--lexical     without search by meaning, whose vectors take two minutes
--unjudged    list passages among the best five that nobody has judged
--write       fit src/pellucid/retrieval/answering.json to the tuning half
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import fit_ranking
import numpy as np
from retrieval import Kept, make_bm25s, make_sqlite, make_tantivy

from pellucid.app import passages as app_passages
from pellucid.app.build import open_packs
from pellucid.app.collections import Request, install
from pellucid.app.engine import Engine, load
from pellucid.app.installed import open_pack
from pellucid.app.passages import Passages
from pellucid.app.settings import get_core_pack
from pellucid.language.lexicon import English, Lexicon
from pellucid.retrieval import dense
from pellucid.retrieval.condense import Asked, condense
from pellucid.retrieval.embedded import EmbeddedIndex, open_index
from pellucid.retrieval.judge import LEAST, POOL, measure_found
from pellucid.retrieval.lexical import LexicalIndex
from pellucid.retrieval.search import Searcher

HERE = Path(__file__).parent
DATA = Path(os.environ.get("PELLUCID_EVAL_DATA", "data"))
LIMIT = 5
#: What counts against a passage, and what may count either way, in the fit; its strength.
AGAINST = ("type_other", "type_general", "type_open_given", "turned", "numbers", "titled")
EITHER = ("type_open", "long", "size", "brief", "asks")
#: Of the place in the search nothing is learned: it is the search's own score again.
LEFT_OUT = ("early", "late", "first", "section")
STRENGTH = 0.1

#: Gives the ids of the best passages for a question.
Search = Callable[[str], Sequence[str]]


class Question(NamedTuple):
    """A question of the set, and the grades of the passages judged for it, by their ids."""

    id: str
    tuning: bool
    text: str
    grades: dict[str, int]

    @property
    def answerable(self) -> bool:
        return max(self.grades.values(), default=1) >= 3


def read_set() -> list[Question]:
    grades: dict[str, dict[str, int]] = {}
    for line in (HERE / "library_grades.tsv").read_text(encoding="utf-8").splitlines():
        question, passage, grade = line.split("\t")
        grades.setdefault(question, {})[passage] = int(grade)
    lines = (HERE / "library_questions.jsonl").read_text(encoding="utf-8").splitlines()
    rows = map(json.loads, lines)
    return [Question(r["id"], r["tuning"], r["question"], grades.get(r["id"], {})) for r in rows]


def score(found: Sequence[str], question: Question) -> tuple[float, float, float]:
    """Reciprocal rank of the first answer, whether it is the first, and nDCG of the first five."""
    grades = [question.grades.get(passage, 1) for passage in found[:LIMIT]]
    rank = next((1 / place for place, grade in enumerate(grades, 1) if grade >= 3), 0.0)
    best = sorted(question.grades.values(), reverse=True)[:LIMIT]
    return rank, float(rank == 1), gain(grades) / gain(best)


def gain(grades: Sequence[int]) -> float:
    return sum((grade - 1) / math.log2(place + 1) for place, grade in enumerate(grades, 1))


def measure(name: str, search: Search, questions: Sequence[Question]) -> dict[str, Sequence[str]]:
    """Print one row of the table; returns what was found for each question."""
    search(questions[0].text)
    times, found = [], {}
    for question in questions:
        start = time.perf_counter()
        found[question.id] = search(question.text)[:LIMIT]
        times.append(time.perf_counter() - start)
    cells: list[float] = []
    for tuning in (True, False):
        half = [q for q in questions if q.answerable and q.tuning == tuning]
        cells += list(np.mean([score(found[q.id], q) for q in half], axis=0))
    median, high = np.percentile(np.array(times) * 1000, [50, 99])
    shown = " | ".join(f"{cell:.3f}" for cell in cells)
    print(f"| {name} | {shown} | {median:.1f} | {high:.1f} |", flush=True)
    return found


def print_curve(found: dict[str, tuple[float, int]]) -> None:
    """Coverage and accuracy at each threshold; ``found``: question -> (score, grade) of the best."""
    print(
        "\n| from | answered | of those right | of the unanswerable, none |\n| --- | --- | --- | --- |"
    )
    scores = np.array([s for s, _ in found.values()])
    right = np.array([grade >= 3 for _, grade in found.values()])
    beyond = np.array([grade == 0 for _, grade in found.values()])
    for least in (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8):
        said = scores >= least
        mark = " (in use)" if least == LEAST else ""
        print(
            f"| {least:.1f}{mark} | {said.mean():.2f} | {right[said].mean():.2f} | {(~said[beyond]).mean():.2f} |"
        )


def understand(passages: Passages, text: str) -> Asked:
    """What `ask` looks for in packs: the built-in pages say what a question is about, if they know."""
    focus = load_core().ask(text).focus
    return passages.understand(text, focus[0].name if focus else "").asked


@cache
def load_core() -> Engine:
    """The built-in pages alone."""
    engine = load()
    engine._installed._open = lambda: None
    return engine


def fit(passages: Passages, questions: Sequence[Question]) -> dict[str, object]:
    """Fit what makes a passage an answer to the judged passages of the tuning half."""
    fit_ranking.AGAINST, fit_ranking.EITHER = AGAINST, EITHER
    rows, labels = [], []
    search = passages._search
    for question in questions:
        if question.tuning:
            asked = understand(passages, question.text)
            found = search.searcher.search(asked.text, POOL)
            for f, row in zip(found, measure_found(asked, found, passages.tables), strict=True):
                if f.passage.id in question.grades:
                    rows.append(row)
                    labels.append(question.grades[f.passage.id] >= 3)
    names = [name for name in rows[0] if name not in LEFT_OUT]
    x = np.array([[row[name] for name in names] for row in rows])
    y = np.array(labels, dtype=float)
    fitted = fit_ranking.fit_signed(x, y, np.ones(len(y)), STRENGTH, names)
    print(f"fitted to {len(y)} passages, {y.mean():.2f} of them answers")
    return fit_ranking.pack(names, list(range(len(names))), fitted)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lexical", action="store_true")
    parser.add_argument("--unjudged", action="store_true")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    questions = read_set()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PELLUCID_DATA_DIR"] = folder
        found = run(options, questions, folder)
    if options.unjudged:
        for question in questions:
            for passage in dict.fromkeys(p for each in found for p in each[question.id]):
                if passage not in question.grades:
                    print(f"{question.id}\t{passage}")


def run(
    options: argparse.Namespace, questions: list[Question], folder: str
) -> list[dict[str, Sequence[str]]]:
    if options.lexical:
        dense._PACKAGES = ()
    start = time.perf_counter()
    pack = install(Request("medquad", str(DATA / "MedQuAD-master.zip")))
    print(f"installed in {time.perf_counter() - start:.0f} s")
    store = open_pack("medquad")
    kept = Kept(store)
    ids = [passage.id for passage in kept]
    artefact = open_packs([get_core_pack()])
    content = (
        artefact,
        Lexicon._make(artefact.get("lexicon")),
        lambda: English._make(artefact.get("english")),
    )
    start = time.perf_counter()
    passages = Passages(*content)
    tables = passages.tables
    print(
        f"opened in {(time.perf_counter() - start) * 1000:.0f} ms, the model with it if there is one"
    )
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    index = open_index(pack.folder, store)
    lexical = LexicalIndex(os.path.join(pack.folder, "lexical"))
    by_words = Searcher([EmbeddedIndex(store, lexical)], tables)
    if options.write:
        fitted = {"dense": fit(passages, questions)} if index.has_vectors else {}
        app_passages._get_encoder.cache_clear()
        words = Passages(*content)
        words.__dict__["_search"] = passages._search._replace(searcher=by_words)
        fitted["lexical"] = fit(words, questions)
        text = json.dumps({"fitted_by": "benchmarks/library.py", **fitted}, indent=1)
        (fit_ranking.WEIGHTS / "answering.json").write_text(text + "\n", encoding="utf-8")
        passages = Passages(*content)
    half = "MRR | first | nDCG@5"
    print(
        f"\n{len(kept)} passages, {len(questions)} questions, {sum(q.answerable for q in questions)} of them answerable\n"
    )
    print(f"| search | tuning half: {half} | other half: {half} | median ms | p99 ms |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    results = []
    for number, (name, make) in enumerate(
        (("tantivy, plain", make_tantivy), ("SQLite FTS5", make_sqlite), ("bm25s", make_bm25s))
    ):
        own = os.path.join(folder, str(number))
        os.mkdir(own)
        peer = make(kept, own)
        results.append(
            measure(name, lambda text, peer=peer: [ids[n] for n in peer(text)], questions)
        )
    searches: dict[str, Search] = {
        "words": lambda text: [
            ids[h.position] for h in lexical.search(condense(text, tables), LIMIT)
        ]
    }
    searches["words + entailment"] = lambda text: [
        f.passage.id for f in by_words.search(text, LIMIT)
    ]
    if index.has_vectors:
        meant = Searcher([index], tables, dense.load_encoder())
        searches["words + meaning + entailment"] = lambda text: [
            f.passage.id for f in meant.search(text, LIMIT)
        ]
    judged: dict[str, tuple[float, int]] = {}

    def ask(text: str) -> list[str]:
        found = passages.find(understand(passages, text))
        question = next(q for q in questions if q.text == text)
        grade = question.grades.get(found[0].passage.id, 1) if found else 1
        least = (found[0].score, grade) if found else (0.0, grade)
        judged[question.id] = least if question.answerable else (least[0], 0)
        return [f.passage.id for f in found]

    searches["as `ask` does: spelling, search, judged"] = ask
    results += [measure(name, search, questions) for name, search in searches.items()]
    print(f"\nmemory when the pack was open, before the peers: {memory:.0f} MB")
    for tuning in (True, False):
        print(f"\n{'Tuning' if tuning else 'Other'} half:", end="")
        print_curve({q.id: judged[q.id] for q in questions if q.tuning == tuning})
    return results


if __name__ == "__main__":
    main()
