"""The engine's answer to a thread's question."""

from __future__ import annotations

from typing import NamedTuple

from pellucid import Answer, PellucidError, render
from pellucid.app.render import to_json
from pellucid.web.config.engine import get_engine
from pellucid.web.forum.personal import hide_personal_details
from pellucid.web.forum.text import render_text

_MOST_CONCEPTS = 5
_LONGEST = 20_000  # characters that the engine takes as one question
_EMERGENCY = "emergency"
_UNANSWERED = ("unknown", "declined")


class Drafted(NamedTuple):
    """An answer ready to be kept: as data, as Markdown, and as safe HTML."""

    answer: dict[str, object]
    source: str
    html: str
    urgent: bool
    notices: tuple[str, ...]
    concepts: tuple[tuple[str, str], ...]


def draft_answer(title: str, source: str) -> Drafted | None:
    """Answer a question as it was posted; None where the engine cannot read it at all."""
    try:
        answer = _ask(title, source)
    except PellucidError:
        return None
    text = render(answer, "markdown")
    return Drafted(
        # The text below the title is the post's: what is taken out there shall be here neither.
        answer={**to_json(answer), "question": title},
        source=text,
        html=render_text(text).html,
        urgent=answer.status == _EMERGENCY,
        notices=_get_urgent(answer),
        concepts=tuple((f.concept, f.name) for f in answer.focus[:_MOST_CONCEPTS]),
    )


def find_urgent_notices(source: str) -> tuple[str, ...]:
    """The notices that a post calls for which reads as an emergency; what it quotes is not its own."""
    own = "\n".join(line for line in source.splitlines() if not line.startswith(">"))
    try:
        answer = get_engine().ask(own[:_LONGEST])
    except PellucidError:
        return ()  # nothing that the engine can read
    return _get_urgent(answer)


def _get_urgent(answer: Answer) -> tuple[str, ...]:
    return tuple(n.text for n in answer.notices if n.kind == _EMERGENCY)


def _ask(title: str, source: str) -> Answer:
    # A title is the question; the text below it tells a story that would blur the answer, but an
    # emergency counts wherever it stands, and a title such as "Please help" asks nothing.
    engine = get_engine()
    whole = engine.ask(f"{title}\n{hide_personal_details(source)}"[:_LONGEST])
    if whole.status == _EMERGENCY:
        return whole
    short = engine.ask(title)
    return whole if short.status in _UNANSWERED else short
