"""Fit the two small combinations of the retrieval room: python benchmarks/fit_ranking.py [--write]

Prints cross-validated figures; with --write, replaces src/pellucid/retrieval/{entailment,ranking}.json.

entailment  MEDIQA-2019 RQE: the validation pairs, and the training pairs with a small weight, as they
            are of another style (short questions of clinicians). Folds are by asked question.
ranking     MEDIQA-2019 QA, training set 2 (Alexa), each question as it is and told in stories of ours
            (benchmarks/stories.txt), as its own are all short. Folds are by topic. The validation set
            is for the figure only: nothing is fitted to it.

Takes five minutes on one core; OMP_NUM_THREADS=1 where others compute too. The data stay where PELLUCID_EVAL_DATA says; what the scorers export is read from them.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.app.asking import open_asking
from pellucid.retrieval.condense import Asked, condense
from pellucid.retrieval.dense import Encoder, load_encoder
from pellucid.retrieval.entail import compare, compare_meaning, encode_asked
from pellucid.retrieval.rank import make_candidates, measure

HERE = Path(__file__).parent
WEIGHTS = HERE.parent / "src" / "pellucid" / "retrieval"
#: What a training pair counts against a pair of the validation set; the strength of the fit (1 / penalty).
PAIR_WEIGHT, PAIR_FIT = 0.05, 1.0
ANSWER_FIT = 0.01
STORIES_EACH = 3
SEEDS = range(6)


def read_xml(name: str) -> ET.Element:
    root = Path(os.environ.get("PELLUCID_EVAL_DATA", "data"))
    return ET.parse(root / "MEDIQA2019" / name).getroot()


def clean(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "").strip()


def fit(x: np.ndarray, y: np.ndarray, w: np.ndarray, strength: float) -> tuple[np.ndarray, float]:
    """Logistic regression by Newton's steps, its penalty on measures of unit spread; (weights, bias)."""
    mean = np.average(x, axis=0, weights=w)
    spread = np.sqrt(np.average((x - mean) ** 2, axis=0, weights=w))
    spread[spread < 1e-6] = np.inf  # what never varies gets no weight
    z = np.c_[(x - mean) / spread, np.ones(len(x))]
    penalty = np.r_[np.full(x.shape[1], 1 / strength), 1e-9]
    beta = np.zeros(z.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-z @ beta))
        gradient = z.T @ (w * (p - y)) + penalty * beta
        step = np.linalg.solve((z.T * (w * p * (1 - p))) @ z + np.diag(penalty), gradient)
        beta -= step
        if np.abs(step).max() < 1e-9:
            break
    weights = beta[:-1] / spread
    return weights, float(beta[-1] - weights @ mean)


#: Measures of disagreement, and those that may count either way; all others speak for an answer.
AGAINST = ("type_other", "type_general", "type_open_given", "turned", "numbers")
EITHER = ("type_open", "long")


def fit_signed(
    x: np.ndarray, y: np.ndarray, w: np.ndarray, strength: float, names: list[str]
) -> tuple[np.ndarray, float]:
    """As :func:`fit`, without the measures that came out against their meaning.

    Two measures that go together may be given weights of two signs; in a search, where the data
    have no say, the sign that makes no sense then puts the wrong passage first.
    """
    kept = list(range(len(names)))
    while True:
        found, bias = fit(x[:, kept], y, w, strength)
        wrong = [
            (weight if names[i] in AGAINST else -weight, i)
            for weight, i in zip(found * x[:, kept].std(axis=0), kept, strict=True)
            if names[i] not in EITHER and (weight > 0) == (names[i] in AGAINST) and weight
        ]
        if not wrong:
            weights = np.zeros(len(names))
            weights[kept] = found
            return weights, bias
        kept.remove(max(wrong)[1])


def predict(x: np.ndarray, fitted: tuple[np.ndarray, float]) -> np.ndarray:
    return 1 / (1 + np.exp(-(x @ fitted[0] + fitted[1])))


def fold(groups: list[Any], seed: int) -> np.ndarray:
    names = sorted(set(groups))
    place = dict(zip(names, np.random.RandomState(seed).permutation(len(names)) % 5, strict=True))
    return np.array([place[g] for g in groups])


def select(names: list[str], dense: bool) -> list[int]:
    return [i for i, name in enumerate(names) if dense or "cosine" not in name]


def pack(names: list[str], columns: list[int], fitted: tuple[np.ndarray, float]) -> dict[str, Any]:
    weights = {names[c]: round(float(w), 5) for c, w in zip(columns, fitted[0], strict=True) if w}
    return {"bias": round(fitted[1], 5), "weights": weights}


def write(name: str, fitted: dict[str, Any]) -> None:
    text = json.dumps({"fitted_by": "benchmarks/fit_ranking.py", **fitted}, indent=1)
    (WEIGHTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")


class Pairs:
    """Measures of pairs of questions; each text is condensed and encoded once."""

    def __init__(self, encoder: Encoder) -> None:
        self.tables, self.encoder = open_asking(), encoder
        self.asked: dict[str, tuple[Asked, Any]] = {}

    def get(self, text: str) -> tuple[Asked, Any]:
        if text not in self.asked:
            asked = condense(text, self.tables)
            self.asked[text] = asked, encode_asked(asked, self.encoder)
        return self.asked[text]

    def measure(self, name: str) -> tuple[list[str], np.ndarray, np.ndarray, list[str]]:
        rows, labels, groups = [], [], []
        root = read_xml(f"MEDIQA_Task2_RQE/MEDIQA2019-Task2-RQE-{name}.xml")
        for pair in root.iter("pair"):
            chq, faq = clean(pair.findtext("chq")), clean(pair.findtext("faq"))
            (asked, vectors), (known, meant) = self.get(chq), self.get(faq)
            rows.append({**compare(asked, known), **compare_meaning(vectors, meant[0])})
            labels.append(pair.get("value") == "true")
            groups.append(chq)
        names = list(rows[0])
        x = np.array([[row[n] for n in names] for row in rows])
        return names, x, np.array(labels, dtype=float), groups


def fit_entailment(encoder: Encoder) -> dict[str, Any]:
    pairs = Pairs(encoder)
    names, x, y, groups = pairs.measure("ValidationSet-AMIA2016")
    _, more, labels, _ = pairs.measure("TrainingSet-AMIA2016")
    result = {}
    for kind in ("dense", "lexical"):
        columns = select(names, kind == "dense")

        def train(rows: np.ndarray, columns: list[int] = columns) -> tuple[np.ndarray, float]:
            w = np.r_[np.ones(rows.sum()), np.full(len(labels), PAIR_WEIGHT)]
            both = np.concatenate([x[rows], more])[:, columns]
            return fit_signed(
                both, np.r_[y[rows], labels], w, PAIR_FIT, [names[c] for c in columns]
            )

        right, held = [], np.zeros((len(SEEDS), len(y)))
        for seed in SEEDS:
            part = fold(groups, seed)
            for k in range(5):
                held[seed, part == k] = predict(x[part == k][:, columns], train(part != k))
            right.append(((held[seed] >= 0.5) == y).mean())
        print(f"entailment {kind}: accuracy {np.mean(right):.3f} (seeds {min(right):.3f} to {max(right):.3f}), "
              f"validation pairs, five folds by asked question; majority {max(y.mean(), 1 - y.mean()):.3f}")  # fmt: skip
        p = held.mean(axis=0)
        for cut in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8):
            said = p >= cut
            print(
                f"  answered from {cut:.1f}: {said.mean():.2f} of the pairs, right {y[said].mean():.2f}"
            )
        result[kind] = pack(names, columns, train(np.ones(len(y), dtype=bool)))
    return result


def read_questions(name: str) -> list[tuple[str, list[str], list[int]]]:
    root = read_xml(f"MEDIQA_Task3_QA/MEDIQA2019-Task3-QA-{name}.xml")
    return [
        (
            clean(q.findtext("QuestionText")),
            [clean(a.findtext("AnswerText")) for a in q.iter("Answer")],
            [int(a.get("ReferenceScore", "0")) for a in q.iter("Answer")],
        )
        for q in root.iter("Question")
    ]


class Remembering:
    """An encoder that encodes each text once."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder, self.known = encoder, {}

    def encode(self, texts: list[str], limit: int = 256) -> np.ndarray:
        new = [t for t in dict.fromkeys(texts) if (t, limit) not in self.known]
        if new:
            for text, vector in zip(new, self.encoder.encode(new, limit), strict=True):
                self.known[text, limit] = vector
        return np.stack([self.known[t, limit] for t in texts])


def tell(question: str, number: int, stories: list[str]) -> list[str]:
    """A question as it is, and inside some stories, every other one behind a subject line."""
    subject = re.split(
        r"\b(?:of|is|are|for|causes|prevent|with|get|diagnose|about)\b", question.rstrip("? ")
    )[-1]
    told = [stories[(number * STORIES_EACH + k) % len(stories)] for k in range(STORIES_EACH)]
    return [
        question,
        *(
            f"{subject.strip()}. " * (k % 2) + story.format(q=question)
            for k, story in enumerate(told)
        ),
    ]


def score(groups: np.ndarray, p: np.ndarray, grades: np.ndarray) -> str:
    """What benchmarks/predict.py would score, the first answer always taken for right."""
    first, reciprocal, official, right = [], [], [], 0
    for group in np.unique(groups):
        order = np.flatnonzero(groups == group)
        order = order[np.argsort(-p[order], kind="stable")]
        said = p[order] >= 0.5
        said[0] = True
        good = grades[order] >= 3
        right += int((said == good).sum())
        first.append(good[0])
        reciprocal.append(1 / (good.argmax() + 1) if good.any() else 0)
        both = said & good
        official.append(1 / (both.argmax() + 1) if both.any() else 0)
    return (f"accuracy {right / len(p):.3f}, MRR {np.mean(reciprocal):.3f} (official {np.mean(official):.3f}), "
            f"first answer of grade 3 or 4: {np.mean(first):.3f}")  # fmt: skip


def fit_ranking(encoder: Encoder) -> dict[str, Any]:
    tables, encoder = open_asking(), Remembering(encoder)
    stories = [s for s in (HERE / "stories.txt").read_text(encoding="utf-8").splitlines() if s]

    def read(
        name: str, told: bool
    ) -> tuple[list[dict[str, float]], np.ndarray, np.ndarray, list[str]]:
        rows, places, grades, topics = [], [], [], []
        for number, (question, texts, judged) in enumerate(read_questions(name)):
            candidates = make_candidates(texts)
            topic = " ".join(sorted(condense(question, tables).focus))
            for k, text in enumerate(tell(question, number, stories) if told else [question]):
                rows += measure(condense(text, tables), candidates, tables, encoder)
                places += [(number, k)] * len(texts)
                grades += judged
                topics += [topic] * len(texts)
        return rows, np.array(places), np.array(grades), topics

    rows, places, grades, topics = read("TrainingSet2-Alexa", True)
    held_rows, held_places, held_grades, _ = read("ValidationSet", False)
    names = list(rows[0])
    x, y = np.array([[row[n] for n in names] for row in rows]), (grades >= 3).astype(float)
    held = np.array([[row[n] for n in names] for row in held_rows])
    w, plain = np.ones(len(y)), places[:, 1] == 0
    result = {}
    for kind in ("dense", "lexical"):
        columns = select(names, kind == "dense")
        for seed in SEEDS[:3]:
            part, p = fold(topics, seed), np.zeros(len(y))
            for k in range(5):
                train = part != k
                p[~train] = predict(
                    x[~train][:, columns], fit(x[train][:, columns], y[train], w[train], ANSWER_FIT)
                )
            print(
                f"ranking {kind}, Alexa, folds by topic, seed {seed}: {score(places[plain, 0], p[plain], grades[plain])}"
            )
        fitted = fit(x[:, columns], y, w, ANSWER_FIT)
        p = predict(held[:, columns], fitted)
        print(
            f"ranking {kind}, validation, fitted to Alexa alone: {score(held_places[:, 0], p, held_grades)}"
        )
        result[kind] = pack(names, columns, fitted)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--write", action="store_true", help="replace the weights that the program uses"
    )
    parser.add_argument("--model", help="folder of all-MiniLM-L6-v2, where no package ships it")
    options = parser.parse_args()
    encoder = load_encoder(options.model)
    for name, fitted in (
        ("entailment", fit_entailment(encoder)),
        ("ranking", fit_ranking(encoder)),
    ):
        if options.write:
            write(name, fitted)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
