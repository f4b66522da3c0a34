"""``pellucid``: from the arguments to the exit code."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from types import SimpleNamespace

from pellucid.errors import PellucidError

#: What :mod:`pellucid.cli.options` gives for ``pellucid ask`` without an option.
ASK_DEFAULTS = {
    "version": False,
    "command": "ask",
    "batch": None,
    "section": None,
    "short": False,
    "rewrite": None,
    "rewrite_remote": False,
    "fail": False,
    "format": "text",
    "width": None,
}


def read_options(arguments: Sequence[str]) -> SimpleNamespace:
    """Read the arguments; exits with 2 and one line on bad usage.

    ``pellucid ask WORDS``, the call that is made most, needs no parser and is spared its import
    (docs/decisions/0002-fast-start.md).
    """
    if arguments[:1] == ["ask"] and not any(a.startswith("-") for a in arguments):
        return SimpleNamespace(question=list(arguments[1:]), pack=[], **ASK_DEFAULTS)
    from pellucid.cli.options import build_parser

    return SimpleNamespace(**vars(build_parser().parse_args(arguments)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    gc.disable()  # a command lives shorter than a collection would pay for
    options = read_options(sys.argv[1:] if arguments is None else arguments)
    try:
        return _run(options)
    except PellucidError as error:
        print(f"pellucid: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader has gone (as in `| head`): nothing is wrong, nothing is left to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    finally:
        gc.freeze()  # nor one at the end, when the system takes everything back anyhow


def _run(options: SimpleNamespace) -> int:
    if options.version:
        from pellucid import __version__

        print(f"pellucid {__version__}")
        return 0
    if options.command in (None, "completion"):
        from pellucid.cli.options import build_parser

        parser = build_parser()
        if options.command is None:
            parser.print_help()
            return 2
        import shtab

        print(shtab.complete(parser, options.shell))
        return 0
    if options.command == "pack":
        from pellucid.cli.pack import run_pack

        return run_pack(options)
    if options.command == "read":
        from pellucid.cli.read import run_read

        return run_read(options)
    if options.command == "mcp":
        from pellucid.cli.mcp import run_mcp

        return run_mcp(options)
    if options.command == "serve":
        from pellucid.cli.serve import run_serve

        return run_serve(options)
    if options.command in ("backup", "restore"):
        from pellucid.cli.site import run_backup, run_restore

        return {"backup": run_backup, "restore": run_restore}[options.command](options)
    from pellucid.cli.ask import run_ask, run_search, run_show

    return {"ask": run_ask, "show": run_show, "search": run_search}[options.command](options)
