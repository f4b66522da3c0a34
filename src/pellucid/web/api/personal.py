"""Before the API publishes a text: are personal details in it, and what shall become of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from pellucid.web.api.problems import Problem

#: What the writer decided: as it is, or with the details masked.
Decision = Literal["publish", "mask"]


class Detail(NamedTuple):
    """A personal detail of a text: half-open code points, and what it is."""

    start: int
    end: int
    kind: str


def find_personal_details(text: str) -> list[Detail]:
    """MERGE: the forum's own ``find_personal_details`` takes the place of this function."""
    return []


def clear_texts(texts: Mapping[str, str], decision: Decision | None) -> dict[str, str]:
    """The texts of a request, by their fields, as they may be published.

    Raises
    ------
    Problem
        If there are personal details and the writer has not decided; it says where, not what.
    """
    found = {field: find_personal_details(text) for field, text in texts.items()}
    if decision == "mask":
        return {field: mask(text, found[field]) for field, text in texts.items()}
    spans = [{"field": field, **d._asdict()} for field, details in found.items() for d in details]
    if spans and decision is None:
        raise Problem(
            422,
            "personal-details",
            'this may show who somebody is: change it, or send "personal_details": "mask" or "publish"',
            more={"spans": spans},
        )
    return dict(texts)


def mask(text: str, details: list[Detail]) -> str:
    """The text with what stands at the details replaced by its kind."""
    for start, end, kind in sorted(details, reverse=True):
        text = f"{text[:start]}[{kind}]{text[end:]}"
    return text
