"""The one call to Discourse's API: reply to a topic."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.client import HTTPException
from typing import IO, Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from pellucid.errors import InputError

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_TIMEOUT = 10.0  # seconds; Discourse itself waits 20 for the webhook
_MAX_RESPONSE = 1_000_000


class DeliveryError(Exception):
    """The reply was not taken; one line without what was sent."""


class _NoRedirects(HTTPRedirectHandler):
    """The key goes to the address of the settings and nowhere else."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> None:
        return None


class Client:
    """Posts as the user whom the key belongs to."""

    def __init__(self, url: str, key: str, user: str = "system") -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            raise InputError("PELLUCID_DISCOURSE_URL must begin with https://")
        self._url = url.rstrip("/")
        self._headers = {"Api-Key": key, "Api-Username": user, "Content-Type": "application/json"}
        self._opener = build_opener(_NoRedirects, ProxyHandler({}))

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Client | None:
        """The client of ``PELLUCID_DISCOURSE_URL`` and ``_KEY`` (and ``_USER``); None without."""
        url, key = (environment.get(f"PELLUCID_DISCOURSE_{name}") for name in ("URL", "KEY"))
        user = environment.get("PELLUCID_DISCOURSE_USER", "system")
        return cls(url, key, user) if url and key else None

    def post_reply(self, topic: int, text: str) -> int:
        """Reply to a topic (``POST /posts.json``); the number of the post.

        Raises
        ------
        DeliveryError
            If Discourse cannot be reached or does not take it.
        """
        body = json.dumps({"topic_id": topic, "raw": text}).encode("ascii")
        request = Request(f"{self._url}/posts.json", body, self._headers, method="POST")
        try:
            with self._opener.open(request, timeout=_TIMEOUT) as response:
                post = json.loads(response.read(_MAX_RESPONSE)).get("id")
        except HTTPError as error:
            error.close()
            raise DeliveryError(f"Discourse answered {error.code}") from None
        except (OSError, HTTPException):
            raise DeliveryError("Discourse cannot be reached") from None
        except (ValueError, AttributeError):
            raise DeliveryError("Discourse's answer is not understood") from None
        if not isinstance(post, int):
            raise DeliveryError("Discourse's answer names no post")
        return post
