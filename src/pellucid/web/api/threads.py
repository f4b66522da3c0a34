"""The forum in the REST API, by the forum's own access and actions: same rules, same answers."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import pydantic
from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from ninja import Header, Path, Query, Router, Status

from pellucid.web.accounts.access import Viewer
from pellucid.web.accounts.models import User
from pellucid.web.api.forum import (
    Answered,
    CategoriesOut,
    FlagIn,
    PostIn,
    PostOut,
    ThreadIn,
    ThreadOut,
    ThreadsOut,
    WholeThreadOut,
    describe_category,
    describe_draft,
    describe_post,
    describe_thread,
)
from pellucid.web.api.gate import Gate, MemberGate
from pellucid.web.api.personal import clear_texts
from pellucid.web.api.problems import Problem
from pellucid.web.api.schema import fail
from pellucid.web.forum import access
from pellucid.web.forum.actions import posting, reacting
from pellucid.web.forum.forms import TextField
from pellucid.web.forum.models import Post
from pellucid.web.forum.paging import Page, cut_by_activity, cut_by_id
from pellucid.web.forum.search import find_threads_by_words

router = Router(tags=["forum"])
_READS, _WRITES = Gate("threads:read"), MemberGate("threads:write")
_Number = Annotated[int, Path(ge=1, lt=2**63)]
_Key = Annotated[
    UUID,
    Header(alias="Idempotency-Key", description="Of each post its own; sent again, posted once."),
]
_LONGEST_TITLE = 200


class Filters(pydantic.BaseModel):
    """Which threads of a list are wanted."""

    q: str | None = pydantic.Field(None, max_length=200, description="All of these words.")
    category: str | None = pydantic.Field(None, max_length=80)
    concept: str | None = pydantic.Field(None, max_length=100, description="Its id.")
    author: str | None = pydantic.Field(None, max_length=150)
    accepted: bool | None = pydantic.Field(None, description="With an accepted answer, or not.")
    answer: Answered | None = pydantic.Field(None, description="State of the automatic answer.")
    before: str = pydantic.Field("", max_length=60, description="As ``next`` gives it.")


@router.get(
    "/categories",
    auth=_READS,
    operation_id="list_categories",
    response=CategoriesOut,
    openapi_extra={"responses": fail()},
)
def list_categories(request: HttpRequest) -> dict[str, Any]:
    """List the categories."""
    return {"categories": [describe_category(c) for c in access.find_categories()]}


@router.get(
    "/threads",
    auth=_READS,
    operation_id="list_threads",
    response=ThreadsOut,
    openapi_extra={"responses": fail(422)},
)
def list_threads(request: HttpRequest, filters: Annotated[Filters, Query()]) -> dict[str, Any]:
    """List threads, newest activity first."""
    viewer = _get_viewer(request)
    threads = access.list_threads(viewer)
    if filters.q is not None:
        threads = threads.filter(pk__in=find_threads_by_words(viewer, filters.q).values("pk"))
    if filters.accepted is not None:
        threads = threads.filter(accepted__isnull=not filters.accepted)
    exact = {
        "category__slug": filters.category,
        "concepts__concept": filters.concept,
        "author__username": filters.author,
        "draft__state": filters.answer,
    }
    threads = threads.filter(**{name: value for name, value in exact.items() if value is not None})
    page = cut_by_activity(threads, filters.before)
    following = _get_next(request, page, reverse("api:v1:list_threads"), "before")
    return {"threads": [describe_thread(request, t) for t in page.rows], "next": following}


@router.post(
    "/threads",
    auth=_WRITES,
    operation_id="create_thread",
    response={201: ThreadOut},
    openapi_extra={"responses": fail(422)},
)
def create_thread(
    request: HttpRequest, response: HttpResponse, body: ThreadIn, key: _Key
) -> Status[dict[str, Any]]:
    """Ask the forum; the automatic answer is there at once."""
    member = _get_member(request)
    texts = clear_texts({"title": body.title, "text": body.text}, body.personal_details)
    category = access.find_categories().filter(slug=body.category).first()
    if category is None:
        raise _refuse_field("category", "There is no such category: GET categories lists them.")
    title, source = texts["title"], _clean_text(texts["text"])
    if len(title) > _LONGEST_TITLE:
        raise _refuse_field("title", "With the details masked, the title is too long.")
    thread = posting.post_thread(member, category, title, source, key)
    post = access.get_sent_post(member, key)
    _check_repeated(post, source, same=post.opening and thread.title == title)
    response["Location"] = reverse("api:v1:show_thread", args=[thread.pk])
    return Status(201, describe_thread(request, thread))


@router.get(
    "/threads/{number}",
    auth=_READS,
    operation_id="show_thread",
    response=WholeThreadOut,
    openapi_extra={
        "responses": {301: {"description": "It was merged into the thread at Location."}}
        | fail(404, 422)
    },
)
def show_thread(
    request: HttpRequest,
    number: _Number,
    after: Annotated[str, Query(max_length=20, description="As ``next`` gives it.")] = "",
) -> HttpResponse | dict[str, Any]:
    """Show a thread: the automatic answer with its review, and a part of the posts."""
    viewer = _get_viewer(request)
    thread = access.find_threads(viewer).filter(pk=number).first()
    if thread is None or thread.merged_into_id:
        into = access.find_merged(viewer, number)
        if into is None:
            raise Http404
        where = reverse("api:v1:show_thread", args=[into.pk])
        return HttpResponse(status=301, headers={"Location": where})
    page = cut_by_id(access.find_thread_posts(viewer, thread), after)
    draft = access.find_draft(viewer, thread)
    address = reverse("api:v1:show_thread", args=[number])
    return {
        **describe_thread(request, thread),
        "answer": draft and describe_draft(draft),
        "posts": [describe_post(request, post) for post in page.rows],
        "next": _get_next(request, page, address, "after"),
    }


@router.post(
    "/threads/{number}/posts",
    auth=_WRITES,
    operation_id="create_post",
    response={201: PostOut},
    openapi_extra={"responses": fail(404, 422)},
)
def create_post(
    request: HttpRequest, response: HttpResponse, number: _Number, body: PostIn, key: _Key
) -> Status[dict[str, Any]]:
    """Reply to a thread."""
    member = _get_member(request)
    thread = get_object_or_404(access.find_threads(member), pk=number)
    texts = clear_texts({"text": body.text}, body.personal_details)
    source, quoted = _clean_text(texts["text"]), None
    if body.quotes is not None:
        quoted = access.find_posts(member).filter(thread=thread, pk=body.quotes).first()
        if quoted is None:
            raise _refuse_field("quotes", "There is no such post in this thread.")
    post = posting.post_reply(member, thread, source, key, quoted)
    same = post.thread_id == number and not post.opening
    _check_repeated(post, source, same)
    response["Location"] = reverse("api:v1:show_post", args=[post.pk])
    return Status(201, describe_post(request, post))


@router.get(
    "/posts/{number}",
    auth=_READS,
    operation_id="show_post",
    response=PostOut,
    openapi_extra={"responses": fail(404, 422)},
)
def show_post(request: HttpRequest, number: _Number) -> dict[str, Any]:
    """Show one post."""
    viewer = _get_viewer(request)
    post = _get_post(viewer, number)
    counted = access.find_thread_posts(viewer, post.thread).get(pk=post.pk)
    return describe_post(request, counted)


@router.put(
    "/posts/{number}/vote",
    auth=_WRITES,
    operation_id="vote",
    response={204: None},
    openapi_extra={"responses": fail(404, 422)},
)
def vote(request: HttpRequest, number: _Number) -> Status[None]:
    """Find a post helpful; twice is as once. Not one's own."""
    member = _get_member(request)
    reacting.set_vote(member, _get_post(member, number), True)
    return Status(204, None)


@router.delete(
    "/posts/{number}/vote",
    auth=_WRITES,
    operation_id="unvote",
    response={204: None},
    openapi_extra={"responses": fail(404, 422)},
)
def unvote(request: HttpRequest, number: _Number) -> Status[None]:
    """Find a post helpful no longer."""
    member = _get_member(request)
    reacting.set_vote(member, _get_post(member, number), False)
    return Status(204, None)


@router.put(
    "/posts/{number}/flag",
    auth=_WRITES,
    operation_id="flag",
    response={204: None},
    openapi_extra={"responses": fail(404, 422)},
)
def flag(request: HttpRequest, number: _Number, body: FlagIn) -> Status[None]:
    """Tell staff what is wrong with a post; one flag a member, the first counts. Not one's own."""
    member = _get_member(request)
    reacting.flag(member, _get_post(member, number), body.reason, body.note.strip())
    return Status(204, None)


def _get_viewer(request: HttpRequest) -> Viewer:
    viewer: Viewer = request.auth  # type: ignore[attr-defined]
    return viewer


def _get_member(request: HttpRequest) -> User:
    viewer = _get_viewer(request)
    assert isinstance(viewer, User), "the gate lets members only through"
    return viewer


def _get_post(viewer: Viewer, number: int) -> Post:
    return get_object_or_404(access.find_posts(viewer).select_related("thread"), pk=number)


def _clean_text(text: str) -> str:
    """A text by the rules of the site's forms; which may be empty, the schema says."""
    try:
        return str(TextField(required=False).clean(text))
    except forms.ValidationError as error:
        raise _refuse_field("text", error.messages[0]) from None


def _refuse_field(name: str, detail: str) -> Problem:
    place = {"location": f"body.{name}", "detail": detail}
    return Problem(422, "validation", "the request is not as described", errors=[place])


def _check_repeated(post: Post, source: str, same: bool) -> None:
    """A key that came with another text is an error of the caller's: what is new was not posted."""
    if not same or (post.source != source and post.edited_at is None):
        raise Problem(422, "idempotency-key", f"another post was made with this key: {post.pk}")


def _get_next(request: HttpRequest, page: Page, address: str, name: str) -> str | None:
    if page.next is None:
        return None
    query = request.GET.copy()
    query[name] = page.next
    return request.build_absolute_uri(f"{address}?{query.urlencode()}")
