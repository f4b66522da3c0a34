"""What the API takes and gives of the forum: threads, posts, the automatic answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, get_args

import pydantic
from django.http import HttpRequest
from ninja import Field, Schema

from pellucid.web.accounts.models import User
from pellucid.web.api.personal import Decision
from pellucid.web.forum.models import Category, Draft, Flag, Post, Thread

# What the site's forms take too: no control characters in a title, no null in a text.
_TITLE = r"^[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]{3,198}[^\s\x00-\x1f\x7f]$"
_TEXT = r"^[^\x00]*$"
_WORDS = r"^[^\x00]*[^\s\x00][^\x00]*$"
_DECISION = "What to do if personal details are found; without it the request is answered with 422."
_STRICT = pydantic.ConfigDict(extra="forbid", strict=True)

Answered = Literal["automatic", "approved", "edited", "replaced"]
Reason = Literal["unsafe", "personal", "spam", "rude", "other"]
assert set(get_args(Reason)) == set(Flag.Reason.values)


class ThreadIn(Schema):
    """A question to the forum."""

    model_config = _STRICT

    category: str = Field(..., max_length=80, description="Of GET categories.")
    title: str = Field(..., pattern=_TITLE, description="The question, in one sentence.")
    text: str = Field("", pattern=_TEXT, description="More about it, in Markdown.")
    personal_details: Decision | None = Field(None, description=_DECISION)


class PostIn(Schema):
    """A reply."""

    model_config = _STRICT

    text: str = Field(..., pattern=_WORDS, description="In Markdown.")
    quotes: int | None = Field(None, ge=1, lt=2**63, description="The post that it answers.")
    personal_details: Decision | None = Field(None, description=_DECISION)


class FlagIn(Schema):
    """What is wrong with a post."""

    model_config = _STRICT

    reason: Reason
    note: str = Field("", max_length=500, pattern=_TEXT)


class CategoryOut(Schema):
    """A shelf of the forum."""

    category: str
    name: str
    description: str


class CategoriesOut(Schema):
    """All of them, in the order that staff gave."""

    categories: list[CategoryOut]


class MemberOut(Schema):
    """A member, as others see one; the badge is empty for all but staff and verified clinicians."""

    name: str
    badge: str


class TagOut(Schema):
    """A concept that a thread is about."""

    concept: str
    name: str


class ReviewOut(Schema):
    """Who stands for a text, as what, and since when."""

    name: str | None = Field(..., description="Null: a former member.")
    role: str
    at: datetime


class AnswerOut(Schema):
    """The engine's answer in a thread, and what a reviewer made of it."""

    state: Literal["automatic", "approved", "edited", "replaced", "withdrawn"]
    label: str = Field(..., description="Show it with the text.")
    reviewed: ReviewOut | None
    reason: str = Field(..., description="Why the reviewer decided so.")
    text: str = Field(..., description="Markdown, as it stands now.")
    html: str
    answer: dict[str, Any] | None = Field(
        ..., description="As the engine gave it; null where a reviewer changed or withdrew it."
    )


class PostOut(Schema):
    """A post. ``state`` held or hidden: nobody but its author and staff sees it yet."""

    post: int
    url: str
    opening: bool
    author: MemberOut | None = Field(..., description="Null: a former member.")
    state: Literal["visible", "held", "hidden", "deleted"]
    created: datetime
    edited: datetime | None
    quotes: int | None
    text: str = Field(..., description="Markdown, as it was written.")
    html: str
    helpful: int = Field(..., description="How many members found it so.")
    endorsed: ReviewOut | None


class ThreadOut(Schema):
    """A thread in a list. Urgent: show ``notices`` above everything."""

    thread: int
    url: str
    urgent: bool
    notices: list[str]
    title: str
    category: str
    author: MemberOut | None = Field(..., description="Null: a former member.")
    state: Literal["visible", "held", "hidden", "deleted"]
    locked: bool
    created: datetime
    last_activity: datetime
    replies: int
    accepted: int | None = Field(..., description="The post that who asked took as the answer.")
    concepts: list[TagOut]


class ThreadsOut(Schema):
    """A part of a list of threads, newest activity first."""

    threads: list[ThreadOut]
    next: str | None = Field(..., description="Address of the next part, if there is one.")


class WholeThreadOut(ThreadOut):
    """A thread with the automatic answer and a part of its posts, oldest first."""

    answer: AnswerOut | None
    posts: list[PostOut]
    next: str | None = Field(..., description="Address with the next posts, if there are more.")


def describe_category(category: Category) -> dict[str, Any]:
    """A category."""
    return {
        "category": category.slug,
        "name": category.name,
        "description": category.description,
    }


def describe_thread(request: HttpRequest, thread: Thread) -> dict[str, Any]:
    """A thread as all lists give it."""
    return {
        "thread": thread.pk,
        "url": request.build_absolute_uri(thread.get_absolute_url()),
        "urgent": thread.urgent,
        "notices": thread.notices,
        "title": thread.title,
        "category": thread.category.slug,
        "author": _describe_member(thread.author),
        "state": thread.state,
        "locked": thread.locked,
        "created": thread.created,
        "last_activity": thread.last_activity,
        "replies": thread.replies,
        "accepted": thread.accepted_id,
        "concepts": [{"concept": c.concept, "name": c.name} for c in thread.concepts.all()],
    }


def describe_post(request: HttpRequest, post: Post) -> dict[str, Any]:
    """A post; its votes are counted by ``access``, and a new one has none."""
    endorsed = post.endorsed_at and _describe_review(
        post.endorsed_by, post.endorsed_role, post.endorsed_at
    )
    return {
        "post": post.pk,
        "url": request.build_absolute_uri(post.get_absolute_url()),
        "opening": post.opening,
        "author": _describe_member(post.author),
        "state": post.state,
        "created": post.created,
        "edited": post.edited_at,
        "quotes": post.quotes_id,
        "text": post.source,
        "html": post.html,
        "helpful": getattr(post, "helpful", 0),
        "endorsed": endorsed,
    }


def describe_draft(draft: Draft) -> dict[str, Any]:
    """The automatic answer. What a reviewer corrected is not given out again as data."""
    label = str(Draft.State(draft.state).label)
    reviewed = None
    if draft.reviewed_at:
        reviewed = _describe_review(draft.reviewer, draft.reviewer_role, draft.reviewed_at)
        name = reviewed["name"] or "a former member"
        label = f"Reviewed by {name}, {draft.reviewer_role}, {draft.reviewed_at:%Y-%m-%d}: {label}"
    unchanged = draft.state in (Draft.State.AUTOMATIC, Draft.State.APPROVED)
    return {
        "state": draft.state,
        "label": label,
        "reviewed": reviewed,
        "reason": draft.reason,
        "text": draft.source,
        "html": draft.html,
        "answer": draft.answer if unchanged and not draft.diff else None,
    }


def _describe_member(member: User | None) -> dict[str, str] | None:
    return {"name": member.username, "badge": member.badge} if member else None


def _describe_review(member: User | None, role: str, at: datetime) -> dict[str, Any]:
    return {"name": member.username if member else None, "role": role, "at": at}
