"""A member's private reports: the list, one of them, save, delete."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from pellucid.errors import PellucidError
from pellucid.web.accounts.models import User
from pellucid.web.pages.report_views import show_reading
from pellucid.web.saved import access, actions
from pellucid.web.saved.forms import SaveForm

_SIGNED_OUT = (
    "You are not signed in, so the report was not saved. It is still on this page: sign in in"
    " another tab, then press Save again."
)


@never_cache
@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """The list, by titles."""
    return render(request, "saved/list.html", {"entries": access.list_reports(_get_owner(request))})


@never_cache
@require_safe
@login_required
def open_report(request: HttpRequest, number: UUID) -> HttpResponse:
    """The reading of a saved report."""
    report = get_object_or_404(access.find_reports(request.user), pk=number)
    try:
        text = access.read_text(report)
    except PellucidError as error:
        messages.error(request, str(error))
        return redirect("saved:index")
    return show_reading(request, text, saved=report)


@sensitive_post_parameters()
@never_cache
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Save the text of a reading; where that fails, the reading is shown again."""
    form = SaveForm(request.POST)
    if not form.is_valid():
        problem = "The report was not saved: its title may have 100 characters."
        return show_reading(request, request.POST.get("text", ""), problem=problem)
    text, title = form.cleaned_data["text"], form.cleaned_data["title"]
    if not request.user.is_authenticated:
        return show_reading(request, text, problem=_SIGNED_OUT)
    try:
        report = actions.save_report(_get_owner(request), title, text, form.cleaned_data["token"])
    except PellucidError as error:
        return show_reading(request, text, problem=str(error))
    messages.success(request, "Saved. Only you can open it here.")
    return redirect(report)


@require_POST
@login_required
def delete(request: HttpRequest, number: UUID) -> HttpResponse:
    """Delete a saved report, at once."""
    report = get_object_or_404(access.find_reports(request.user), pk=number)
    actions.delete_report(report, _get_owner(request))
    messages.success(request, "The report is deleted.")
    return redirect("saved:index")


def _get_owner(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
