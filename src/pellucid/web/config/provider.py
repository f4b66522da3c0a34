"""Whose accounts people may sign in with, besides the site's own: an OpenID Connect provider."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from pellucid.errors import InputError

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def read_providers(environment: Mapping[str, str]) -> list[dict[str, Any]]:
    """Apps of allauth from ``PELLUCID_OIDC_URL``, ``_CLIENT``, ``_SECRET`` and ``_NAME``; none where no address is set.

    Raises
    ------
    InputError
        If the address is not TLS's (but on this machine), or the site's name or secret there is missing.
    """
    url = environment.get("PELLUCID_OIDC_URL", "").rstrip("/")
    if not url:
        return []
    address = urlsplit(url)
    here = address.scheme == "http" and address.hostname in _LOOPBACK
    if not (here or address.scheme == "https") or not address.hostname:
        raise InputError(f"PELLUCID_OIDC_URL is {url!r}; it must begin with https://")
    for name in ("PELLUCID_OIDC_CLIENT", "PELLUCID_OIDC_SECRET"):
        if not environment.get(name):
            raise InputError(f"PELLUCID_OIDC_URL is set and {name} is not; the provider gives both")
    # An account elsewhere is known by provider and number: another provider must never go by the same name.
    return [
        {
            "provider_id": re.sub("[^a-z0-9]+", "-", f"{address.netloc}{address.path}".lower()),
            "name": environment.get("PELLUCID_OIDC_NAME") or address.hostname,
            "client_id": environment["PELLUCID_OIDC_CLIENT"],
            "secret": environment["PELLUCID_OIDC_SECRET"],
            "settings": {
                "server_url": url,
                "scope": ["openid", "email"],  # not the name, nor the picture
                "oauth_pkce_enabled": True,
            },
        }
    ]
