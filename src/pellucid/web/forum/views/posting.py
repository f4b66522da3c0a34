"""Forms that write: a question, a reply, an edit."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from pellucid.web.accounts.access import Viewer
from pellucid.web.accounts.models import User
from pellucid.web.forum import access
from pellucid.web.forum.actions import posting
from pellucid.web.forum.drafting import draft_answer
from pellucid.web.forum.errors import Refused
from pellucid.web.forum.forms import EditForm, ReplyForm, ThreadForm
from pellucid.web.forum.keep import Typed, forget_text, keeps_text
from pellucid.web.forum.models import Post, State
from pellucid.web.forum.search import find_similar
from pellucid.web.forum.text import quote_text, render_text
from pellucid.web.forum.views.reading import show_thread
from pellucid.web.pages.limits import TooOftenError, count_use

#: Letters of a title from which on similar threads are looked for.
_SHORTEST = 8
_HELD = "Thank you. Staff looks at first posts before others see them; you will be told."


@keeps_text
def new_thread(request: HttpRequest, typed: Typed) -> HttpResponse:
    """Ask: write, see what is known already, then post."""
    if typed.data is None:
        first = access.find_categories().first()
        start = {"title": request.GET.get("q", "")[:200], "category": first}
        return _show_new(request, ThreadForm(initial=start))
    form = ThreadForm(typed.data)
    if not form.is_valid() or not typed.sent:
        return _show_new(request, form, typed.note)
    data = form.cleaned_data
    if request.POST.get("step") != "post":
        return _show_new(request, form, preview=_preview(request.user, data))
    try:
        thread = posting.post_thread(
            get_member(request), data["category"], data["title"], data["source"], data["token"]
        )
    except Refused as error:
        form.add_error(None, str(error))
        return _show_new(request, form)
    forget_text(request)
    if thread.state == State.HELD:
        messages.info(request, _HELD)
    return redirect(thread)


@never_cache
@require_POST
def similar(request: HttpRequest) -> HttpResponse:
    """A piece of the page for a question: similar threads, while it is being typed."""
    title = " ".join(request.POST.get("title", "").split())[:200]
    try:
        count_use(request, "similar")
    except TooOftenError:
        return HttpResponse(status=429)
    threads = find_similar(request.user, title, []) if len(title) >= _SHORTEST else []
    return render(request, "forum/_similar.html", {"threads": threads})


@keeps_text
def reply(request: HttpRequest, number: int, typed: Typed) -> HttpResponse:
    """Reply to a thread; ``quote`` names the post to begin with."""
    thread = get_object_or_404(access.find_threads(request.user), pk=number)
    posts = access.find_posts(request.user).filter(thread=thread).select_related("author")
    if typed.data is None:
        return show_thread(request, thread, _start_reply(posts, request.GET.get("quote", "")))
    form = ReplyForm(typed.data)
    if not form.is_valid() or not typed.sent:
        if typed.note:
            messages.warning(request, typed.note)
        return show_thread(request, thread, form)
    data = form.cleaned_data
    if request.POST.get("step") == "preview":
        form.preview = render_text(data["source"]).html  # type: ignore[attr-defined]
        return show_thread(request, thread, form)
    quoted = posts.filter(pk=data["quotes"]).first() if data["quotes"] else None
    try:
        post = posting.post_reply(
            get_member(request), thread, data["source"], data["token"], quoted
        )
    except Refused as error:
        form.add_error(None, str(error))
        return show_thread(request, thread, form)
    forget_text(request)
    if post.state == State.HELD:
        messages.info(request, _HELD)
    return redirect(post)


@keeps_text
def edit(request: HttpRequest, number: int, typed: Typed) -> HttpResponse:
    """Change a post."""
    post = get_object_or_404(access.find_posts(request.user).select_related("thread"), pk=number)
    if not access.may_edit(request.user, post):
        raise PermissionDenied
    form = EditForm(typed.data) if typed.data else EditForm(initial={"source": post.source})
    if typed.sent and form.is_valid():
        if not form.cleaned_data["source"] and not post.opening:
            form.add_error("source", "A reply needs some words.")
        else:
            try:
                edited = posting.edit_post(get_member(request), post, **form.cleaned_data)
            except Refused as error:
                form.add_error(None, str(error))
            else:
                forget_text(request)
                if edited.state == State.HELD:
                    messages.info(request, _HELD)
                return redirect(post)
    return render(request, "forum/edit.html", {"form": form, "post": post, "note": typed.note})


@require_POST
@login_required
def delete_own(request: HttpRequest, number: int) -> HttpResponse:
    """Take one's own post away."""
    post = get_object_or_404(access.find_posts(request.user).select_related("thread"), pk=number)
    try:
        posting.delete_own_post(get_member(request), post)
    except Refused as error:
        messages.error(request, str(error))
        return redirect(post)
    messages.success(request, "Your post was taken away.")
    return redirect("forum:index") if post.opening else redirect(post.thread)


def get_member(request: HttpRequest) -> User:
    """The member who is signed in."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def _show_new(
    request: HttpRequest,
    form: ThreadForm,
    note: str = "",
    preview: dict[str, Any] | None = None,
) -> HttpResponse:
    context = {"form": form, "note": note, "preview": preview}
    return render(request, "forum/new_thread.html", context)


def _preview(viewer: Viewer, data: dict[str, Any]) -> dict[str, Any]:
    drafted = draft_answer(data["title"], data["source"])
    concepts = [c for c, _ in drafted.concepts] if drafted else []
    return {
        "title": data["title"],
        "html": render_text(data["source"]).html,
        "drafted": drafted,
        "similar": find_similar(viewer, data["title"], concepts),
    }


def _start_reply(posts: Any, quote: str) -> ReplyForm:
    quoted: Post | None = None
    if quote.isascii() and quote.isdigit() and len(quote) < 19:
        quoted = posts.filter(pk=int(quote)).first()
    if quoted is None:
        return ReplyForm()
    name = quoted.author.username if quoted.author else "former-member"
    return ReplyForm(initial={"source": quote_text(quoted.source, name), "quotes": quoted.pk})
