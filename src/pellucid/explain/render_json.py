"""An answer as JSON; schemas/answer.schema.json describes it."""

from __future__ import annotations

from json import dumps
from typing import Any

from pellucid.values.answer import Answer


def build_json(answer: Answer) -> dict[str, Any]:
    """Build the JSON object of an answer from plain dicts, lists, texts and numbers."""
    fields = answer._asdict()
    fields["question_types"] = list(answer.question_types)
    fields["focus"] = [
        {**f._asdict(), "codes": {k: list(v) for k, v in f.codes.items()}} for f in answer.focus
    ]
    fields["sections"] = [
        {
            "key": section.key,
            "title": section.title,
            "statements": [
                {"text": s.text, "citations": list(s.citations), "concept": s.concept}
                for s in section.statements
            ],
        }
        for section in answer.sections
    ]
    fields["sources"] = {
        key: {k: v for k, v in source._asdict().items() if k != "key" and v is not None}
        for key, source in answer.sources.items()
    }
    for key in ("numbers", "related", "notices"):
        fields[key] = [value._asdict() for value in fields[key]]
    fields["suggestions"] = list(answer.suggestions)
    return {"version": fields.pop("version"), **fields}


def render_json(answer: Answer, indent: int | None = 2) -> str:
    """Render as JSON text; ``indent=None`` gives one line."""
    return dumps(build_json(answer), ensure_ascii=False, indent=indent) + "\n"
