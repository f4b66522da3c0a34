"""Full-text search of titles and posts: one function, an index of whichever database there is.

PostgreSQL keeps the words in a column that it generates, SQLite by triggers (migration 0002). Where neither is, words are looked for as they are.
"""

from __future__ import annotations

import re
from functools import reduce
from operator import and_

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from pellucid.app.similar import get_question_ranker
from pellucid.web.accounts.access import Viewer
from pellucid.web.forum import access
from pellucid.web.forum.models import Thread, ThreadConcept

# Of a word that half of all posts have, the newest posts are enough: nobody reads the others, and to gather
# them would take seconds.
_MOST_FOUND = 1000
_SQL = {
    "sqlite": (
        "SELECT rowid FROM forum_{table}_words WHERE forum_{table}_words MATCH %s"
        f" ORDER BY rowid DESC LIMIT {_MOST_FOUND}"
    ),
    "postgresql": (
        "SELECT id FROM forum_{table} WHERE words @@ websearch_to_tsquery('english', %s)"
        f" ORDER BY id DESC LIMIT {_MOST_FOUND}"
    ),
}
# Of the newest titles, those with the rarest of the words first.
_RANKED = {
    "sqlite": (
        "SELECT rowid FROM (SELECT rowid, rank AS weight FROM forum_thread_words"
        f" WHERE forum_thread_words MATCH %s ORDER BY rowid DESC LIMIT {_MOST_FOUND})"
        " ORDER BY weight LIMIT 30"
    ),
    "postgresql": (
        "SELECT id FROM (SELECT id, words, query FROM forum_thread,"
        " websearch_to_tsquery('english', %s) AS query WHERE words @@ query"
        f" ORDER BY id DESC LIMIT {_MOST_FOUND}) AS newest"
        " ORDER BY ts_rank(words, query) DESC LIMIT 30"
    ),
}
_MOST_WORDS = 20
_MOST_COMPARED = 30
_MOST_TELLING = 3
#: The probability that a known title asks the same, from which on it is worth a look.
_LIKELY = 0.3


def find_threads_by_words(viewer: Viewer, words: str) -> QuerySet[Thread]:
    """Threads that the viewer may see with all the words in the title or in one post; the newest of many."""
    threads = access.find_threads(viewer)
    found = _split(words)
    if not found:
        return threads.none()
    posts = access.find_posts(viewer).filter(_match("post", "source", found))
    numbers = set(posts.values_list("thread_id", flat=True))
    numbers.update(threads.filter(_match("thread", "title", found)).values_list("id", flat=True))
    return threads.filter(id__in=numbers)


def find_similar(viewer: Viewer, title: str, concepts: list[str], limit: int = 5) -> list[Thread]:
    """Threads whose title asks what a title asks, the likeliest first.

    The search narrows to the newest about the same concepts and the titles with the rarest of the
    words; then each title is compared. One about the same concept may ask for something else.
    """
    threads = access.list_threads(viewer)
    ids = _rank_titles(get_question_ranker().find_telling_words(title)[:_MOST_TELLING])
    about: set[int] = set()
    if concepts:
        rows = ThreadConcept.objects.filter(concept__in=concepts).order_by("-thread_id")
        about = set(rows.values_list("thread_id", flat=True)[:_MOST_COMPARED])
    # Not in the order of lists: to keep to it, a database would walk through all threads.
    found = list(threads.filter(id__in={*ids, *about}).order_by())
    ranked = get_question_ranker().rank(title, [thread.title for thread in found])
    likely = [found[i] for i, score in ranked if score >= _LIKELY or found[i].pk in about]
    return likely[:limit]


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
