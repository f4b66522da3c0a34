"""What the OpenAPI document says beside the operations: the documented answers, and errors."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

import pellucid

_SCHEMAS = Path(pellucid.__file__).parent / "schemas"
_EXAMPLES = Path(__file__).parent / "examples.yaml"
_PROBLEM = {
    "type": "object",
    "description": "An error (RFC 9457).",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "One line: what is wrong and what to do."},
        "code": {"type": "string", "description": "Stable: programs compare this."},
        "spans": {
            "type": "array",
            "description": "Where personal details are, in code points.",
            "items": {
                "type": "object",
                "required": ["field", "start", "end", "kind"],
                "properties": {
                    "field": {"type": "string"},
                    "start": {"type": "integer"},
                    "end": {"type": "integer"},
                    "kind": {"type": "string"},
                },
            },
        },
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["location", "detail"],
                "properties": {"location": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}


@cache
def get_components() -> dict[str, Any]:
    """The schemas that operations refer to; Answer and Reading are those that every form follows."""
    return {
        "Answer": _load("answer.schema.json", "Answer"),
        "Reading": _load("reading.schema.json", "Reading"),
        "Problem": _PROBLEM,
    }


def add_examples(document: dict[str, Any]) -> None:
    """Put the examples into the OpenAPI document: of its schemas, and of what addresses take."""
    examples = _load_examples()
    schemas = document["components"]["schemas"]
    for name, values in examples["schemas"].items():
        schemas[name]["examples"] = values
    for path in document["paths"].values():
        for operation in path.values():
            values = examples["parameters"].get(operation["operationId"], {})
            for parameter in operation.get("parameters", ()):
                if parameter["name"] in values:
                    parameter["example"] = values[parameter["name"]]


@cache
def _load_examples() -> dict[str, Any]:
    examples: dict[str, Any] = yaml.safe_load(_EXAMPLES.read_text(encoding="utf-8"))
    return examples


def describe(
    description: str, name: str, other_types: Iterable[str], *errors: int
) -> dict[str, Any]:
    """The responses of an operation: a documented object, its other forms, the errors it may give."""
    content: dict[str, Any] = {
        kind: {"schema": {"type": "object" if kind.endswith("json") else "string"}}
        for kind in other_types
    }
    content["application/json"] = {"schema": {"$ref": f"#/components/schemas/{name}"}}
    return {"responses": {200: {"description": description, "content": content}, **fail(*errors)}}


def fail(*statuses: int) -> dict[int, Any]:
    """The responses of an operation that are problems; any may be refused by the gate."""
    schema = {"$ref": "#/components/schemas/Problem"}
    content = {"application/problem+json": {"schema": schema}}
    every = sorted({400, 401, 403, 413, 429, *statuses})
    return {status: {"description": "A problem", "content": content} for status in every}


def _load(name: str, component: str) -> Any:
    schema = json.loads((_SCHEMAS / name).read_text(encoding="utf-8"))
    # Inside the OpenAPI document the schema has no address of its own.
    for key in ("$schema", "$id"):
        schema.pop(key, None)
    return _point(schema, f"#/components/schemas/{component}/$defs/")


def _point(node: Any, definitions: str) -> Any:
    """The schema with its references pointing to where its definitions are now."""
    if isinstance(node, dict):
        return {
            key: value.replace("#/$defs/", definitions)
            if key == "$ref"
            else _point(value, definitions)
            for key, value in node.items()
        }
    return [_point(item, definitions) for item in node] if isinstance(node, list) else node
