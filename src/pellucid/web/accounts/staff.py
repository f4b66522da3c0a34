"""What staff decides about a member: ban, notes, role; one page, one form each."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from pellucid.web.accounts import access, actions
from pellucid.web.accounts.forms import BanForm, NoteForm, RoleForm
from pellucid.web.accounts.models import User
from pellucid.web.accounts.views import get_member


@login_required
def decide(request: HttpRequest, username: str) -> HttpResponse:
    """Show what staff knows about a member, and take a decision."""
    actor = get_member(request)
    if not actor.is_moderator:
        raise PermissionDenied
    member = get_object_or_404(access.find_members(actor), username=username)
    step = request.POST.get("step", "") if request.method == "POST" else ""
    sent = {name: request.POST if step == name else None for name in ("ban", "note", "role")}
    start = {"verified": member.verified_at is not None}
    made: dict[str, forms.BaseForm] = {
        "ban": BanForm(sent["ban"], prefix="ban"),
        "note": NoteForm(sent["note"], prefix="note"),
    }
    if actor.role == User.Role.ADMINISTRATOR:
        # A copy: a form that fails must not change the member who is shown.
        shown = access.find_members(actor).get(pk=member.pk)
        made["role"] = RoleForm(sent["role"], prefix="role", instance=shown, initial=start)
    form = made.get(step)
    if step == "lift":
        actions.lift_ban(actor, member, "")
    if step == "lift" or (form is not None and form.is_valid()):
        if form is not None:
            _decide(actor, member, step, form.cleaned_data)
        messages.success(request, "Done, and written in the log.")
        return redirect("accounts:staff", member.username)
    context = {
        "member": member,
        "forms": made,
        "form": form,
        "ban": access.find_active_ban(member),
        "notes": access.find_notes(actor, member),
    }
    return render(request, "accounts/staff.html", context)


def _decide(actor: User, member: User, step: str, data: dict[str, Any]) -> None:
    if step == "ban":
        actions.ban(actor, member, **data)
    elif step == "note":
        actions.add_note(actor, member, **data)
    else:
        actions.set_role(actor, member, **data)
