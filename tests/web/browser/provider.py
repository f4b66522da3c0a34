"""An OpenID Connect provider on this machine: oidc-provider-mock in a process of its own."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from pathlib import Path

_PATIENCE = 60  # seconds

#: Who has an account there, by the number that the provider gives them.
PEOPLE = {
    "1001": {"email": "olga@example.org", "email_verified": True, "name": "Olga Realname"},
    "1002": {"email": "unsure@example.org", "email_verified": False},
    "1003": {"email": "ben@example.org", "email_verified": True},  # a member's own address
    "1004": {"email": "another@example.org", "email_verified": True},
}


class Provider:
    """The provider; ``origin`` is another site than Pellucid's, as in life."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.origin = f"http://localhost:{port}"
        command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
        for number, claims in PEOPLE.items():
            command += ["--user-claims", json.dumps({"sub": number, **claims})]
        with (folder / "log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                assert self._process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < end
                time.sleep(0.05)

    def stop(self) -> None:
        """End it; what it knew is gone."""
        self._process.terminate()
        self._process.wait(30)
