"""Which members a viewer may see, and what is known about them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.utils import timezone

from pellucid.web.accounts.models import AuditEntry, Ban, StaffNote, User
from pellucid.web.saved.access import export_reports

Viewer = User | AnonymousUser


def find_members(viewer: Viewer) -> QuerySet[User]:
    """Members whose page the viewer may open: active ones; moderators see all."""
    members = User.objects.all()
    return members if is_moderator(viewer) else members.filter(is_active=True)


def has_members() -> bool:
    """Whether anyone has joined yet."""
    return User.objects.exists()


def find_mentioned(names: set[str]) -> dict[str, User]:
    """Active members by the names that a text mentions, however capitals are written."""
    if not names:
        return {}
    # A match without regard to case needs one condition a name; a text may mention few.
    wanted = Q()
    for name in sorted(names)[:20]:
        wanted |= Q(username__iexact=name)
    return {m.username.lower(): m for m in User.objects.filter(wanted, is_active=True)}


def find_staff() -> QuerySet[User]:
    """Moderators and administrators."""
    return User.objects.filter(
        is_active=True, role__in=(User.Role.MODERATOR, User.Role.ADMINISTRATOR)
    )


def find_active_ban(member: User) -> Ban | None:
    """The ban that keeps a member from writing now, if there is one."""
    now = timezone.now()
    return Ban.objects.filter(
        Q(until=None) | Q(until__gt=now), member=member, lifted_at=None
    ).first()


def find_notes(viewer: Viewer, member: User) -> QuerySet[StaffNote]:
    """Staff notes about a member: for moderators only."""
    notes = StaffNote.objects.filter(member=member).select_related("author")
    return notes if is_moderator(viewer) else notes.none()


def find_audit(viewer: Viewer) -> QuerySet[AuditEntry]:
    """The audit log: for moderators only."""
    entries = AuditEntry.objects.select_related("actor")
    return entries if is_moderator(viewer) else entries.none()


def get_blocked_ids(viewer: Viewer) -> set[int]:
    """Ids of the members whom the viewer blocked."""
    if not isinstance(viewer, User):
        return set()
    return set(viewer.blocks.values_list("blocked_id", flat=True))


def is_moderator(viewer: Viewer) -> bool:
    """May decide what is shown and who may write."""
    return isinstance(viewer, User) and viewer.is_moderator


def is_reviewer(viewer: Viewer) -> bool:
    """May review automatic answers and endorse replies."""
    return isinstance(viewer, User) and viewer.is_reviewer


def export_member(member: User) -> dict[str, Any]:
    """Everything that the site keeps about a member, for the member."""
    fields = (
        *("username", "email", "first_name", "last_name", "date_joined", "last_login"),
        *("role", "field", "verified_at", "about", "email_frequency"),
    )
    related = {
        "threads": "id title category__name concepts__concept state urgent created last_activity",
        "posts": "id thread_id source state created edited_at",
        "revisions": "post_id source created reason",
        "votes": "post_id created",
        "bookmarks": "thread_id created",
        "follows": "thread_id created",
        "flags": "post_id reason note created",
        "notifications": "kind thread_id post_id created read_at",
        "bans": "reason until created lifted_at",
        "blocks": "blocked__username created",
        "reviews": "thread_id state reason reviewed_at",
        "endorsements": "id endorsed_at",
        "socialaccount_set": "provider uid date_joined last_login",
    }
    return {
        "member": {name: getattr(member, name) for name in fields},
        **{
            name: list(getattr(member, name).values(*columns.split()))
            for name, columns in related.items()
        },
        "saved_reports": export_reports(member),
    }
