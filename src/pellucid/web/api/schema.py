"""What the OpenAPI document says beside the operations: the documented answers, and errors."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pellucid

_SCHEMAS = Path(pellucid.__file__).parent / "schemas"
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
