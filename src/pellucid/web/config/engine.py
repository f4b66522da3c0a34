"""The one engine of a process, loaded at its first use."""

from __future__ import annotations

from functools import cache

import pellucid


@cache
def get_engine() -> pellucid.Engine:
    """The engine with the built-in pack."""
    return pellucid.load()
