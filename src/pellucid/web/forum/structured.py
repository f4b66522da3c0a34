"""A thread as schema.org data, for search engines."""

from __future__ import annotations

from typing import Any

from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe

from pellucid.web.forum.models import Draft, Post, Thread

_MOST = 10  # answers: a page of data shall not outgrow the page
_REVIEWED = (Draft.State.APPROVED, Draft.State.EDITED, Draft.State.REPLACED)
_SAFE = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def describe_thread(
    thread: Thread, opening: Post, replies: list[Post], draft: Draft | None, site: str
) -> dict[str, Any]:
    """The QAPage of a thread whose posts all may see; ``site`` is where addresses begin."""
    answers = [_describe_post(p, site) for p in replies if p.state == "visible"][:_MOST]
    accepted = [a for a in answers if a["url"] == f"{site}{_get_url(thread.accepted_id)}"]
    reviewed = draft is not None and draft.state in _REVIEWED
    if draft and reviewed:
        reviewer = draft.reviewer.username if draft.reviewer else "Former member"
        answers.insert(
            0,
            {
                "@type": "Answer",
                "text": strip_tags(draft.html),
                "dateCreated": draft.created.isoformat(),
                "url": f"{site}{thread.get_absolute_url()}#answer",
                "author": {"@type": "Person", "name": reviewer},
            },
        )
    question = {
        "@type": "Question",
        "name": thread.title,
        "text": strip_tags(opening.html) or thread.title,
        "answerCount": thread.replies + reviewed,
        "upvoteCount": getattr(opening, "helpful", 0),
        "dateCreated": thread.created.isoformat(),
        "author": _describe_author(opening),
    }
    if accepted:
        question["acceptedAnswer"] = accepted[0]
    if others := [a for a in answers if a not in accepted]:
        question["suggestedAnswer"] = others
    return {"@context": "https://schema.org", "@type": "QAPage", "mainEntity": question}


def to_script(text: str) -> SafeString:
    """JSON that can stand in a ``script`` element: nothing in it closes one."""
    return mark_safe(text.translate(_SAFE))


def _describe_post(post: Post, site: str) -> dict[str, Any]:
    return {
        "@type": "Answer",
        "text": strip_tags(post.html),
        "dateCreated": post.created.isoformat(),
        "upvoteCount": getattr(post, "helpful", 0),
        "url": f"{site}{_get_url(post.pk)}",
        "author": _describe_author(post),
    }


def _describe_author(post: Post) -> dict[str, str]:
    return {"@type": "Person", "name": post.author.username if post.author else "Former member"}


def _get_url(post: int | None) -> str:
    return Post(pk=post).get_absolute_url() if post else ""
