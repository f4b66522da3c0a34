"""Real processes for tests: a PostgreSQL of one's own, a site on a database, its servers."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

INSTALL_POSTGRES = "needs PostgreSQL: apt-get install -y postgresql"
# Of a form and its cookie: any 32 letters that are the same in both.
_CSRF = "k" * 32
_SETUP = "import django, json; django.setup(); "


def find_postgres() -> Path | None:
    """The folder of the newest PostgreSQL server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    path = found[-1] if found else shutil.which("initdb")
    return Path(path).parent if path else None


class Postgres:
    """A cluster that listens on a socket in a folder of its own."""

    def __init__(self) -> None:
        programs = find_postgres()
        assert programs is not None
        self._programs = programs
        self.folder = Path(tempfile.mkdtemp(prefix="pellucid-pg-"))
        self._prefix: list[str] = []
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self._prefix = ["runuser", "-u", "postgres", "--"]
        self._run("initdb", "-D", f"{self.folder}/db", "-U", "pellucid", "-A", "trust")
        self.start()

    def start(self) -> None:
        options = f"-c listen_addresses= -c unix_socket_directories={self.folder}"
        log = f"{self.folder}/log"
        self._run("pg_ctl", "-D", f"{self.folder}/db", "-l", log, "-w", "-o", options, "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", f"{self.folder}/db", "-m", "immediate", "-w", "stop")

    def make_database(self) -> str:
        """A new database's address."""
        name = f"site_{uuid4().hex[:8]}"
        self._run("createdb", "-h", str(self.folder), "-U", "pellucid", name)
        return f"postgres://pellucid@/{name}?host={self.folder}"

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._prefix, str(self._programs / program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)
        assert done.returncode == 0, done.stdout + done.stderr


class Site:
    """A site in a folder: commands on it, and servers of it."""

    def __init__(self, folder: Path, database: str = "", **environment: str) -> None:
        self.folder = folder
        dropped = ("DJANGO_SETTINGS_MODULE", "PELLUCID_HTTPS", "PELLUCID_DATABASE_URL")
        self.environment = {k: v for k, v in os.environ.items() if k not in dropped}
        self.environment |= {
            "PELLUCID_DATA_DIR": str(folder),
            "PELLUCID_DATABASE_URL": database,
            "DJANGO_SETTINGS_MODULE": "pellucid.web.config.settings",
            "PYTHONUNBUFFERED": "1",
            **environment,
        }

    def command(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run ``pellucid`` with some arguments."""
        return self._run(["-m", "pellucid", *arguments], environment)

    def python(self, code: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run some code with Django loaded."""
        return self._run(["-c", _SETUP + code], environment)

    def ask(self, expression: str, imports: str = "") -> object:
        """The value of an expression in the site's process, by way of JSON."""
        done = self.python(f"{imports}\nprint(json.dumps({expression}))")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def make_members(self, count: int, threads: int = 1) -> tuple[list[str], list[int]]:
        """Moderators who are signed in, as their session keys; and threads to reply to."""
        code = f"""
from django.test import Client
from pellucid.web.accounts.models import User
from pellucid.web.forum.models import Category
from pellucid.web.forum.actions.posting import post_thread
from uuid import uuid4
members = [User.objects.create_user(f"mod{{n}}-{{uuid4().hex[:6]}}", f"{{uuid4().hex}}@example.org", role="moderator") for n in range({count})]
keys = []
for member in members:
    client = Client()
    client.force_login(member, backend="django.contrib.auth.backends.ModelBackend")
    keys.append(client.cookies["sessionid"].value)
category = Category.objects.first()
threads = [post_thread(members[0], category, f"What does this word mean? {{n}}", "", uuid4()).pk for n in range({threads})]
print(json.dumps([keys, threads]))
"""
        done = self.python(code)
        assert done.returncode == 0, done.stderr
        keys, made = json.loads(done.stdout.splitlines()[-1])
        return keys, made

    @contextmanager
    def serve(self, port: int = 0, **options: object) -> Iterator[Server]:
        """A server of the site, stopped at the end."""
        server = Server(self, port, **options)
        try:
            yield server
        finally:
            server.stop()

    def _run(
        self, arguments: list[str], environment: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


class Server:
    """One process of ``pellucid serve``."""

    def __init__(self, site: Site, port: int = 0, **options: object) -> None:
        self.log = site.folder.with_name(f"{site.folder.name}-{uuid4().hex[:6]}.log")
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "pellucid", "serve", "--port", str(port)],
                stdout=log,
                stderr=log,
                env=site.environment,
                **options,  # type: ignore[call-overload]
            )
        until = time.monotonic() + 120
        while "Stop with" not in (printed := self.log.read_text()):
            assert self.process.poll() is None, printed
            assert time.monotonic() < until, printed
            time.sleep(0.05)
        line = next(x for x in printed.splitlines() if x.startswith("Pellucid is at"))
        self.port = urlsplit(line.split()[-1]).port or port  # behind TLS its own is not told
        self._browsers: list[Browser] = []

    def stop(self) -> None:
        for browser in self._browsers:
            browser.close()
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)

    def kill(self) -> None:
        """As a power cut does, for the process."""
        self.process.kill()
        self.process.wait(30)

    def get(self, path: str, session: str = "", **headers: str) -> Reply:
        return self.browse(session).send("GET", path, headers=headers)

    def post(self, path: str, session: str = "", **fields: object) -> Reply:
        return self.browse(session).post(path, **fields)

    def browse(self, session: str = "") -> Browser:
        """A connection that ends with the server."""
        self._browsers.append(Browser(self.port, session))
        return self._browsers[-1]


class Reply:
    """A response that was read."""

    def __init__(self, response: HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.text = response.read().decode()


class Browser:
    """One connection that is kept, with a session."""

    def __init__(self, port: int, session: str = "") -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies = f"csrftoken={_CSRF}" + (f"; sessionid={session}" if session else "")

    def post(self, path: str, **fields: object) -> Reply:
        """Send a form."""
        body = urlencode({"csrfmiddlewaretoken": _CSRF, **fields})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.send("POST", path, body, headers)

    def send(
        self, method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None
    ) -> Reply:
        sent = {"Cookie": self.cookies, **(headers or {})}
        try:
            self._connection.request(method, path, body, sent)
            return Reply(self._connection.getresponse())
        except (OSError, HTTPException):
            self.close()
            raise

    def close(self) -> None:
        self._connection.close()
