"""The terms under which a collection may be used: whose it is, its licence, its attribution."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from importlib.resources import files
from typing import Any

import yaml

from pellucid.errors import CollectionError

#: Licences by their SPDX identifiers (https://spdx.org/licenses), and what they ask in short.
LICENCES = {
    "CC0-1.0": "no conditions",
    "CC-BY-3.0": "name the authors",
    "CC-BY-4.0": "name the authors",
    "CC-BY-SA-3.0": "name the authors, pass on alike",
    "CC-BY-SA-4.0": "name the authors, pass on alike",
    "CC-BY-NC-4.0": "name the authors, no commercial use",
    "CC-BY-NC-SA-4.0": "name the authors, no commercial use, pass on alike",
    "CC-BY-ND-4.0": "name the authors, pass on unchanged",
    "CC-BY-NC-ND-4.0": "name the authors, no commercial use, pass on unchanged",
    "MIT": "keep the copyright notice",
    "BSD-2-Clause": "keep the copyright notice",
    "BSD-3-Clause": "keep the copyright notice",
    "Apache-2.0": "keep the copyright notice",
    "ODC-By-1.0": "name the source",
    "ODbL-1.0": "name the source, pass on alike",
    "OGL-UK-3.0": "name the source",
    "GFDL-1.3-only": "name the authors, pass on alike",
    "LicenseRef-own": "texts of your own",
    "LicenseRef-public-domain": "no conditions",
}
_REFERENCE = re.compile(r"LicenseRef-[A-Za-z0-9.-]{1,60}")
_KEYS = ("title", "publisher", "licence", "attribution", "url")
_MAX = 1_000


def load_known() -> dict[str, dict[str, Any]]:
    """The collections that are known by name, with their terms."""
    text = files("pellucid.collections").joinpath("known.yaml").read_text(encoding="utf-8")
    known: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return known


def read_terms(text: str, name: str) -> dict[str, str]:
    """The terms that a ``collection.yaml`` states.

    Raises
    ------
    CollectionError
        If it is no YAML mapping of the known keys to texts.
    """
    try:
        found = yaml.safe_load(text) or {}
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise CollectionError(f"{name} is no YAML: see docs/packs.md") from error
    if not isinstance(found, dict) or not set(found) <= {*_KEYS}:
        raise CollectionError(f"{name} may have the keys {', '.join(_KEYS)} and no others")
    return found


def check_terms(terms: Mapping[str, Any], place: str) -> dict[str, Any]:
    """The terms, complete: a licence and a publisher are asked for, the rest is made of them.

    Raises
    ------
    CollectionError
        If the licence is missing or unknown, or a value is no line of text.
    """
    for key in _KEYS:
        value = terms.get(key) or ""
        if not isinstance(value, str) or len(value) > _MAX or "\n" in value.strip():
            raise CollectionError(f"{place}: the {key} must be one line of text")
    licence = terms.get("licence")
    if not licence:
        raise CollectionError(
            f"{place} does not say on what terms it may be used: give --licence, such as CC-BY-4.0, "
            "or LicenseRef-own for texts of your own"
        )
    if licence not in LICENCES and not _REFERENCE.fullmatch(licence):
        near = get_close_matches(licence, LICENCES, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}? " if near else ""
        raise CollectionError(
            f"{place}: '{licence[:60]}' is no SPDX identifier of a licence: {hint}"
            "Others are written LicenseRef-NAME"
        )
    publisher = terms.get("publisher")
    if not publisher:
        raise CollectionError(f"{place} does not say whose it is: give --publisher")
    title = terms.get("title") or publisher
    return {
        "url": "",
        **terms,
        "title": title,
        "attribution": terms.get("attribution") or f"{title}, {publisher}",
    }
