"""Many readers and writers on one site for a while: no error, no post lost or doubled, and how long they wait.

``python benchmarks/load.py`` (200 readers, 20 writers, 3 minutes, SQLite); with ``PELLUCID_DATABASE_URL`` on an empty
PostgreSQL database there, and ``--processes 2`` then puts a second server beside the first. Locust makes the members;
each reads or posts every two to four seconds. Exits with 1 if anything is wrong.
"""

from locust import FastHttpUser, between, task  # isort: skip  # first: it makes threads and sockets its own
import argparse
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import gevent
from locust.env import Environment

PAGES = {
    "an answer": "/?q=what+does+nodular+calcification+mean",
    "a concept": "/c/nephrocalcinosis",
    "forum": "/forum/",
    "category": "/forum/category/questions/",
    "forum search": "/forum/search/?q=scan",
    "feed": "/forum/feed/",
}
THREADS = 50
CSRF = "k" * 32  # in the cookie and the form: any letters that are the same in both
PREPARE = """
import json, sys, uuid, django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0); call_command("createcachetable")
from django.test import Client
from pellucid.web.accounts.models import User
from pellucid.web.forum.models import Category
from pellucid.web.forum.actions.posting import post_thread
keys = []
for n in range(int(sys.argv[1])):  # moderators may post as often as they like
    member = User.objects.create_user(f"writer{n}", f"writer{n}@example.org", role="moderator")
    client = Client()
    client.force_login(member, backend="django.contrib.auth.backends.ModelBackend")
    keys.append(client.cookies["sessionid"].value)
questions = Category.objects.get(slug="questions")
ask = lambda n: post_thread(member, questions, f"What did the scan show? {n}", "", uuid.uuid4()).pk
print(json.dumps([keys, [ask(n) for n in range(int(sys.argv[2]))]]))
"""
COUNT = """
import json, django; django.setup()
from pellucid.web.forum.models import Post, Thread
print(json.dumps([list(Post.objects.filter(opening=False).values_list("source", flat=True)),
                  sum(Thread.objects.values_list("replies", flat=True))]))
"""

sessions: list[str] = []
threads: list[int] = []
acknowledged: list[str] = []
origins: list[str] = []


class Reader(FastHttpUser):
    """Someone without an account."""

    wait_time = between(2, 4)
    host = "http://127.0.0.1"

    def on_start(self) -> None:
        self.origin = origins[random.randrange(len(origins))]
        # As a proxy with TLS tells it: the limits of one address are not those of all.
        self.sent = {
            "X-Forwarded-For": f"2001:db8:{random.randrange(65_536):x}::1",
            "X-Forwarded-Proto": "https",
            "Referer": self.origin.replace("http:", "https:"),
        }

    @task
    def read(self) -> None:
        name, path = random.choice([*PAGES.items(), ("thread", "")])
        self.client.get(
            self.origin + (path or f"/forum/thread/{random.choice(threads)}/"),
            headers=self.sent,
            name=name,
        )


class Writer(Reader):
    """A member: half of the forms are sent twice, as an impatient finger does."""

    def on_start(self) -> None:
        super().on_start()
        self.session = sessions.pop()

    @task
    def read(self) -> None:
        source, token = f"reply {uuid4()}", str(uuid4())
        path = f"/forum/thread/{random.choice(threads)}/reply/"
        form = {"csrfmiddlewaretoken": CSRF, "source": source, "token": token, "step": "post"}
        sent = {"Cookie": f"csrftoken={CSRF}; sessionid={self.session}", **self.sent}
        for _ in range(random.choice((1, 2))):
            with self.client.post(
                self.origin + path,
                form,
                headers=sent,
                name="a reply",
                allow_redirects=False,
                catch_response=True,
            ) as response:
                if response.status_code != 302:
                    response.failure(f"status {response.status_code}")
                elif source not in acknowledged[-20:]:
                    acknowledged.append(source)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=200)
    parser.add_argument("--writers", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=180)
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        environment = os.environ | {
            "PELLUCID_DATA_DIR": folder,
            "PELLUCID_SECRET_KEY": "k" * 50,
            "PELLUCID_PROXIES": "1",
            "DJANGO_SETTINGS_MODULE": "pellucid.web.config.settings",
        }
        keys, made = run(PREPARE, environment, options.writers, THREADS)
        sessions.extend(keys)
        threads.extend(made)
        servers = [Server(Path(folder), n, environment) for n in range(options.processes)]
        for server in servers:
            stack.callback(server.stop)
        origins.extend(server.origin for server in servers)
        stats = load(options)
        said = "".join(server.log.read_text() for server in servers)
        posts, counted = run(COUNT, environment)
    kept = Counter(posts)
    database = "PostgreSQL" if os.environ.get("PELLUCID_DATABASE_URL") else "SQLite"
    print(f"{database}, {options.processes} server process(es), {options.seconds} s:", end=" ")
    print(f"{options.readers} readers, {options.writers} writers")
    for entry in (*sorted(stats.entries.values(), key=lambda e: e.name), stats.total):
        p50, p95 = (entry.get_response_time_percentile(p) for p in (0.5, 0.95))
        rate = entry.num_requests / options.seconds
        print(
            f"  {entry.name:<14} {entry.num_requests:6} {rate:6.1f}/s  p50 {p50:5} ms  p95 {p95:5} ms"
        )
    wrong = {
        "errors": stats.total.num_failures,
        "lost": len(set(acknowledged) - set(kept)),
        "doubled": kept.total() - len(kept),
        "miscounted": counted - kept.total(),
        "tracebacks": said.count("Traceback"),
    }
    print(f"  {len(set(acknowledged))} replies acknowledged, {kept.total()} kept; {wrong}")
    for error in stats.errors.values():
        print(f"  {error.occurrences} times {error.error}")
    sys.exit(1 if any(wrong.values()) or not acknowledged else 0)


def load(options: argparse.Namespace):
    """Let readers and writers at the site; what locust counted."""
    Reader.fixed_count, Writer.fixed_count = options.readers, options.writers
    environment = Environment(user_classes=[Reader, Writer])
    runner = environment.create_local_runner()
    runner.start(options.readers + options.writers, spawn_rate=50)
    gevent.spawn_later(options.seconds, runner.quit)
    runner.greenlet.join()
    return environment.stats


class Server:
    """One process of the site."""

    def __init__(self, folder: Path, number: int, environment: dict[str, str]) -> None:
        self.log = folder / f"server{number}.log"
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.origin = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "pellucid", "serve", "--port", str(port)]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        while "Stop with" not in (printed := self.log.read_text()):
            if self.process.poll() is not None:
                sys.exit(printed)
            gevent.sleep(0.1)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


def run(code: str, environment: dict[str, str], *arguments: object) -> list:
    """What some code prints as JSON, with the site's settings."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


if __name__ == "__main__":
    main()
