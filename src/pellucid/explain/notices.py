"""Fixed texts around an answer: emergencies, limits, what was misread. Not medical statements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from pellucid.explain.compose import get_assertion_notice
from pellucid.values.answer import Notice
from pellucid.values.question import Question
from pellucid.values.resolution import Resolution

#: Gives the meanings of a word's parts: [(part, meaning)], or nothing.
FindRoots = Callable[[str], Sequence[tuple[str, str]]]


def get_status(question: Question, resolution: Resolution) -> str:
    """Decide how a question is answered; see :data:`pellucid.values.answer.STATUSES`."""
    boundaries = question.boundaries
    if "emergency" in boundaries or "crisis" in boundaries:
        return "emergency"
    if "dose" in boundaries or (
        "diagnosis" in boundaries and all(t.mention.weak for t in resolution.targets)
    ):
        return "declined"
    if not has_content(resolution):
        return "unknown" if question.unknown or not question.tokens else "declined"
    return (
        "partial" if question.unknown or any(t.missing for t in resolution.targets) else "answered"
    )


def has_content(resolution: Resolution) -> bool:
    """Whether anything was found that can be said."""
    return bool(resolution.targets or any(row.range for row in resolution.rows))


def compose_notices(
    question: Question,
    resolution: Resolution,
    status: str,
    texts: Mapping[str, str],
    find_roots: FindRoots,
) -> list[Notice]:
    """Compose the notices in the order in which they are shown; emergencies come first."""
    notices = []

    def add(kind: str, key: str | None = None, **fields: str) -> None:
        notices.append(Notice(kind, texts[key or kind].format(**fields)))

    if "crisis" in question.boundaries:
        add("emergency", "crisis")
    if "emergency" in question.boundaries:
        add("emergency")
    for boundary in ("dose", "diagnosis"):
        if boundary in question.boundaries:
            add(boundary)
    terms = ", ".join(f"“{word}”" for word in question.unknown)
    if question.corrections:
        add("corrected", pairs=", ".join(f"{a} → {b}" for a, b in question.corrections))
    if status == "unknown" and not question.tokens:
        add("no-question")
    elif status == "unknown":
        add("unknown", terms=terms)
    elif status == "declined" and not notices:
        add("scope")
    elif status == "partial" and question.unknown:
        add("unknown-words", terms=terms)
    for word in question.unknown if status in ("unknown", "partial") else ():
        if parts := find_roots(word):
            add(
                "roots",
                parts=f"{word} = " + " + ".join(f"{part} ({means})" for part, means in parts),
            )
    for target in resolution.targets if status not in ("declined",) else ():
        if target.missing:
            known = " and ".join(f"“{page.concept.name}”" for page in target.pages)
            add("fallback", missing=f"“{target.missing}”", known=known)
    _add_assertions(question, resolution, add)
    for row in resolution.rows:
        if row.range is None:
            add("no-row", text=row.number.text, name=row.page.concept.name)
    for number in question.numbers:
        if number.kind == "size":
            add("size", text=_describe_size(number.value or 0.0))
    add("education")
    return notices


def add_notices(notices: tuple[Notice, ...], more: Iterable[Notice]) -> tuple[Notice, ...]:
    """Add notices above the one that closes all: that this is education."""
    return (*notices[:-1], *more, *notices[-1:])


def _add_assertions(question: Question, resolution: Resolution, add: Callable[..., None]) -> None:
    said = set()
    focused = {target.mention.concept for target in resolution.targets}
    for mention in question.mentions:
        kind = get_assertion_notice(mention)
        if kind and mention.concept in focused and (kind, mention.concept) not in said:
            said.add((kind, mention.concept))
            add(kind, name=mention.text)


def _describe_size(mm: float) -> str:
    return f"{mm:g} mm, which is {mm / 10:g} cm or about {mm / 25.4:.1g} inch"
