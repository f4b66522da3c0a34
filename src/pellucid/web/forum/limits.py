"""The forum's numbers, each changeable in the settings by its name with ``FORUM_`` before it."""

from __future__ import annotations

from typing import Any

from django.conf import settings

_DEFAULTS: dict[str, Any] = {
    "PAGE_SIZE": 30,
    "TEXT_LENGTH": 20_000,
    "POSTS_PER_HOUR": 30,
    "POSTS_PER_HOUR_NEW": 5,  # for members without a published post
    "FLAGS_PER_HOUR": 20,
    "FLAGS_THAT_HIDE": 3,
    "PUBLISHED_BEFORE_FREE": 1,  # so many posts of a member wait for staff
    "LINKS_BEFORE_HELD": 2,  # more links than this wait for staff, until the member is known
    "PUBLISHED_BEFORE_LINKS": 5,
    "REVIEW_WITHIN_HOURS": 24,
}


def get_limit(name: str) -> int:
    """A number of the forum's rules."""
    return int(getattr(settings, f"FORUM_{name}", _DEFAULTS[name]))
