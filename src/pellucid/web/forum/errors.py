"""What the forum refuses, and says so in one line."""

from __future__ import annotations

from pellucid.errors import PellucidError


class Refused(PellucidError):
    """Not now, or not like this: a ban, a rate limit, a locked thread; the text is kept."""

    code = "refused"


class TooFast(Refused):
    """More within an hour than the forum takes of one member; it can be tried again later."""

    code = "rate"

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds
