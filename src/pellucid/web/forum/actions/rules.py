"""Who may write now: bans, rate limits, and what has to wait for staff."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil

from django.core.exceptions import PermissionDenied
from django.utils import timezone

from pellucid.web.accounts.access import find_active_ban
from pellucid.web.accounts.models import User
from pellucid.web.forum.errors import Refused, TooFast
from pellucid.web.forum.limits import get_limit
from pellucid.web.forum.models import Flag, Post, State


def lock_member(member: User) -> User:
    """Take the member's row, so that what one member sends at once is done one after the other."""
    return User.objects.select_for_update(no_key=True).get(pk=member.pk)


def check_may_write(member: User) -> None:
    """Refuse a banned member."""
    if not member.is_active:
        raise PermissionDenied
    if ban := find_active_ban(member):
        until = f" until {ban.until:%d %B %Y, %H:%M} UTC" if ban.until else ""
        raise Refused(f"You cannot write here{until}: {ban.reason}")


def check_rate(member: User) -> None:
    """Refuse a member who posts too fast; the posts themselves are the count."""
    if member.is_moderator:
        return
    known = count_published(member, 1) > 0
    limit = get_limit("POSTS_PER_HOUR" if known else "POSTS_PER_HOUR_NEW")
    recent = Post.objects.filter(author=member, created__gt=timezone.now() - timedelta(hours=1))
    times = list(recent.order_by("-created").values_list("created", flat=True)[:limit])
    if len(times) == limit:
        seconds = _count_seconds(times[-1])
        minutes = -(-seconds // 60)
        raise TooFast(
            f"You have posted {limit} times within an hour. Your text is kept below: post it again"
            f" in {minutes} minute{'s' if minutes > 1 else ''}.",
            seconds,
        )


def check_flag_rate(member: User) -> None:
    """Refuse a member who flags too fast."""
    recent = Flag.objects.filter(member=member, created__gt=timezone.now() - timedelta(hours=1))
    limit = get_limit("FLAGS_PER_HOUR")
    times = list(recent.order_by("-created").values_list("created", flat=True)[:limit])
    if len(times) == limit:
        message = "You have flagged many posts within an hour. Please try again later."
        raise TooFast(message, _count_seconds(times[-1]))


def _count_seconds(first: datetime) -> int:
    """How long until the first of the last hour's is an hour old."""
    left = first + timedelta(hours=1) - timezone.now()
    return max(1, ceil(left.total_seconds()))


def choose_state(member: User, links: int) -> State:
    """Whether a new post is shown at once: not a newcomer's first, nor one that looks like spam."""
    if member.is_reviewer:
        return State.VISIBLE
    free, trusted = get_limit("PUBLISHED_BEFORE_FREE"), get_limit("PUBLISHED_BEFORE_LINKS")
    published = count_published(member, max(free, trusted))
    if published < free or (published < trusted and links > get_limit("LINKS_BEFORE_HELD")):
        return State.HELD
    return State.VISIBLE


def count_published(member: User, enough: int) -> int:
    """How many visible posts a member has, counted no further than what is enough."""
    return Post.objects.filter(author=member, state=State.VISIBLE)[:enough].count()
