"""Telling members what happened, in the site and by email."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from django.db import transaction
from django.utils import timezone

from pellucid.web.accounts.access import find_mentioned, find_staff
from pellucid.web.accounts.models import Block, User
from pellucid.web.forum.models import Follow, Notification, Post, State, Thread
from pellucid.web.forum.notify import send_notifications
from pellucid.web.forum.text import render_text

Kind = Notification.Kind
_AT_ONCE = 10  # more email than this waits for the command send_digests, not the reader


def notify(
    kind: Kind,
    members: Iterable[User],
    thread: Thread,
    post: Post | None = None,
    actor: User | None = None,
) -> None:
    """Tell members, but not the one who did it nor those who blocked that one."""
    wanted = {m.pk: m for m in members if m.is_active and m != actor}
    deaf = Block.objects.filter(blocked=actor, member__in=wanted).values_list("member", flat=True)
    for member in deaf if actor else ():
        del wanted[member]
    made = Notification.objects.bulk_create(
        Notification(member=m, kind=kind, thread=thread, post=post, actor=actor)
        for m in wanted.values()
    )
    at_once = [
        n.member_id
        for n in made
        if wanted[n.member_id].email_frequency == User.EmailFrequency.IMMEDIATELY
    ]
    if at_once:
        transaction.on_commit(partial(_deliver, at_once[:_AT_ONCE]), robust=True)


def notify_staff(kind: Kind, thread: Thread, post: Post | None = None) -> None:
    """Tell moderators and administrators."""
    notify(kind, find_staff(), thread, post)


def announce(post: Post) -> None:
    """Tell of a post that can be seen now: each member once, by what concerns them most."""
    told: set[int] = set()

    def tell(kind: Kind, members: Iterable[User]) -> None:
        new = [m for m in members if m.pk not in told]
        told.update(m.pk for m in new)
        notify(kind, new, post.thread, post, post.author)

    names = render_text(post.source).mentions
    tell(Kind.MENTION, find_mentioned(set(names)).values())
    if post.quotes and post.quotes.author:
        tell(Kind.QUOTE, [post.quotes.author])
    if not post.opening:
        follows = Follow.objects.filter(thread=post.thread).select_related("member")
        tell(Kind.REPLY, [f.member for f in follows])


def announce_new_mentions(post: Post, before: str) -> None:
    """Tell members whom an edit mentions for the first time."""
    if post.state == State.VISIBLE:
        names = render_text(post.source).mentions - render_text(before).mentions
        members = find_mentioned(set(names)).values()
        notify(Kind.MENTION, members, post.thread, post, post.author)


def mark_read(member: User, thread: Thread | None = None) -> None:
    """A member has seen what happened in one thread, or in all."""
    unread = Notification.objects.filter(member=member, read_at=None)
    if thread is not None:
        unread = unread.filter(thread=thread)
    # Looked up first: most pages that are read have nothing to write.
    if unread.exists():
        unread.update(read_at=timezone.now())


def deliver_email(member_id: int) -> bool:
    """Send a member what no email has carried yet; say whether any went out.

    Notifications are claimed first, so that two processes never send the same, and given back when
    the mail server fails. No transaction is open while it answers.
    """
    now = timezone.now()
    with transaction.atomic():
        member = User.objects.select_for_update(no_key=True).get(pk=member_id)
        waiting = Notification.objects.filter(member=member, emailed_at=None)
        found = [
            n
            for n in waiting.select_related("thread", "post", "actor").order_by("id")
            if n.read_at is None and n.thread.state != State.DELETED
        ]
        waiting.update(emailed_at=now)
        wanted = member.is_active and member.email_frequency != User.EmailFrequency.NEVER
        if not found or not wanted:
            return False
        User.objects.filter(pk=member_id).update(digest_sent_at=now)
    try:
        send_notifications(member, found)
    except OSError:  # smtplib's errors are of this kind
        Notification.objects.filter(pk__in=[n.pk for n in found]).update(emailed_at=None)
        return False
    return True


def _deliver(members: list[int]) -> None:
    for member in members:
        deliver_email(member)
