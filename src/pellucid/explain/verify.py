"""The last gate before an answer leaves: every statement cites a source that is there."""

from __future__ import annotations

from pellucid.values.answer import STATUSES, Answer


def verify_citations(answer: Answer) -> Answer:
    """Return the answer if every statement of it can be traced.

    Raises
    ------
    AssertionError
        If a statement cites nothing, or a source that the answer does not list. That is a fault
        of this program, not of the question.
    """
    if answer.status not in STATUSES:
        raise AssertionError(f"no such status: {answer.status}")
    for section in answer.sections:
        for statement in section.statements:
            if not statement.citations or any(k not in answer.sources for k in statement.citations):
                raise AssertionError(f"a statement of {statement.concept} cannot be traced")
    return answer
