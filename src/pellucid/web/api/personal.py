"""Before the API publishes a text: are personal details in it, and what shall become of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from pellucid.web.api.problems import Problem

#: What the writer decided: as it is, or with the details masked.
Decision = Literal["publish", "mask"]


# MERGE: the forum's own PersonalDetail and find_personal_details (pellucid.web.forum.personal) take
# the place of these two; nothing else changes.
class PersonalDetail(NamedTuple):
    """What tells who somebody is: its kind, and where it stands in half-open code points."""

    kind: str
    start: int
    end: int
    text: str


def find_personal_details(text: str) -> list[PersonalDetail]:
    """Nothing is looked for yet."""
    return []


def clear_texts(texts: Mapping[str, str], decision: Decision | None) -> dict[str, str]:
    """The texts of a request, by their fields, as they may be published.

    Raises
    ------
    Problem
        If there are personal details and the writer has not decided; it says where, not what.
    """
    if decision == "publish":
        return dict(texts)
    found = {field: find_personal_details(text) for field, text in texts.items()}
    if decision == "mask":
        return {field: _mask(text, found[field]) for field, text in texts.items()}
    spans = [
        {"field": field, "start": d.start, "end": d.end, "kind": d.kind}
        for field, details in found.items()
        for d in details
    ]
    if spans:
        raise Problem(
            422,
            "personal-details",
            'this may tell who somebody is: change it, or send "personal_details": "mask" or "publish"',
            more={"spans": spans},
        )
    return dict(texts)


def _mask(text: str, details: list[PersonalDetail]) -> str:
    for detail in sorted(details, key=lambda d: -d.start):
        text = f"{text[: detail.start]}[{detail.kind}]{text[detail.end :]}"
    return text
