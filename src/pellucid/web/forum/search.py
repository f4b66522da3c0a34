"""Full-text search of titles and posts: one function, an index of whichever database there is.

PostgreSQL keeps its index by itself; SQLite keeps it by triggers (migration 0002). Where neither
is, words are looked for as they are.
"""

from __future__ import annotations

import re
from functools import reduce
from operator import and_

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from pellucid.web.accounts.access import Viewer
from pellucid.web.forum import access
from pellucid.web.forum.models import Thread, ThreadConcept

_SQL = {
    "sqlite": "SELECT rowid FROM forum_{table}_words WHERE forum_{table}_words MATCH %s",
    "postgresql": (
        "SELECT id FROM forum_{table} WHERE to_tsvector('english', {column})"
        " @@ websearch_to_tsquery('english', %s)"
    ),
}
# The titles with the rarest of the words first.
_RANKED = {
    "sqlite": _SQL["sqlite"].format(table="thread") + " ORDER BY rank LIMIT 50",
    "postgresql": (
        "SELECT id FROM forum_thread, websearch_to_tsquery('english', %s) AS query"
        " WHERE to_tsvector('english', title) @@ query"
        " ORDER BY ts_rank(to_tsvector('english', title), query) DESC LIMIT 50"
    ),
}
_MOST_WORDS = 20


def find_threads_by_words(viewer: Viewer, words: str) -> QuerySet[Thread]:
    """Threads that the viewer may see with all the words in the title or in one post."""
    threads = access.find_threads(viewer)
    found = _split(words)
    if not found:
        return threads.none()
    posts = access.find_posts(viewer).filter(_match("post", "source", found))
    return threads.filter(_match("thread", "title", found) | Q(id__in=posts.values("thread_id")))


def find_similar(viewer: Viewer, title: str, concepts: list[str], limit: int = 5) -> list[Thread]:
    """Threads about the same concepts, newest first; then those with words of the title in theirs."""
    threads = access.list_threads(viewer)
    same = threads.filter(
        id__in=ThreadConcept.objects.filter(concept__in=concepts).values("thread")
    )
    found = list(same.order_by("-last_activity", "-id")[:limit])
    if len(found) < limit:
        ranked = _rank_titles([w for w in _split(title) if len(w) > 3])
        others = threads.filter(id__in=ranked).exclude(id__in=[t.pk for t in found])
        found += sorted(others, key=lambda t: ranked.index(t.pk))[: limit - len(found)]
    return found


def _split(words: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r"\w+", words)))[:_MOST_WORDS]


def _match(table: str, column: str, words: list[str]) -> Q:
    sql = _SQL.get(connection.vendor)
    if sql is None:
        return reduce(and_, (Q(**{f"{column}__icontains": word}) for word in words))
    return Q(id__in=RawSQL(sql.format(table=table, column=column), [_quote(words, " ")]))


def _rank_titles(words: list[str]) -> list[int]:
    sql = _RANKED.get(connection.vendor)
    if sql is None or not words:
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql, [_quote(words, " OR ")])
        return [number for (number,) in cursor.fetchall()]


def _quote(words: list[str], between: str) -> str:
    # Letters and digits in quotes are no operator of either database's language.
    return between.join(f'"{word}"' for word in words)
