"""Buttons: helpful, follow, keep, accept, endorse, flag."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from pellucid.web.accounts.models import User
from pellucid.web.forum import access
from pellucid.web.forum.actions import reacting
from pellucid.web.forum.errors import Refused
from pellucid.web.forum.forms import FlagForm
from pellucid.web.forum.models import Post, Thread
from pellucid.web.forum.views.posting import get_member


def _make_post_button(action: Callable[[User, Post, bool], None]) -> Callable[..., HttpResponse]:
    @login_required
    def press(request: HttpRequest, number: int) -> HttpResponse:
        post = get_object_or_404(
            access.find_posts(request.user).select_related("thread"), pk=number
        )
        # Reached by GET after signing in: the button is there to be pressed.
        if request.method == "POST":
            _try(request, lambda: action(get_member(request), post, _is_on(request)))
        return redirect(post)

    return press


def _make_thread_button(
    action: Callable[[User, Thread, bool], None],
) -> Callable[..., HttpResponse]:
    @login_required
    def press(request: HttpRequest, number: int) -> HttpResponse:
        thread = get_object_or_404(access.find_threads(request.user), pk=number)
        if request.method == "POST":
            _try(request, lambda: action(get_member(request), thread, _is_on(request)))
        return redirect(thread)

    return press


vote = _make_post_button(reacting.set_vote)
accept = _make_post_button(reacting.set_accepted)
endorse = _make_post_button(reacting.set_endorsed)
follow = _make_thread_button(reacting.set_follow)
bookmark = _make_thread_button(reacting.set_bookmark)


@login_required
def flag(request: HttpRequest, number: int) -> HttpResponse:
    """Tell staff what is wrong with a post."""
    post = get_object_or_404(
        access.find_posts(request.user).select_related("thread", "author"), pk=number
    )
    form = FlagForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            reacting.flag(get_member(request), post, **form.cleaned_data)
        except Refused as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "Thank you. Staff will look at it.")
            return redirect("forum:thread", post.thread_id, post.thread.slug)
    return render(request, "forum/flag.html", {"form": form, "post": post})


def _is_on(request: HttpRequest) -> bool:
    return request.POST.get("on") == "1"


def _try(request: HttpRequest, action: Callable[[], None]) -> None:
    try:
        action()
    except Refused as error:
        messages.error(request, str(error))
