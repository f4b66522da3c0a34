"""Fit what tells an emergency from other posts: python benchmarks/fit_urgency.py [--write]

Learns from the posts of benchmarks/posts, which we wrote, each file by another author; prints how well posts of
an author are told who was left out, and the held-out posts of tests/golden/posts.tsv; with --write, replaces
urgency.yaml of the built-in pack. Needs scikit-learn (``pip install scikit-learn``).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import yaml
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from pellucid.language.tokens import make_word_key, tokenize
from pellucid.language.urgency import list_features

ROOT = Path(__file__).parent.parent
PACK = ROOT / "src" / "pellucid_packs" / "core" / "language"
AUTHORS = ("scans", "families", "voices", "short", "general")
HELD_OUT = ROOT / "tests" / "golden" / "posts.tsv"
#: Kind of urgency -> the label of its posts, and the part of calm posts of an unknown author that may alarm.
KINDS = {"emergency": ("urgent", 0.03), "crisis": ("crisis", 0.02)}
#: 1 / penalty; what a plain statement counts against a post; below which weight a word is left out.
STRENGTH, PLAIN, LEAST = 3.0, 2.0, 0.1
HEADER = """# How much each word, or pair of words, speaks for an emergency or for thoughts of ending one's life.
# Fitted to the posts of benchmarks/posts by benchmarks/fit_urgency.py: change those, not this.
"""

folding = yaml.safe_load((PACK / "folding.yaml").read_text(encoding="utf-8"))
word_key = make_word_key(folding)


def read_posts(path: Path) -> list[tuple[str, str]]:
    """Label and text of each post of a file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [(label, text) for label, text in (line.split("\t") for line in lines)]


def list_post_features(text: str) -> list[str]:
    return list(list_features([token.key for token in tokenize(text, word_key)]))


def fit(posts: list[tuple[str, str]], label: str, plain: int) -> tuple[float, dict[str, float]]:
    """The weights that tell posts with a label; the last ``plain`` posts are plain statements."""
    vectorizer = CountVectorizer(analyzer=list_post_features, binary=True, min_df=2)
    x = vectorizer.fit_transform(text for _, text in posts)
    weights = np.r_[np.ones(len(posts) - plain), np.full(plain, PLAIN)]
    model = LogisticRegression(C=STRENGTH, max_iter=5000)
    model.fit(x, [mark == label for mark, _ in posts], sample_weight=weights)
    names = vectorizer.get_feature_names_out()
    rows = zip(names, model.coef_[0], strict=True)
    return float(model.intercept_[0]), {n: round(float(w), 2) for n, w in rows if abs(w) >= LEAST}


def score(texts: Iterable[str], bias: float, weights: dict[str, float]) -> np.ndarray:
    return np.array(
        [bias + sum(weights.get(f, 0.0) for f in {*list_post_features(text)}) for text in texts]
    )


def tell(name: str, posts: list[tuple[str, str]], scores: np.ndarray, label: str) -> None:
    marks = np.array([mark for mark, _ in posts])
    found = {
        m: f"{np.mean(scores[marks == m] > 0):.3f} of {np.sum(marks == m)}" for m in (label, "calm")
    }
    print(f"  {name}: found {found[label]}, false alarms {found['calm']}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    plain = read_posts(ROOT / "benchmarks" / "posts" / "plain.tsv")
    authors = {name: read_posts(ROOT / "benchmarks" / "posts" / f"{name}.tsv") for name in AUTHORS}
    held_out = read_posts(HELD_OUT)
    fitted = {}
    for kind, (label, alarms) in KINDS.items():
        print(kind)
        others, unseen = [], []
        for name, posts in authors.items():
            known = [p for other, rows in authors.items() if other != name for p in rows]
            bias, weights = fit([*known, *plain], label, len(plain))
            others.append(score((t for _, t in posts), bias, weights))
            unseen += posts
        scores = np.concatenate(others)
        calm = np.array([mark == "calm" for mark, _ in unseen])
        start = float(np.quantile(scores[calm], 1 - alarms))
        tell("authors left out", unseen, scores - start, label)
        everything = [p for posts in authors.values() for p in posts]
        bias, weights = fit([*everything, *plain], label, len(plain))
        bias = round(bias - start, 2)
        fitted[kind] = {"bias": bias, "weights": dict(sorted(weights.items()))}
        tell("plain statements, fitted", plain, score((t for _, t in plain), bias, weights), label)
        tell("held out", held_out, score((t for _, t in held_out), bias, weights), label)
        print(f"  weights: {len(weights)}")
    if options.write:
        text = yaml.safe_dump(fitted, sort_keys=False, allow_unicode=True, width=10_000)
        (PACK / "urgency.yaml").write_text(HEADER + text, encoding="utf-8")


if __name__ == "__main__":
    main()
