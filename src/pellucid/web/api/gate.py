"""Who may call an interface, and how often."""

from __future__ import annotations

import time
from ipaddress import ip_address, ip_network

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from ninja.security.base import SecuritySchema

from pellucid.web.accounts.access import Viewer
from pellucid.web.api.access import find_token
from pellucid.web.api.actions import count_request, note_use
from pellucid.web.api.models import ApiToken
from pellucid.web.api.problems import Problem

_WINDOW = 60
#: Requests a minute from one address without a token; ``API_LIMITS`` of the settings changes them.
LIMITS = {"ask": 60, "read": 20, "concepts": 120, "threads:read": 120, "threads:write": 20}
#: So many times more with a token.
TOKEN_FACTOR = 10


class Gate:
    """Lets a request in: the scope of its token, if it has one, and its rate.

    It stands where django-ninja asks for authentication, before any of the body is read. Who calls
    is the owner of the token, or nobody; never the session of a browser.
    """

    openapi_security_schema = SecuritySchema(type="http", scheme="bearer")

    def __init__(self, scope: str) -> None:
        self._scope = scope

    def __call__(self, request: HttpRequest) -> Viewer:
        """Admit the request and say who calls, or raise what is wrong with it."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise Problem(413, "too-large", "the request is larger than is read here")
        secret = get_secret(request)
        if secret is None:
            self._count(f"address {get_place(request)}", 1)
            return self._admit_anyone()
        token = find_token(secret)
        if token is None:
            # Guesses count as requests of their address.
            self._count(f"address {get_place(request)}", 1)
            raise Problem(
                401,
                "token",
                "the token is wrong, has expired or was revoked",
                {"WWW-Authenticate": 'Bearer error="invalid_token"'},
            )
        if self._scope not in token.scopes:
            challenge = f'Bearer error="insufficient_scope", scope="{self._scope}"'
            detail = f"the token does not have the scope '{self._scope}'"
            raise Problem(403, "scope", detail, {"WWW-Authenticate": challenge})
        self._count(f"token {token.pk}", TOKEN_FACTOR)
        note_use(token)
        return token.owner

    def _admit_anyone(self) -> Viewer:
        return AnonymousUser()

    def _count(self, place: str, factor: int) -> None:
        limits = {**LIMITS, **getattr(settings, "API_LIMITS", {})}
        limit = limits[self._scope] * factor
        now = time.time()
        # An address is personal: what is kept cannot be turned back into it.
        key = salted_hmac("pellucid.web.api.gate", f"{self._scope} {place}", algorithm="sha256")
        if count_request(key.hexdigest(), int(now // _WINDOW)) > limit:
            wait = _WINDOW - int(now % _WINDOW)
            detail = f"more than {limit} requests a minute; try again in {wait} seconds"
            raise Problem(429, "rate", detail, {"Retry-After": str(wait)})


class MemberGate(Gate):
    """A gate for what only members do: without a token nothing goes through."""

    def _admit_anyone(self) -> Viewer:
        detail = f"this needs a token with the scope '{self._scope}'"
        raise Problem(401, "token", detail, {"WWW-Authenticate": "Bearer"})


def get_secret(request: HttpRequest) -> str | None:
    """The bearer token of a request, if it brings one."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else None


def get_place(request: HttpRequest) -> str:
    """Where a request comes from: an IPv4 address, or the /64 that one IPv6 household has.

    The proxies that may name another address are those of ``ALLAUTH_TRUSTED_PROXY_COUNT``.
    """
    address = ip_address(get_adapter().get_client_ip(request))
    return str(ip_network((address, 64), strict=False) if address.version == 6 else address)


def may_read_metrics(request: HttpRequest) -> bool:
    """From this machine itself, not through a proxy on it; or with a token for metrics."""
    if secret := get_secret(request):
        token = find_token(secret)
        return token is not None and ApiToken.Scope.METRICS in token.scopes
    forwarded = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")
    if any(name in request.META for name in forwarded):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
