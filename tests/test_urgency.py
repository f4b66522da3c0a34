"""Posts that read as an emergency, or as thoughts of ending one's life, and posts that do not.

tests/golden/posts.tsv was written by somebody who saw neither the other posts nor the program; nothing is fitted to it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import pellucid

ROOT = Path(__file__).parent.parent
#: A label's least part that must be told, and the most of calm posts that may be taken for it.
LEAST = {"urgent": 0.8, "crisis": 0.65}
MOST_ALARMS = 0.08


def read_posts(path: Path) -> list[tuple[str, str]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [(label, text) for label, text in (line.split("\t") for line in lines)]


def tell(engine: pellucid.Engine, text: str) -> set[str]:
    """Which notices a post brings."""
    answer = engine.ask(text)
    notices = [n.text for n in answer.notices if n.kind == "emergency"]
    assert (answer.status == "emergency") == bool(notices)
    return {"crisis" if "crisis line" in notice else "urgent" for notice in notices}


@pytest.mark.parametrize(("label", "text"), read_posts(ROOT / "benchmarks" / "posts" / "plain.tsv"))
def test_plain_statements_are_told(engine: pellucid.Engine, label: str, text: str) -> None:
    told = tell(engine, text)
    assert told == set() if label == "calm" else label in told or "urgent" in told


def test_posts_that_nobody_fitted_are_told(engine: pellucid.Engine) -> None:
    posts = read_posts(ROOT / "tests" / "golden" / "posts.tsv")
    told = [(label, tell(engine, text)) for label, text in posts]
    for label, least in LEAST.items():
        hits = [label in found for mark, found in told if mark == label]
        assert len(hits) >= 40
        assert sum(hits) / len(hits) >= least
    alarms = [bool(found) for mark, found in told if mark == "calm"]
    assert len(alarms) >= 250
    assert sum(alarms) / len(alarms) <= MOST_ALARMS
