"""What members do with threads and posts; each says what shall be, so that twice is once."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from pellucid.web.accounts.models import User
from pellucid.web.forum import access
from pellucid.web.forum.actions import rules
from pellucid.web.forum.actions.notifying import Kind, notify, notify_staff
from pellucid.web.forum.actions.states import lock_post, lock_thread, set_state
from pellucid.web.forum.limits import get_limit
from pellucid.web.forum.models import Bookmark, Flag, Follow, Post, State, Thread, Vote


@transaction.atomic
def set_vote(member: User, post: Post, on: bool) -> None:
    """Find a post helpful, or no longer; not one's own."""
    _check_sees(member, post)
    rules.check_may_write(member)
    if post.author_id == member.pk:
        raise PermissionDenied("You cannot vote for your own post.")
    if on:
        Vote.objects.get_or_create(member=member, post=post)
    else:
        Vote.objects.filter(member=member, post=post).delete()


@transaction.atomic
def set_follow(member: User, thread: Thread, on: bool) -> None:
    """Hear of new replies, or no longer."""
    _set_kept(Follow, member, thread, on)


@transaction.atomic
def set_bookmark(member: User, thread: Thread, on: bool) -> None:
    """Keep a thread in one's list, or no longer."""
    _set_kept(Bookmark, member, thread, on)


@transaction.atomic
def set_accepted(member: User, post: Post, on: bool) -> None:
    """Say that a reply is the answer, or no longer; who asked, and moderators."""
    thread = lock_thread(post.thread)
    if not access.may_accept(member, thread) or post.opening or post.state != State.VISIBLE:
        raise PermissionDenied
    rules.check_may_write(member)
    if on == (thread.accepted_id == post.pk):
        return
    thread.accepted = post if on else None
    thread.save(update_fields=["accepted"])
    if on and post.author:
        notify(Kind.ACCEPTED, [post.author], thread, post, member)


@transaction.atomic
def set_endorsed(reviewer: User, post: Post, on: bool) -> None:
    """Vouch for a reply as staff or clinician, or no longer; not for one's own."""
    post = lock_post(post)
    if not reviewer.is_reviewer or post.opening or post.author_id == reviewer.pk:
        raise PermissionDenied
    _check_sees(reviewer, post)
    rules.check_may_write(reviewer)
    if on == (post.endorsed_by_id is not None):
        return
    post.endorsed_by = reviewer if on else None
    post.endorsed_role = reviewer.badge if on else ""
    post.endorsed_at = timezone.now() if on else None
    post.save(update_fields=["endorsed_by", "endorsed_role", "endorsed_at"])
    if on and post.author:
        notify(Kind.ENDORSED, [post.author], post.thread, post, reviewer)


@transaction.atomic
def flag(member: User, post: Post, reason: str, note: str = "") -> None:
    """Tell staff that something is wrong; enough members together hide a post until staff looks."""
    member = rules.lock_member(member)
    _check_sees(member, post)
    rules.check_may_write(member)
    if post.author_id == member.pk:
        raise PermissionDenied("You cannot flag your own post: edit it.")
    post = lock_post(post)
    if Flag.objects.filter(member=member, post=post).exists():
        return
    rules.check_flag_rate(member)
    Flag.objects.create(member=member, post=post, reason=reason, note=note)
    open_flags = Flag.objects.filter(post=post, resolved_at=None).count()
    if post.state == State.VISIBLE and open_flags >= get_limit("FLAGS_THAT_HIDE"):
        set_state(post, State.HIDDEN)
        notify_staff(Kind.FLAGGED, post.thread, post)


def _set_kept(model: type[Follow | Bookmark], member: User, thread: Thread, on: bool) -> None:
    kept = model._default_manager
    if not on:
        kept.filter(member=member, thread=thread).delete()
    elif access.find_threads(member).filter(pk=thread.pk).exists():
        kept.get_or_create(member=member, thread=thread)
    else:
        raise PermissionDenied


def _check_sees(member: User, post: Post) -> None:
    if not access.find_posts(member).filter(pk=post.pk).exists():
        raise PermissionDenied
