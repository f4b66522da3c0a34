"""``pellucid mcp``: the tools ask, read and show for assistants."""

from __future__ import annotations

import gc
from types import SimpleNamespace

from pellucid.app.engine import load


def run_mcp(options: SimpleNamespace) -> int:
    """Serve until the client goes, or the server is stopped."""
    from pellucid.mcp import parse_address, serve_http, serve_stdio

    gc.enable()  # unlike other commands, this one stays
    if options.http is None:
        serve_stdio(load(*options.pack))
    else:
        parse_address(options.http)  # said before packs are loaded
        serve_http(load(*options.pack), options.http)
    return 0
