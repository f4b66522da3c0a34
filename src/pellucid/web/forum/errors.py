"""What the forum refuses, and says so in one line."""

from __future__ import annotations

from pellucid.errors import PellucidError


class Refused(PellucidError):
    """Not now, or not like this: a ban, a rate limit, a locked thread; the text is kept."""

    code = "refused"
