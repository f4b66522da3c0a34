"""Pages for reviewers and moderators: queues, reviews, decisions, tools of a thread."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from pellucid.web.accounts.access import find_audit
from pellucid.web.accounts.models import User
from pellucid.web.forum import access
from pellucid.web.forum.actions import moderating, reviewing
from pellucid.web.forum.errors import Refused
from pellucid.web.forum.forms import (
    MergeForm,
    MoveForm,
    ReasonForm,
    ReviewForm,
    SplitForm,
    TagsForm,
)
from pellucid.web.forum.keep import Typed, forget_text, keeps_text
from pellucid.web.forum.limits import get_limit
from pellucid.web.forum.models import Thread
from pellucid.web.forum.paging import cut_by_id
from pellucid.web.forum.views.posting import get_member

View = Callable[..., HttpResponse]
_MOST_COUNTED = 1000


def _for(may: Callable[[User], bool]) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @login_required
        @wraps(view)
        def wrapped(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            if not may(get_member(request)):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return wrapped

    return decorate


for_reviewers = _for(lambda member: member.is_reviewer)
for_moderators = _for(lambda member: member.is_moderator)


@for_reviewers
def review_queue(request: HttpRequest) -> HttpResponse:
    """Automatic answers that wait for a person."""
    context = {
        "drafts": access.list_unreviewed(request.user, get_limit("PAGE_SIZE")),
        "waiting": access.find_unreviewed(request.user)[: _MOST_COUNTED + 1].count(),
        "most": _MOST_COUNTED,
        "hours": get_limit("REVIEW_WITHIN_HOURS"),
    }
    return render(request, "forum/review_queue.html", context)


@keeps_text
def review(request: HttpRequest, number: int, typed: Typed) -> HttpResponse:
    """Decide about the automatic answer of a thread."""
    if not request.user.is_authenticated:
        return for_reviewers(lambda request: HttpResponse())(request)
    if not get_member(request).is_reviewer:
        raise PermissionDenied
    thread = get_object_or_404(access.find_threads(request.user), pk=number)
    draft = access.find_draft(request.user, thread)
    if draft is None:
        raise Http404
    form = ReviewForm(typed.data) if typed.data else ReviewForm(initial={"source": draft.source})
    if typed.sent and form.is_valid():
        try:
            reviewing.review(get_member(request), draft, **form.cleaned_data)
        except Refused as error:
            form.add_error(None, str(error))
        else:
            forget_text(request)
            messages.success(request, "Your review is published; the author is told.")
            return redirect(thread)
    context = {"form": form, "draft": draft, "thread": thread, "note": typed.note}
    return render(request, "forum/review.html", context)


@for_moderators
def moderation_queue(request: HttpRequest) -> HttpResponse:
    """Posts that are held, hidden or flagged, the oldest first."""
    page = cut_by_id(access.find_reported(request.user), request.GET.get("after", ""))
    return render(request, "forum/moderation_queue.html", {"page": page})


@for_moderators
def audit(request: HttpRequest) -> HttpResponse:
    """What staff decided, the newest first."""
    entries = cut_by_id(find_audit(request.user), request.GET.get("before", ""), newest_first=True)
    return render(request, "forum/audit.html", {"page": entries})


@require_POST
@for_moderators
def decide(request: HttpRequest, number: int) -> HttpResponse:
    """Publish, hide, delete or restore a post."""
    post = get_object_or_404(access.find_posts(request.user).select_related("thread"), pk=number)
    form = ReasonForm(request.POST)
    decision = request.POST.get("decision", "")
    if decision not in moderating.DECISIONS or not form.is_valid():
        raise Http404
    moderating.decide_post(get_member(request), post, decision, form.cleaned_data["reason"])
    messages.success(request, "Done, and written in the log.")
    return redirect("forum:moderation") if "queue" in request.POST else redirect(post)


@for_moderators
def tools(request: HttpRequest, number: int) -> HttpResponse:
    """Lock, move, tag, merge or split a thread: one page, one form each."""
    thread = get_object_or_404(access.find_threads(request.user), pk=number)
    step = request.POST.get("step", "") if request.method == "POST" else ""
    replies = [(n, f"{n}: {begin}") for n, begin in access.list_replies(request.user, thread)]
    sent = request.POST
    terms = "\n".join(tag.name for tag in thread.concepts.all())
    start = {"category": thread.category_id}
    forms = {
        "alarm": ReasonForm(sent if step == "alarm" else None, prefix="alarm"),
        "lock": ReasonForm(sent if step == "lock" else None, prefix="lock"),
        "move": MoveForm(sent if step == "move" else None, prefix="move", initial=start),
        "terms": TagsForm(
            sent if step == "terms" else None, prefix="terms", initial={"terms": terms}
        ),
        "merge": MergeForm(sent if step == "merge" else None, prefix="merge"),
        "split": SplitForm(
            sent if step == "split" else None, prefix="split", initial=start, replies=replies
        ),
    }
    form = forms.get(step)
    if form is not None and form.is_valid():
        try:
            target = _use_tool(request, step, thread, form.cleaned_data)
        except Refused as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "Done, and written in the log.")
            return redirect(target)
    context = {"thread": thread, "forms": forms, "form": form}
    return render(request, "forum/tools.html", context)


def _use_tool(request: HttpRequest, step: str, thread: Thread, data: dict[str, Any]) -> Thread:
    actor = get_member(request)
    if step == "lock":
        on = request.POST.get("on") == "1"
        moderating.set_locked(actor, thread, on, str(data["reason"]))
    elif step == "alarm":
        moderating.end_alarm(actor, thread, str(data["reason"]))
    elif step == "move":
        moderating.move_thread(actor, thread, **data)
    elif step == "terms":
        moderating.set_terms(actor, thread, **data)
    elif step == "merge":
        into = access.find_threads(actor).filter(pk=data["into"]).first()
        if into is None:
            raise Refused("No thread has this number.")
        moderating.merge_threads(actor, thread, into, str(data["reason"]))
        return into
    else:
        return moderating.split_thread(actor, thread, **data)
    return thread
