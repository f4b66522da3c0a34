"""Pages that are read: lists, threads, history, search."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from pellucid.web.accounts.access import Viewer, is_moderator, is_reviewer
from pellucid.web.accounts.models import User
from pellucid.web.accounts.ranks import get_rank
from pellucid.web.forum import access
from pellucid.web.forum.actions.notifying import mark_read
from pellucid.web.forum.forms import ReplyForm, SearchForm
from pellucid.web.forum.limits import get_limit
from pellucid.web.forum.models import Post, State, Thread
from pellucid.web.forum.paging import cut_by_activity, cut_by_id
from pellucid.web.forum.search import find_threads_by_words
from pellucid.web.forum.structured import describe_thread, to_script
from pellucid.web.forum.text import compare_texts


class ShownPost(NamedTuple):
    """A post with what the viewer may do to it."""

    post: Post
    rank: str
    mine: bool
    may_edit: bool
    may_accept: bool
    may_endorse: bool


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Categories, and the threads with the newest activity."""
    return _show_list(
        request, access.list_threads(request.user), "Forum", categories=access.find_categories()
    )


@require_safe
def category(request: HttpRequest, slug: str) -> HttpResponse:
    """The threads of a category."""
    found = get_object_or_404(access.find_categories(), slug=slug)
    threads = access.list_threads(request.user).filter(category=found)
    return _show_list(request, threads, found.name, category=found)


@require_safe
def concept(request: HttpRequest, concept: str) -> HttpResponse:
    """The threads about a concept of the pack."""
    threads = access.list_threads(request.user).filter(concepts__concept=concept)
    first = threads.first()
    if first is None:
        raise Http404
    name = next(c.name for c in first.concepts.all() if c.concept == concept)
    return _show_list(request, threads, f"About: {name}")


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Threads with some words, newest activity first."""
    form = SearchForm(request.GET)
    threads = access.list_threads(request.user).none()
    query = ""
    if form.is_valid() and form.cleaned_data["q"]:
        threads = find_threads_by_words(request.user, form.cleaned_data["q"])
        if chosen := form.cleaned_data["category"]:
            threads = threads.filter(category=chosen)
        if form.cleaned_data["answered"]:
            threads = threads.exclude(accepted=None)
        query = urlencode([(k, str(v)) for k, v in request.GET.items() if k != "before"])
    return _show_list(request, threads, "Search the forum", form=form, query=query)


@require_safe
def thread(request: HttpRequest, number: int, slug: str = "") -> HttpResponse:
    """A question, the automatic answer, and a page of replies."""
    found = access.find_threads(request.user).filter(pk=number).first()
    if found is None or found.merged_into_id:
        into = access.find_merged(request.user, number)
        if into is None:
            raise Http404
        return redirect(into, permanent=True)
    if slug != found.slug:
        return redirect(found, permanent=True)
    if isinstance(request.user, User):
        mark_read(request.user, found)
    return show_thread(request, found, ReplyForm())


def show_thread(
    request: HttpRequest, thread: Thread, form: ReplyForm, status: int = 200
) -> HttpResponse:
    """The page of a thread, with a reply that is being written."""
    viewer = request.user
    posts = access.find_thread_posts(viewer, thread)
    opening = posts.filter(opening=True).first()
    after = request.GET.get("after", "")
    page = cut_by_id(posts.filter(opening=False), after)
    draft = access.find_draft(viewer, thread)
    shown = show_posts(viewer, thread, [*([opening] if opening else []), *page.rows])
    context: dict[str, Any] = {
        "thread": thread,
        "opening": shown[0] if opening else None,
        "replies": shown[1:] if opening else shown,
        "next": page.next,
        "after": after,
        "draft": draft,
        "form": form,
        "marks": access.get_marks(viewer, thread),
        "moderates": is_moderator(viewer),
        "reviews": is_reviewer(viewer),
    }
    # A reply that is being written stands at another address: no second page for search engines.
    if opening and thread.state == State.VISIBLE and request.path == thread.get_absolute_url():
        site = request.build_absolute_uri("/").rstrip("/")
        data = describe_thread(thread, opening, page.rows, draft, site)
        context["structured"] = to_script(json.dumps(data, ensure_ascii=False))
    return render(request, "forum/thread.html", context, status=status)


def show_posts(viewer: Viewer, thread: Thread, posts: list[Post]) -> list[ShownPost]:
    """Posts with their authors' ranks and what the viewer may do."""
    counts = access.count_published({p.author_id for p in posts if p.author_id})
    accepts = access.may_accept(viewer, thread)
    reviews = is_reviewer(viewer)
    member = viewer.pk if isinstance(viewer, User) else None
    rows = []
    for post in posts:
        post.thread = thread  # loaded already
        mine = member is not None and post.author_id == member
        reply = not post.opening and post.state == State.VISIBLE
        rows.append(
            ShownPost(
                post,
                get_rank(counts.get(post.author_id or 0, 0)),
                mine,
                access.may_edit(viewer, post),
                accepts and reply,
                reviews and reply and not mine,
            )
        )
    return rows


@require_safe
def post(request: HttpRequest, number: int) -> HttpResponse:
    """Lead to a post in its thread."""
    found = get_object_or_404(access.find_posts(request.user).select_related("thread"), pk=number)
    url = found.thread.get_absolute_url()
    if not found.opening and found.thread.replies > get_limit("PAGE_SIZE"):
        url += f"?after={found.pk - 1}"
    return HttpResponseRedirect(f"{url}#post-{found.pk}")


@require_safe
def history(request: HttpRequest, number: int) -> HttpResponse:
    """What a post said before, and what each edit changed."""
    found = get_object_or_404(
        access.find_posts(request.user).select_related("thread", "author"), pk=number
    )
    revisions = list(access.find_revisions(request.user, found))
    if not revisions:
        raise Http404
    after = [r.source for r in revisions[1:]] + [found.source]
    changes = [
        (revision, compare_texts(revision.source, text))
        for revision, text in zip(revisions, after, strict=True)
    ]
    return render(request, "forum/history.html", {"post": found, "changes": changes[::-1]})


def _show_list(
    request: HttpRequest, threads: QuerySet[Thread], title: str, **context: Any
) -> HttpResponse:
    page = cut_by_activity(threads, request.GET.get("before", ""))
    return render(request, "forum/threads.html", {"page": page, "heading": title, **context})
