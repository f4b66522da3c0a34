"""Before the API publishes a text: are personal details in it, and what shall become of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pellucid.web.api.problems import Problem
from pellucid.web.forum.personal import find_personal_details, hide_personal_details

#: What the writer decided: as it is, or with the details masked.
Decision = Literal["publish", "mask"]


def clear_texts(texts: Mapping[str, str], decision: Decision | None) -> dict[str, str]:
    """The texts of a request, by their fields, as they may be published.

    Raises
    ------
    Problem
        If there are personal details and the writer has not decided; it says where, not what.
    """
    if decision == "publish":
        return dict(texts)
    if decision == "mask":
        return {field: hide_personal_details(text) for field, text in texts.items()}
    spans = [
        {"field": field, "start": d.start, "end": d.end, "kind": d.kind}
        for field, text in texts.items()
        for d in find_personal_details(text)
    ]
    if spans:
        raise Problem(
            422,
            "personal-details",
            'this may tell who somebody is: change it, or send "personal_details": "mask" or "publish"',
            more={"spans": spans},
        )
    return dict(texts)
