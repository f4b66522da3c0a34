"""Running a site: real servers, killed and starved; two on one database; backups; a fresh start."""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from .servers import INSTALL_POSTGRES, Browser, Postgres, Server, Site, find_postgres

POSTS = "list(Post.objects.filter(opening=False).values_list('source', flat=True))"
MODELS = "from pellucid.web.forum.models import *; from pellucid.web.accounts.models import *"
POST_COUNT = int(os.environ.get("PELLUCID_TEST_POSTS", "1000"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    if find_postgres() is None:
        pytest.skip(INSTALL_POSTGRES)
    cluster = Postgres()
    yield cluster
    cluster.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Site:
    """A site that is prepared, without a server, on each database."""
    on_postgres = request.param == "postgresql"
    url = request.getfixturevalue("postgres").make_database() if on_postgres else ""
    return prepare(Site(tmp_path / "site", url))


@pytest.fixture
def lone_site(tmp_path: Path) -> Site:
    """The same on SQLite only."""
    return prepare(Site(tmp_path / "site"))


def prepare(site: Site) -> Site:
    migrate = "call_command('migrate', verbosity=0); call_command('createcachetable')"
    done = site.python(f"from django.core.management import call_command; {migrate}")
    assert done.returncode == 0, done.stderr
    return site


# Killed -------------------------------------------------------------------------------------


class Writers:
    """Members who reply at once; what was acknowledged is noted, what was not is sent again."""

    def __init__(self, sessions: list[str], threads: list[int], count: int) -> None:
        self._sessions = sessions
        self._threads = threads
        self.waiting = {f"reply {n}": str(uuid4()) for n in range(count)}
        self.acknowledged: set[str] = set()
        self._lock = threading.Lock()

    def write(self, server: Server) -> None:
        """Send what waits, from all members at once, until all is sent or the server is gone."""
        with ThreadPoolExecutor(len(self._sessions)) as pool:
            for number, session in enumerate(self._sessions):
                share = [
                    w
                    for w in self.waiting.items()
                    if int(w[0].split()[1]) % len(self._sessions) == number
                ]
                pool.submit(self._write_share, server.browse(session), share)

    def _write_share(self, browser: Browser, share: list[tuple[str, str]]) -> None:
        for number, (source, token) in enumerate(share):
            thread = self._threads[number % len(self._threads)]
            try:
                reply = browser.post(
                    f"/forum/thread/{thread}/reply/", source=source, token=token, step="post"
                )
            except (OSError, HTTPException):
                return  # the server is gone: this one may be kept or not
            if reply.status == 302:
                with self._lock:
                    self.acknowledged.add(source)
                    del self.waiting[source]


def test_a_server_that_is_killed_keeps_what_it_acknowledged_and_doubles_nothing(site: Site) -> None:
    sessions, threads = site.make_members(4, threads=10)
    writers = Writers(sessions, threads, POST_COUNT)
    with site.serve() as server, ThreadPoolExecutor(1) as pool:
        writing = pool.submit(writers.write, server)
        while len(writers.acknowledged) < POST_COUNT // 2 and not writing.done():
            time.sleep(0.001)
        server.kill()
        writing.result()
    before = set(writers.acknowledged)
    assert POST_COUNT // 2 <= len(before) < POST_COUNT
    with site.serve() as again:
        kept = Counter(site.ask(POSTS, MODELS))
        assert before <= set(kept)
        assert max(kept.values()) == 1
        # A browser that got no answer sends its form again: the same members, the same tokens.
        writers.write(again)
    assert not writers.waiting
    kept = Counter(site.ask(POSTS, MODELS))
    assert len(kept) == kept.total() == POST_COUNT
    counted = site.ask("sum(Thread.objects.values_list('replies', flat=True))", MODELS)
    assert counted == POST_COUNT


# The database away, the disk full ---------------------------------------------------------------


def test_a_database_that_is_away_is_a_clear_page_and_comes_back_by_itself(
    postgres: Postgres, tmp_path: Path
) -> None:
    site = prepare(Site(tmp_path / "site", postgres.make_database()))
    (session,), (thread,) = site.make_members(1)
    form = {"source": "Once only", "token": str(uuid4()), "step": "post"}
    with site.serve() as server:
        assert server.get("/forum/", session).status == 200
        postgres.stop()
        try:
            for reply in (
                server.get("/forum/"),
                server.get("/", session),
                server.post(f"/forum/thread/{thread}/reply/", session, **form),
            ):
                assert reply.status == 503
                assert "cannot reach what it keeps" in reply.text
                assert int(reply.headers["Retry-After"]) > 0
                assert "psycopg" not in reply.text
            problem = server.get("/api/v1/concepts")
            assert problem.status == 503
            assert problem.headers["Content-Type"] == "application/problem+json"
            assert json.loads(problem.text)["code"] == "unavailable"
            # What needs no database is still there.
            assert server.get("/?q=nephrocalcinosis").status == 200
            assert server.get("/c/nephrocalcinosis").status == 200
            assert server.get("/healthz").status == 200
            assert server.get("/readyz").status == 503
        finally:
            postgres.start()
        assert server.get("/readyz").status == 200
        assert server.get("/forum/", session).status == 200
        for _ in range(2):
            assert server.post(f"/forum/thread/{thread}/reply/", session, **form).status == 302
        assert server.process.poll() is None
    assert site.ask(POSTS, MODELS) == ["Once only"]
    assert "Once only" not in server.log.read_text()


def test_a_full_disk_is_a_clear_page_and_nothing_is_damaged(lone_site: Site) -> None:
    """Files that may not grow: what the system says then is what it says of a full disk."""
    (session,), (thread,) = lone_site.make_members(1)
    path = f"/forum/thread/{thread}/reply/"
    words = "one two three four five six seven eight nine ten " * 300
    most = sum(f.stat().st_size for f in lone_site.folder.glob("site.sqlite3*")) + 2_000_000

    def may_not_grow() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    kept = []
    with lone_site.serve(preexec_fn=may_not_grow) as server:
        for number in range(500):
            form = {"source": f"{number} {words}", "token": str(uuid4()), "step": "post"}
            reply = server.post(path, session, **form)
            if reply.status != 302:
                break
            kept.append(form["source"].strip())
        assert reply.status == 503
        assert "has no room" in reply.text
        assert server.get("/forum/").status == 200
        assert server.process.poll() is None
    assert len(kept) > 5
    with lone_site.serve() as server:
        assert server.post(path, session, **form).status == 302
    assert lone_site.ask(POSTS, MODELS) == [*kept, form["source"].strip()]
    sql = "from django.db import connection; c = connection.cursor(); c.execute('PRAGMA integrity_check')"
    assert lone_site.ask("c.fetchall()", sql) == [["ok"]]


# Two servers ------------------------------------------------------------------------------------


def test_a_proxy_on_this_machine_is_believed(tmp_path: Path) -> None:
    """Readers behind it are counted apart, and who comes without TLS is sent to it."""
    site = prepare(Site(tmp_path / "site", PELLUCID_PROXIES="1"))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with site.serve(port) as server:
        browser = server.browse()
        statuses = Counter()
        for number in range(70):  # of one address 60 are let in
            sent = {"X-Forwarded-For": f"192.0.2.{number}", "X-Forwarded-Proto": "https"}
            statuses[browser.send("GET", "/?q=nephrocalcinosis", headers=sent).status] += 1
        assert statuses == {200: 70}
        plain = browser.send("GET", "/about", headers={**sent, "X-Forwarded-Proto": "http"})
        assert (plain.status, plain.headers["Location"][:8]) == (301, "https://")


def test_two_servers_share_one_database(postgres: Postgres, tmp_path: Path) -> None:
    """Members who are signed in, texts not yet sent, forms sent twice, limits: one site, not two."""
    url = postgres.make_database()
    key = {"PELLUCID_SECRET_KEY": "k" * 50}
    one = prepare(Site(tmp_path / "one", url, **key))
    other = Site(tmp_path / "other", url, **key)
    (session,), (thread,) = one.make_members(1)
    path = f"/forum/thread/{thread}/reply/"
    with one.serve() as first, other.serve() as second:
        both = [server.browse(session) for server in (first, second)]
        assert all("Sign out" in b.send("GET", "/").text for b in both)
        # What is refused is kept by one, and shown again by the other.
        kept = "A text that is not sent yet"
        both[0].post(path, source=kept, token="no token", step="post")
        assert kept in both[1].send("GET", path).text
        # A form that reaches both at the same moment posts once.
        for number in range(10):
            form = {"source": f"At once {number}", "token": str(uuid4()), "step": "post"}
            with ThreadPoolExecutor(2) as pool:
                done = [pool.submit(b.post, path, **form) for b in both]
            assert [d.result().status for d in done] == [302, 302]
        assert sorted(one.ask(POSTS, MODELS)) == [f"At once {n}" for n in range(10)]
        # Eighty requests to each are forty too many for both.
        statuses = [
            (first, second)[n % 2].get("/api/v1/concepts/granuloma").status for n in range(160)
        ]
        assert Counter(statuses) == {200: 120, 429: 40}
        # Wrong passwords count wherever they are tried.
        wrong = {"login": "nobody@example.org", "password": "wrong"}
        tries = [(first, second)[n % 2].post("/accounts/login/", **wrong).text for n in range(12)]
        assert "Too many failed login attempts" in tries[-1]
        # Signed out at one is signed out at the other.
        assert both[0].post("/accounts/logout/").status == 302
        assert "Sign out" not in both[1].send("GET", "/").text


# Backups ------------------------------------------------------------------------------------------


STATE = "[sorted(User.objects.values_list('username', flat=True)), " + POSTS + "]"


def get_state(site: Site) -> tuple[object, bytes]:
    """Members, posts, and a key: what a restore must give back together."""
    return site.ask(STATE, MODELS), (site.folder / "report-key").read_bytes()


@pytest.fixture
def saved(site: Site, tmp_path: Path) -> tuple[Site, Path, Any]:
    """A site with members and a key, its backup, and its state then; changed since."""
    site.make_members(1)
    (site.folder / "report-key").write_bytes(b"\x00key of saved reports\xff")
    done = site.command("backup", str(tmp_path / "backup"))
    assert done.returncode == 0, done.stderr
    state = get_state(site)
    change(site)
    return site, tmp_path / "backup", state


def change(site: Site) -> Any:
    """Another member and another key."""
    site.make_members(1)
    (site.folder / "report-key").write_bytes(uuid4().bytes)
    return get_state(site)


def test_a_backup_brings_the_site_back(
    saved: tuple[Site, Path, Any], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    site, backup, state = saved
    assert backup.stat().st_mode & 0o777 == 0o600
    changed = get_state(site)
    assert changed != state
    refused = site.command("restore", str(backup))
    assert refused.returncode == 2
    assert "--force" in refused.stderr
    assert get_state(site) == changed
    with site.serve() as server:  # a reader sees the old site or the new one
        done = site.command("restore", "--force", str(backup))
        assert done.returncode == 0, done.stderr
        assert server.get("/forum/").status == 200
        assert server.get("/readyz").status == 200
    assert get_state(site) == state
    # On a new machine, from nothing.
    url = site.environment["PELLUCID_DATABASE_URL"]
    new_url = request.getfixturevalue("postgres").make_database() if url else ""
    new = Site(tmp_path / "new", new_url)
    done = new.command("restore", str(backup))
    assert done.returncode == 0, done.stderr
    assert get_state(new) == state
    key = (new.folder / "secret-key").read_text()
    assert key == (site.folder / "secret-key").read_text()


# Where a kill can fall, and whether the restore was decided by then.
DEATHS = {
    "site.unpack_archive = lambda *a: die()": False,
    "rename = os.rename; os.rename = lambda a, b: (rename(a, b), die())": True,
    "site.put_files = lambda *a: die()": True,
    "site.load_database = lambda *a: die()": True,
    "load = site.load_database; site.load_database = lambda *a: (load(*a), die())": True,
    "site.call_command = lambda *a, **k: die()": True,
}
FINISH = "from pellucid.web.backup.site import finish_restore; finish_restore()"


def test_a_restore_that_is_killed_leaves_the_old_site_or_the_new_one(
    saved: tuple[Site, Path, Any],
) -> None:
    site, backup, state = saved
    for death, decided in DEATHS.items():
        changed = change(site)
        done = site.python(
            "import os, pathlib, signal\nfrom pellucid.web.backup import site\n"
            "def die(): os.kill(os.getpid(), signal.SIGKILL)\n"
            f"{death}\nsite.restore_backup(pathlib.Path({str(backup)!r}), force=True)"
        )
        assert done.returncode == -9, done.stderr
        assert site.python(FINISH).returncode == 0  # as the next start does
        assert get_state(site) == (state if decided else changed), death
        assert not (site.folder / "restoring").exists()


def test_a_restore_that_is_killed_at_any_time_leaves_one_site(
    saved: tuple[Site, Path, Any],
) -> None:
    site, backup, state = saved
    changed = get_state(site)
    start = time.monotonic()
    site.command("restore", str(backup))  # refused: as long as a start takes
    whole = time.monotonic() - start
    for part in (0.5, 0.8, 1.0, 1.1, 1.2, 1.4):
        process = subprocess.Popen(
            [sys.executable, "-m", "pellucid", "restore", "--force", str(backup)],
            env=site.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(part * whole)
        process.kill()
        process.wait()
        assert site.python(FINISH).returncode == 0
        assert get_state(site) in (changed, state)


@pytest.mark.parametrize("harm", ["cut", "flipped", "other", "empty"])
def test_a_damaged_backup_changes_nothing(lone_site: Site, tmp_path: Path, harm: str) -> None:
    backup = tmp_path / "backup"
    lone_site.make_members(1)
    assert lone_site.command("backup", str(backup)).returncode == 0
    content = bytearray(backup.read_bytes())
    middle = len(content) // 2
    if harm == "flipped":
        content[middle] ^= 0xFF
    harmed = {
        "cut": content[:middle],
        "flipped": content,
        "other": b"PK\x03\x04 of something else",
        "empty": b"",
    }[harm]
    backup.write_bytes(harmed)
    before = lone_site.ask(STATE, MODELS)
    done = lone_site.command("restore", "--force", str(backup))
    assert done.returncode == 2
    assert "damaged" in done.stderr
    assert done.stderr.count("\n") == 1
    assert lone_site.ask(STATE, MODELS) == before
    assert not (lone_site.folder / "restore.new").exists()


def test_a_backup_of_another_database_or_a_newer_program_is_refused(
    lone_site: Site, tmp_path: Path, postgres: Postgres
) -> None:
    backup = tmp_path / "backup"
    assert lone_site.command("backup", str(backup)).returncode == 0
    other = Site(tmp_path / "other", postgres.make_database())
    done = other.command("restore", str(backup))
    assert done.returncode == 2
    assert "the backup is of sqlite" in done.stderr
    newer = tmp_path / "newer"
    code = "from pellucid.web.backup import site; known = site.list_migrations; "
    code += "site.list_migrations = lambda: [*known(), 'forum.9999_future']; "
    code += f"import pathlib; site.make_backup(pathlib.Path({str(newer)!r}))"
    assert lone_site.python(code).returncode == 0
    done = lone_site.command("restore", "--force", str(newer))
    assert done.returncode == 2
    assert "forum.9999_future" in done.stderr


def test_a_backup_goes_to_a_new_file_elsewhere(lone_site: Site, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine")
    for path in (taken, lone_site.folder / "backup", tmp_path / "no" / "folder"):
        done = lone_site.command("backup", str(path))
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1
    assert taken.read_text() == "mine"
    empty = Site(tmp_path / "empty")
    done = empty.command("backup", str(tmp_path / "backup"))
    assert done.returncode == 2
    assert "there is no site yet" in done.stderr


def test_a_backup_without_room_leaves_no_half_file(lone_site: Site, tmp_path: Path) -> None:
    code = "import resource, pathlib; resource.setrlimit(resource.RLIMIT_FSIZE, (90_000, 90_000))\n"
    code += "from pellucid.cli.main import main; raise SystemExit(main(['backup', %r]))"
    folder = tmp_path / "backups"
    folder.mkdir()
    done = lone_site.python(code % str(folder / "backup"))
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("pellucid: ")
    assert not list(folder.iterdir())


# A fresh start ----------------------------------------------------------------------------------


def test_the_documented_settings_pass_djangos_check(tmp_path: Path) -> None:
    production = {"PELLUCID_HOSTS": "ask.example.org", "PELLUCID_PROXIES": "1"}
    site = Site(tmp_path / "site", **production)
    code = "from django.core.management import call_command; "
    code += "call_command('check', deploy=True, fail_level='WARNING')"
    done = site.python(code)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout
