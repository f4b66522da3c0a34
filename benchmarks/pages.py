"""Every page of the site with 100,000 threads in the database: its size and how long it takes to render.

``python benchmarks/pages.py`` on SQLite, ``PELLUCID_DATABASE_URL=postgres://... python benchmarks/pages.py`` on an
empty PostgreSQL of this machine. The site is filled once and kept in ``--folder``; exits with 1 if a page is over a
limit. What counts is the processor's time, the site's and PostgreSQL's together: the wall clock, shown beside it, is the
same on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import time
from datetime import timedelta
from pathlib import Path

LARGEST = 150_000  # bytes
SLOWEST = 50.0  # ms
MEMBERS = 2_000
CHUNK = 5_000
REPORT = (
    "FINDINGS: A 6 mm nodule in the right upper lobe. No pleural effusion.\nIMPRESSION: Nodule."
)
WORDS = [
    "scan",
    "report",
    "doctor",
    "said",
    "small",
    "spot",
    "left",
    "right",
    "side",
    "pain",
    "cough",
    "week",
    "month",
    "years",
    "worried",
    "old",
    "new",
    "test",
    "blood",
    "surgery",
    "follow",
    "mother",
    "father",
    "dose",
    "contrast",
    "normal",
    "result",
    "letter",
    "clinic",
    "appointment",
    "waiting",
    "answer",
    "question",
    "image",
    "dense",
    "round",
    "tiny",
    "large",
    "stable",
    "change",
    "growth",
]
QUESTIONS = (
    "What does nodular calcification mean?",
    "Is a calcified granuloma dangerous?",
    "My calcium score is 212, is that bad?",
    "Can calcific tendinitis go away?",
    "What is nephrocalcinosis?",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=100_000)
    parser.add_argument("--folder", default="/var/tmp/pellucid-pages")
    parser.add_argument("--times", type=int, default=15, help="how often each page is rendered")
    options = parser.parse_args()
    os.environ["PELLUCID_DATA_DIR"] = options.folder
    os.environ["PELLUCID_HTTPS"] = "0"
    os.environ["PELLUCID_HOSTS"] = "testserver"
    os.environ["DJANGO_SETTINGS_MODULE"] = "pellucid.web.config.settings"
    Path(options.folder).mkdir(parents=True, exist_ok=True)

    import django

    django.setup()
    from django.core.management import call_command

    from pellucid.web.forum.models import Thread

    for command in ("migrate", "createcachetable"):
        call_command(command, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    if Thread.objects.count() < options.threads:
        fill(options.threads)
    sys.exit(measure(options.times))


def fill(count: int) -> None:
    """Threads with a question, an automatic answer, a concept, and two replies on average; a long one."""
    from django.db import connection
    from django.db.models import OuterRef, Subquery
    from django.db.models.functions import Mod
    from django.utils import timezone

    from pellucid.web.accounts.models import AuditEntry, User
    from pellucid.web.forum.drafting import draft_answer
    from pellucid.web.forum.models import (
        Bookmark,
        Category,
        Draft,
        Flag,
        Follow,
        Notification,
        Post,
        Revision,
        Thread,
        ThreadConcept,
        Vote,
    )
    from pellucid.web.forum.text import render_text

    start = time.monotonic()
    chance = random.Random(1)
    drafts = [draft_answer(question, "") for question in QUESTIONS]
    categories = list(Category.objects.all())
    User.objects.bulk_create(
        [User(username=f"member{n}", email=f"member{n}@example.org") for n in range(MEMBERS)]
    )
    User.objects.filter(username="member0").update(
        role="administrator", is_staff=True, is_superuser=True
    )
    members = list(User.objects.order_by("id"))
    now = timezone.now()
    for first in range(0, count, CHUNK):
        numbers = range(first, min(first + CHUNK, count))
        threads, texts = [], []
        for n in numbers:
            text = " ".join(chance.choices(WORDS, k=40))
            at = now - timedelta(minutes=count - n)
            replies = 300 if n == count // 2 else chance.choice((0, 1, 2, 2, 5))
            threads.append(
                Thread(
                    title=f"{QUESTIONS[n % 5]} {' '.join(chance.choices(WORDS, k=4))}",
                    slug=f"question-{n}",
                    category=categories[n % len(categories)],
                    author=members[chance.randrange(MEMBERS)],
                    created=at,
                    last_activity=at,
                    replies=replies,
                    urgent=n % 997 == 0,
                )
            )
            texts.append(text)
        Thread.objects.bulk_create(threads)
        posts = []
        for thread, text in zip(threads, texts, strict=True):
            html = render_text(text).html
            for position in range(thread.replies + 1):
                author = thread.author if position == 0 else members[chance.randrange(MEMBERS)]
                posts.append(
                    Post(
                        thread=thread,
                        author=author,
                        opening=position == 0,
                        source=text,
                        html=html,
                        created=thread.created,
                        state="held" if len(posts) % 499 == 7 else "visible",
                    )
                )
        Post.objects.bulk_create(posts)
        Draft.objects.bulk_create(
            Draft(
                thread=thread,
                answer=drafts[n % 5].answer
                if thread.replies == 300
                else {"notices": [], "focus": []},
                source=drafts[n % 5].source[:2000],
                html=drafts[n % 5].html,
                state="automatic" if n % 2 else "approved",
                created=thread.created,
            )
            for n, thread in zip(numbers, threads, strict=True)
        )
        ThreadConcept.objects.bulk_create(
            ThreadConcept(thread=thread, concept=concept, name=name)
            for n, thread in zip(numbers, threads, strict=True)
            for concept, name in drafts[n % 5].concepts[:1]
        )
        Vote.objects.bulk_create(
            Vote(member=members[(post.pk * 7) % MEMBERS], post=post) for post in posts[::3]
        )
        Follow.objects.bulk_create(Follow(member=t.author, thread=t) for t in threads)
        Bookmark.objects.bulk_create(Bookmark(member=members[0], thread=t) for t in threads[::50])
        Flag.objects.bulk_create(
            Flag(member=members[1], post=p, reason="spam") for p in posts[::1000]
        )
        Notification.objects.bulk_create(
            Notification(member=members[0], kind="reply", thread=t, actor=members[1])
            for t in threads[::5]
        )
        AuditEntry.objects.bulk_create(
            AuditEntry(actor=members[0], action="lock", target=f"thread:{t.pk}")
            for t in threads[::5]
        )
        print(
            f"\r{numbers[-1] + 1} threads, {time.monotonic() - start:.0f} s",
            end="",
            file=sys.stderr,
        )
    last = (
        Post.objects.filter(thread=OuterRef("pk"), opening=False).order_by("-id").values("pk")[:1]
    )
    Thread.objects.annotate(part=Mod("pk", 10)).filter(part=0, replies__gt=0).update(
        accepted=Subquery(last)
    )
    long = Post.objects.filter(thread__replies=300).first()
    for n in range(5):
        Revision.objects.create(post=long, editor=members[0], source=f"{WORDS[n]} before")
    Post.objects.filter(pk=long.pk).update(edited_at=now)
    print(file=sys.stderr)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def list_pages() -> list[tuple[str, str, str, dict[str, object]]]:
    """Who looks at what: viewer, name, address, and what is sent (or nothing)."""
    from django.urls import reverse

    from pellucid.web.accounts.models import User
    from pellucid.web.forum.models import Category, Post, Thread

    count = Thread.objects.count()
    category = Category.objects.get(slug="questions")
    short = Thread.objects.filter(replies=5).order_by("-id").first()
    long = Thread.objects.get(replies=300)
    late = Thread.objects.order_by("-last_activity")[count // 2]
    replies = Post.objects.filter(thread=long).order_by("id")
    busy = User.objects.get(username="member1")
    cursor = f"?before={late.last_activity.isoformat().replace('+', '%2B')}_{late.pk}"
    forum = reverse("forum:index")
    search = reverse("forum:search")
    edited = Post.objects.filter(edited_at__isnull=False).first()
    asked = {"title": QUESTIONS[0], "category": category.pk, "source": "", "token": "0" * 32}
    unknown = {**asked, "title": "My doctor said what this scan does mean"}
    anyone = [
        ("first page", "/"),
        ("an answer", "/?q=what+does+nodular+calcification+mean"),
        ("a concept", "/c/nephrocalcinosis"),
        ("a large concept", "/c/breast-calcification"),
        ("A-Z", "/c/"),
        ("a letter", "/letter/c"),
        ("a body part", "/body/lung"),
        ("search of terms", "/search?q=spots+on+lung"),
        ("read my report", "/read"),
        ("about", "/about"),
        ("sign in", "/accounts/login/"),
        ("forum", forum),
        ("forum, page in the middle", forum + cursor),
        ("category", category.get_absolute_url()),
        ("threads of a concept", reverse("forum:concept", args=["nephrocalcinosis"])),
        ("forum search, no words", search),
        ("forum search, words in half of all", f"{search}?q=scan"),
        ("forum search, two such words", f"{search}?q=scan+worried"),
        ("forum search, words of all titles", f"{search}?q=calcification&category=questions"),
        ("forum search, one of them answered", f"{search}?q=scan&answered=on"),
        ("forum search, found nowhere", f"{search}?q=zebrafish"),
        ("thread", short.get_absolute_url()),
        ("thread of 300 replies", long.get_absolute_url()),
        ("its last replies", f"{long.get_absolute_url()}?after={replies[270].pk}"),
        ("feed", reverse("forum:feed")),
        ("feed of a thread", reverse("forum:thread_feed", args=[long.pk])),
        ("a member", busy.get_absolute_url()),
    ]
    member = [
        ("forum", forum),
        ("thread of 300 replies", long.get_absolute_url()),
        ("forum search", f"{search}?q=scan"),
        ("ask", reverse("forum:new")),
        ("preferences", reverse("accounts:preferences")),
    ]
    staff = [
        ("thread of 300 replies", long.get_absolute_url()),
        ("notifications", reverse("accounts:notifications")),
        ("bookmarks", reverse("accounts:bookmarks")),
        ("answers to review", reverse("forum:review_queue")),
        ("a review", reverse("forum:review", args=[long.pk])),
        ("posts to look at", reverse("forum:moderation")),
        ("log", reverse("forum:audit")),
        ("tools of a thread", reverse("forum:tools", args=[long.pk])),
        ("history", reverse("forum:history", args=[edited.pk])),
        ("decide about a member", reverse("accounts:staff", args=[busy.username])),
        ("administration", reverse("admin:index")),
        ("administration, threads", reverse("admin:forum_thread_changelist")),
        ("administration, posts", reverse("admin:forum_post_changelist")),
    ]
    return [
        *(("anyone", name, path, {}) for name, path in anyone),
        ("anyone", "a report, read", "/read", {"text": REPORT}),
        *(("member", name, path, {}) for name, path in member),
        ("member", "preview of a question", reverse("forum:new"), {**asked, "step": "preview"}),
        (
            "member",
            "preview, similar by words",
            reverse("forum:new"),
            {**unknown, "step": "preview"},
        ),
        *(("staff", name, path, {}) for name, path in staff),
    ]


class Queries:
    """Counts what is asked of the database."""

    count = 0

    def __call__(self, run, *arguments):
        self.count += 1
        return run(*arguments)


def read_processor_time() -> float:
    """Seconds that this process and the database's for it have computed."""
    from django.db import connection

    if connection.vendor == "sqlite":
        return time.process_time()
    connection.ensure_connection()
    process = connection.connection.info.backend_pid
    return (
        time.process_time() + int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9
    )


def measure(times: int) -> int:
    """Print the table; how many pages are over a limit."""
    from django.db import connection
    from django.test import Client

    from pellucid.web.accounts.models import User

    clients = {"anyone": Client(), "member": Client(), "staff": Client()}
    for viewer, name in (("member", "member1"), ("staff", "member0")):
        user = User.objects.get(username=name)
        clients[viewer].force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    print(f"{connection.vendor}: {'page':<50} {'KB':>5} {'queries':>7} {'ms':>7} {'CPU ms':>7}")
    over = 0
    for viewer, name, path, sent in list_pages():
        client = clients[viewer]

        def load(client: Client = client, path: str = path, sent: dict[str, object] = sent):
            return client.post(path, sent) if sent else client.get(path)

        queries = Queries()
        with connection.execute_wrapper(queries):
            response = load()
        assert response.status_code == 200, (name, response.status_code)
        walls, busy = [], []
        for _ in range(times):
            wall, cpu = time.perf_counter(), read_processor_time()
            load()
            walls.append((time.perf_counter() - wall) * 1000)
            busy.append((read_processor_time() - cpu) * 1000)
        size, wall, cpu = len(response.content), statistics.median(walls), statistics.median(busy)
        slow = cpu > SLOWEST
        mark = " <-- too large" * (size > LARGEST) + " <-- too slow" * slow
        over += bool(mark)
        label = f"{viewer}: {name}"
        print(
            f"{label:<60} {size / 1000:5.0f} {queries.count:7} {wall:7.1f} {cpu:7.1f}{mark}",
            flush=True,
        )
    return over


if __name__ == "__main__":
    main()
