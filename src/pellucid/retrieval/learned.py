"""Measures -> a probability, by a logistic regression whose weights are a small data file.

``benchmarks/fit_ranking.py`` writes the files and says from which data.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from importlib.resources import files
from typing import NamedTuple


class Learned(NamedTuple):
    """A fitted combination: the probability is ``1 / (1 + exp(-(bias + sum of weight * measure)))``."""

    bias: float
    weights: dict[str, float]

    def score(self, measures: Mapping[str, float]) -> float:
        """The probability (0 to 1) that goes with some measures.

        Raises
        ------
        KeyError
            If a measure is missing that the combination was fitted with.
        """
        total = self.bias + sum(w * measures[name] for name, w in self.weights.items())
        return 1 / (1 + math.exp(-total)) if total > -700 else 0.0


def load_learned(name: str, dense: bool) -> Learned:
    """Load a combination that comes with the program.

    Parameters
    ----------
    name
        ``"entailment"`` or ``"ranking"``.
    dense
        Whether the measures hold the cosines of an encoder.
    """
    text = (files("pellucid.retrieval") / f"{name}.json").read_text(encoding="utf-8")
    fitted = json.loads(text)["dense" if dense else "lexical"]
    return Learned(fitted["bias"], fitted["weights"])
