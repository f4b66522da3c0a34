"""Everything that changes a member's account; each checks who may."""

from __future__ import annotations

from datetime import datetime

from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from pellucid.web.accounts.audit import write_audit
from pellucid.web.accounts.models import Ban, Block, StaffNote, User


@transaction.atomic
def create_member(username: str, email: str, password: str, **fields: str) -> User:
    """Create a member whose address needs no proof, for who runs the site; gets no email."""
    given = {"email_frequency": User.EmailFrequency.NEVER, **fields}
    verified = {"verified_at": timezone.now()} if fields.get("field") else {}
    member = User.objects.create_user(username, email, password, **given, **verified)
    EmailAddress.objects.create(user=member, email=member.email, verified=True, primary=True)
    return member


def save_preferences(member: User, about: str, email_frequency: str) -> None:
    """Keep what a member says of themselves, and when email goes out."""
    member.about = about
    member.email_frequency = email_frequency
    member.save(update_fields=["about", "email_frequency"])


def stop_email(member_id: int) -> None:
    """No more email about threads; unknown members are passed over, so that a link tells nothing."""
    User.objects.filter(pk=member_id).update(email_frequency=User.EmailFrequency.NEVER)


@transaction.atomic
def delete_account(member: User) -> None:
    """Delete a member with all that is theirs; what they wrote stays, without a name."""
    if member.role == User.Role.ADMINISTRATOR and not _has_other_administrator(member):
        raise PermissionDenied("The site needs an administrator: make another one first.")
    member.delete()


def set_block(member: User, blocked: User, on: bool) -> None:
    """Block a member, or see them again."""
    if member == blocked:
        raise PermissionDenied("You cannot block yourself.")
    if on:
        Block.objects.get_or_create(member=member, blocked=blocked)
    else:
        Block.objects.filter(member=member, blocked=blocked).delete()


@transaction.atomic
def ban(actor: User, member: User, reason: str, until: datetime | None) -> Ban:
    """Keep a member from writing; an earlier ban ends."""
    _check_may_moderate(actor, member)
    now = timezone.now()
    Ban.objects.filter(member=member, lifted_at=None).update(lifted_at=now)
    made = Ban.objects.create(member=member, reason=reason, until=until, by=actor, created=now)
    write_audit(actor, "ban", member, reason, until=until.isoformat() if until else None)
    return made


@transaction.atomic
def lift_ban(actor: User, member: User, reason: str) -> None:
    """Let a member write again."""
    _check_may_moderate(actor, member)
    if Ban.objects.filter(member=member, lifted_at=None).update(lifted_at=timezone.now()):
        write_audit(actor, "lift-ban", member, reason)


@transaction.atomic
def add_note(actor: User, member: User, text: str) -> StaffNote:
    """Tell other staff something about a member."""
    _check_may_moderate(actor, member)
    note = StaffNote.objects.create(member=member, author=actor, text=text)
    write_audit(actor, "note", member)
    return note


@transaction.atomic
def set_role(actor: User, member: User, role: str, field: str, verified: bool) -> None:
    """Make a member a clinician, moderator or administrator, or take that back."""
    if not (actor.is_moderator and actor.role == User.Role.ADMINISTRATOR):
        raise PermissionDenied("Only administrators give roles.")
    if (
        member.role == User.Role.ADMINISTRATOR
        and role != member.role
        and not _has_other_administrator(member)
    ):
        raise PermissionDenied("The site needs an administrator: make another one first.")
    before = member.role
    member.role, member.field = User.Role(role), field
    member.verified_at = (member.verified_at or timezone.now()) if verified else None
    # Django's own admin pages follow the role.
    member.is_staff = member.is_superuser = member.role == User.Role.ADMINISTRATOR
    member.save(update_fields=["role", "field", "verified_at", "is_staff", "is_superuser"])
    write_audit(actor, "role", member, before=before, after=role, field=field, verified=verified)


def _check_may_moderate(actor: User, member: User) -> None:
    if not actor.is_moderator or actor == member:
        raise PermissionDenied("Only moderators decide about members, and not about themselves.")
    if member.role == User.Role.ADMINISTRATOR and actor.role != User.Role.ADMINISTRATOR:
        raise PermissionDenied("Only administrators decide about administrators.")


def _has_other_administrator(member: User) -> bool:
    # All of them are locked, in one order: two who leave at once do not both find the other.
    administrators = User.objects.select_for_update(no_key=True).filter(
        role=User.Role.ADMINISTRATOR, is_active=True
    )
    return any(a.pk != member.pk for a in administrators.order_by("pk"))
