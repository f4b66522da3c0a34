"""How often one reader may have the program at work; who asks more often waits, and loses nothing."""

from __future__ import annotations

import time
from typing import Literal

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from pellucid.errors import PellucidError
from pellucid.web.accounts.models import User
from pellucid.web.api.gate import get_place

Use = Literal["ask", "read", "similar"]

_WINDOW = 60
cache = caches["local"]
#: Uses a minute of one member, or of one address; ``SITE_LIMITS`` of the settings changes them.
LIMITS: dict[Use, int] = {"ask": 60, "read": 20, "similar": 120}


class TooOftenError(PellucidError):
    """Too many uses within a minute; ``wait`` is how many seconds are left of it."""

    code = "too-often"

    def __init__(self, wait: int) -> None:
        self.wait = wait
        super().__init__(
            "That was very often within one minute. Nothing is lost: what you typed is below."
            f" Please send it again in {wait} seconds."
        )


def count_use(request: HttpRequest, use: Use) -> None:
    """Count one use.

    Raises
    ------
    TooOftenError
        If it is one too many for this minute.
    """
    limit = {**LIMITS, **getattr(settings, "SITE_LIMITS", {})}[use]
    now = int(time.time())
    # Counted are members, else addresses; neither can be read from what is kept.
    user = request.user
    place = f"member {user.pk}" if isinstance(user, User) else get_place(request)
    key = salted_hmac(__name__, f"{use} {place} {now // _WINDOW}", algorithm="sha256").hexdigest()
    cache.add(key, 0, _WINDOW * 2)
    try:
        count = cache.incr(key)
    except ValueError:  # forgotten between the two
        return
    if count > limit:
        raise TooOftenError(_WINDOW - now % _WINDOW)
