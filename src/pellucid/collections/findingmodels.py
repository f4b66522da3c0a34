"""Open Imaging Finding Models: one JSON definition a finding, in ``defs/*.fm.json``.

Schema: ``schema/finding_model_schema.md`` in https://github.com/openimagingdata/findingmodels.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from posixpath import basename
from typing import Any

from pellucid.collections.intake import Intake, unique
from pellucid.collections.source import File, Source
from pellucid.errors import CollectionError
from pellucid.values.passage import Passage


def read(source: Source, intake: Intake) -> Iterator[Passage]:
    """A passage for each definition.

    Raises
    ------
    CollectionError
        If a definition is damaged or lacks its id, name or description.
    """
    for file in source.find(".fm.json"):
        intake.read += 1
        with intake.skipping():
            yield _read_model(file, intake)


def _read_model(file: File, intake: Intake) -> Passage:
    data = file.read()
    try:
        model = json.loads(data)
        name, identifier = model["name"].strip(), model["oifm_id"].strip()
        synonyms = unique(*(model.get("synonyms") or ()))
        return intake.make_passage(
            id=identifier,
            focus=name,
            synonyms=tuple(s for s in synonyms if s.casefold() != name.casefold()),
            question_type="information",
            question=f"What is {name}?",
            answer="\n\n".join([model["description"].strip(), *_describe(model)]),
            title=name,
            url=f"{intake.terms['url']}/blob/main/defs/{basename(file.name)}",
            publisher=_get_publisher(model) or intake.terms["publisher"],
            codes=_get_codes(model, identifier),
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise CollectionError(
            f"{file.name} is no finding model: it needs oifm_id, name and description"
        ) from error


def _describe(model: dict[str, Any]) -> Iterator[str]:
    """What a report may say of the finding: each attribute with its values."""
    lines = [
        f"- {attribute['name']}: {', '.join(value['name'] for value in attribute['values'])}"
        for attribute in model.get("attributes") or ()
        if attribute.get("values")
    ]
    if lines:
        yield "\n".join(["A report may state:", *lines])


def _get_codes(model: dict[str, Any], identifier: str) -> dict[str, tuple[str, ...]]:
    codes: dict[str, tuple[str, ...]] = {"oifm": (identifier,)}
    for code in model.get("index_codes") or ():
        key = code["system"].lower()
        codes[key] = unique(*codes.get(key, ()), code["code"])
    return codes


def _get_publisher(model: dict[str, Any]) -> str:
    """The organisations among the contributors: a person has no ``code``."""
    contributors = model.get("contributors") or ()
    return "; ".join(unique(*(c["name"] for c in contributors if c.get("code"))))
