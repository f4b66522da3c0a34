"""Pages of a list that grows at its top: by where the last page ended, not by counting."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from pellucid.web.forum.limits import get_limit


class Page(NamedTuple):
    """Some rows, and the cursor of the next page; None on the last one."""

    rows: list[Any]
    next: str | None


def cut_by_activity(rows: QuerySet[Any], cursor: str) -> Page:
    """A page of threads, newest activity first; a cursor that makes no sense begins anew."""
    moment, _, number = cursor.rpartition("_")
    try:
        at, key = datetime.fromisoformat(moment), int(number)
    except ValueError:
        pass
    else:
        if at.tzinfo is not None and key < 2**63:
            # The bound is said first and for all: an index can begin there.
            after = Q(last_activity__lt=at) | Q(id__lt=key)
            rows = rows.filter(after, last_activity__lte=at)
    return _cut(
        rows.order_by("-last_activity", "-id"), lambda t: f"{t.last_activity.isoformat()}_{t.pk}"
    )


def cut_by_id(rows: QuerySet[Any], cursor: str, newest_first: bool = False) -> Page:
    """A page of rows in the order in which they were made."""
    if cursor.isascii() and cursor.isdigit() and int(cursor) < 2**63:
        rows = rows.filter(**{"id__lt" if newest_first else "id__gt": int(cursor)})
    return _cut(rows.order_by("-id" if newest_first else "id"), lambda row: str(row.pk))


def _cut(rows: QuerySet[Any], get_cursor: Any) -> Page:
    size = get_limit("PAGE_SIZE")
    found = list(rows[: size + 1])
    more = len(found) > size
    return Page(found[:size], get_cursor(found[size - 1]) if more else None)
