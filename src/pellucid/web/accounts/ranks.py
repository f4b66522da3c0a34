"""What a member is called by activity."""

from __future__ import annotations

RANKS = ((100, "Senior member"), (25, "Active member"), (5, "Member"), (0, "New member"))


def get_rank(posts: int) -> str:
    """The rank of a member with so many published posts.

    >>> get_rank(0), get_rank(30)
    ('New member', 'Active member')
    """
    return next(name for least, name in RANKS if posts >= least)
