"""Pages about members: their page, what happened, preferences, their data."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from pellucid.web.accounts import access, actions
from pellucid.web.accounts.forms import DeleteForm, PreferencesForm
from pellucid.web.accounts.models import User
from pellucid.web.accounts.ranks import get_rank
from pellucid.web.forum import access as forum
from pellucid.web.forum.actions.notifying import mark_read
from pellucid.web.forum.notify import read_unsubscribe_token
from pellucid.web.forum.paging import cut_by_activity, cut_by_id


def get_member(request: HttpRequest) -> User:
    """The member who is signed in."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


@require_safe
@login_required
def me(request: HttpRequest) -> HttpResponse:
    """Lead to the viewer's own page."""
    return redirect(get_member(request))


@require_safe
def profile(request: HttpRequest, username: str) -> HttpResponse:
    """A member's page: rank, badge, what they wrote."""
    member = get_object_or_404(access.find_members(request.user), username=username)
    posts = forum.find_member_posts(request.user, member)
    published = forum.count_published({member.pk}).get(member.pk, 0)
    context = {
        "member": member,
        "rank": get_rank(published),
        "published": published,
        "page": cut_by_id(posts, request.GET.get("before", ""), newest_first=True),
        "mine": request.user == member,
        "blocked": member.pk in access.get_blocked_ids(request.user),
        "moderates": access.is_moderator(request.user),
        "ban": access.find_active_ban(member) if access.is_moderator(request.user) else None,
    }
    return render(request, "accounts/profile.html", context)


@login_required
def notifications(request: HttpRequest) -> HttpResponse:
    """What happened; a press of the button marks all as read."""
    member = get_member(request)
    if request.method == "POST":
        mark_read(member)
        return redirect("accounts:notifications")
    found = forum.find_notifications(member)
    page = cut_by_id(found, request.GET.get("before", ""), newest_first=True)
    return render(request, "accounts/notifications.html", {"page": page})


@require_safe
@login_required
def bookmarks(request: HttpRequest) -> HttpResponse:
    """Threads that the member keeps."""
    threads = forum.find_bookmarked(get_member(request))
    page = cut_by_activity(threads, request.GET.get("before", ""))
    return render(request, "accounts/bookmarks.html", {"page": page})


@login_required
def preferences(request: HttpRequest) -> HttpResponse:
    """About me, and when email goes out."""
    member = get_member(request)
    sent = request.POST if request.method == "POST" else None
    form = PreferencesForm(sent, instance=member)
    if form.is_valid():
        actions.save_preferences(member, **form.cleaned_data)
        messages.success(request, "Saved.")
        return redirect("accounts:preferences")
    return render(request, "accounts/preferences.html", {"form": form})


@require_POST
@login_required
def export(request: HttpRequest) -> HttpResponse:
    """Everything that the site keeps about the member, as a file."""
    response = JsonResponse(
        access.export_member(get_member(request)),
        json_dumps_params={"ensure_ascii": False, "indent": 2},
    )
    response["Content-Disposition"] = 'attachment; filename="my-data.json"'
    response["Cache-Control"] = "no-store"
    return response


@login_required
@reauthentication_required  # type: ignore[untyped-decorator]
def delete(request: HttpRequest) -> HttpResponse:
    """Delete the account: a page that asks, then does."""
    member = get_member(request)
    form = DeleteForm(request.POST if request.method == "POST" else None, member=member)
    if form.is_valid():
        actions.delete_account(member)
        logout(request)
        messages.success(request, "Your account is deleted. What you wrote stays, without a name.")
        return redirect("forum:index")
    return render(request, "accounts/delete.html", {"form": form})


@csrf_exempt  # a mail program presses the button for its reader; the signed link is the permission
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """No more email about threads, by the link in one; opening it changes nothing."""
    member = read_unsubscribe_token(token)
    if member is not None and request.method == "POST":
        actions.stop_email(member)
    context = {"valid": member is not None, "done": request.method == "POST"}
    status = 404 if member is None else 200
    return render(request, "accounts/unsubscribe.html", context, status=status)


@require_POST
@login_required
def block(request: HttpRequest, username: str) -> HttpResponse:
    """Do not see what a member writes, or see it again."""
    member = get_object_or_404(access.find_members(request.user), username=username)
    actions.set_block(get_member(request), member, request.POST.get("on") == "1")
    return redirect(member)
