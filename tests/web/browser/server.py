"""A site of its own for a browser: ``pellucid serve`` in an empty folder, as a user starts it.

Nothing is reached behind the site's back: the administrator comes by the printed link, members sign
up, and mail is what the server prints where no mail server is set.
"""

from __future__ import annotations

import base64
import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
import zlib
from pathlib import Path

_HERE = Path(__file__).parent
_PATIENCE = 120  # seconds: the first start compiles the pack


class SiteServer:
    """``pellucid serve`` on a free port of this machine; all that it writes lies in one folder."""

    def __init__(self, folder: Path, **said: str) -> None:
        self._folder = folder
        self._data = folder / "data"
        self.database = self._data / "site.sqlite3"
        self.log = folder / "log"
        (folder / "tmp").mkdir()
        environment = {k: v for k, v in os.environ.items() if not k.startswith("DJANGO_")}
        for name in ("DATABASE_URL", "HOSTS", "HTTPS", "DEBUG", "EMAIL_URL", "SITE_NAME", "URL"):
            environment.pop(f"PELLUCID_{name}", None)
        with socket.create_server(("127.0.0.1", 0)) as listening:
            port = listening.getsockname()[1]  # free now: mail needs to know it before the start
        environment |= said
        environment |= {
            "DJANGO_SETTINGS_MODULE": "site_settings",
            "PELLUCID_DATA_DIR": str(self._data),
            "PYTHONPATH": os.pathsep.join(filter(None, [str(_HERE), os.environ.get("PYTHONPATH")])),
            "PYTHONUNBUFFERED": "1",
            "TMPDIR": str(folder / "tmp"),
        }
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "pellucid", "serve", "--port", str(port)],
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.origin = self.find_printed(r"Pellucid is at (http://\S+)/")
        self.setup_page = ""
        self.setup_link = self.find_printed(r"(http://\S+/setup/\S+)")

    def find_printed(self, pattern: str, after: int = 0) -> str:
        """The last match's first group in what was printed since ``after``; waits for it."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end and self._process.poll() is None:
            if found := re.findall(pattern, self.log.read_text("utf-8", "replace")[after:]):
                return str(found[-1])
            time.sleep(0.05)
        raise AssertionError(f"not printed: {pattern}\n{self.log.read_text('utf-8', 'replace')}")

    def get_mark(self) -> int:
        """Where the next printed words will stand."""
        return len(self.log.read_text("utf-8", "replace"))

    def find_kept(self, words: bytes) -> list[str]:
        """Where the site keeps these words: its files (database, log, temporary ones), its sessions."""
        files = [p for p in self._folder.rglob("*") if p.is_file()]
        found = [p.name for p in files if words in p.read_bytes()]
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True) as database:
            rows = database.execute("SELECT session_data FROM django_session").fetchall()
        database.close()
        return found + ["a session" for (data,) in rows if words in _read_session(data)]

    def lose_report_keys(self) -> None:
        """Lose the keys of saved reports, as an operator may who puts back a backup without them."""
        (self._data / "report-keys").unlink()

    def stop(self) -> None:
        """Stop as Ctrl-C does."""
        self._process.terminate()
        self._process.wait(30)


def _read_session(data: str) -> bytes:
    """What a session says: signed, mostly compressed."""
    text = data.lstrip(".").split(":")[0]
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return zlib.decompress(raw) if data.startswith(".") else raw
