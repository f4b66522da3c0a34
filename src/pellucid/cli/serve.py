"""``pellucid serve``: the whole site, from an empty folder to answering."""

from __future__ import annotations

import gc
import os
import signal
import sys
from types import SimpleNamespace
from typing import Any

from pellucid.cli.site import explain_failure, load_site
from pellucid.errors import InputError

_THREADS = 8
# Larger than any report that is taken: a body in memory is never put into a file on the way.
_MAX_BODY = 32 * 1024 * 1024
_MAX_CONNECTIONS = 500


def run_serve(options: SimpleNamespace) -> int:
    """Prepare the site and serve it until it is stopped."""
    if not 0 <= options.port <= 65535:
        raise InputError(f"there is no port {options.port}; use one from 1 to 65535")
    # Nobody listens between a browser and a server on one machine, unless a proxy stands between them.
    alone = is_loopback(options.host) and os.environ.get("PELLUCID_PROXIES", "0") == "0"
    os.environ.setdefault("PELLUCID_HTTPS", "0" if alone else "1")
    if options.port:  # mail says where the site is; a port that the system picks is not known yet
        os.environ.setdefault("PELLUCID_URL", get_origin(options.host, options.port))
    if options.host not in ("0.0.0.0", "::"):
        os.environ.setdefault("PELLUCID_HOSTS", f"localhost,127.0.0.1,[::1],{options.host}")
    load_site()
    from django.core.wsgi import get_wsgi_application
    from waitress.server import create_server

    gc.enable()  # a server lives longer than a command
    setup_path = _prepare_site(options.demo)
    try:
        # Built now and not before: it looks once at which static files there are.
        server = create_server(
            get_wsgi_application(), host=options.host, port=options.port, **get_server_settings()
        )
    except OSError as error:
        reason = error.strerror or "no such address"
        raise InputError(
            f"cannot listen on {options.host} port {options.port}: {reason}; try another --port"
        ) from None
    _announce(options.host, get_port(server, options.port), setup_path)
    signal.signal(signal.SIGTERM, _stop)
    server.run()
    return 0


def _prepare_site(demo: bool) -> str | None:
    """Bring the database and static files up to date; the path of the link for an administrator."""
    from django.core.management import call_command

    from pellucid.web.backup.site import finish_restore
    from pellucid.web.pages.catalogue import get_catalogue
    from pellucid.web.pages.setup import make_setup_path

    with explain_failure():
        finish_restore()
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        if demo:
            call_command("make_demo")
        setup_path = make_setup_path()
    get_catalogue()  # and with it the engine: the first reader need not wait for them
    return setup_path


def get_server_settings() -> dict[str, Any]:
    """Settings of waitress: threads, limits, and whose word on TLS is taken."""
    settings: dict[str, Any] = {
        "threads": _THREADS,
        "ident": None,
        "connection_limit": _MAX_CONNECTIONS,
        "max_request_body_size": _MAX_BODY,
        # Reports are read in memory: neither they nor their pages may pass through a file.
        "inbuf_overflow": _MAX_BODY + 1,
        "outbuf_overflow": _MAX_BODY + 1,
    }
    if os.environ.get("PELLUCID_HTTPS") != "0":
        settings["trusted_proxy"] = os.environ.get("PELLUCID_PROXY", "127.0.0.1")
        settings["trusted_proxy_headers"] = {"x-forwarded-for", "x-forwarded-proto"}
    return settings


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this machine only."""
    if host == "localhost":
        return True
    from ipaddress import ip_address

    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def get_port(server: Any, asked: int) -> int:
    """The port that is listened on: of several sockets (IPv4 and IPv6), the first one's."""
    port: int = getattr(server, "effective_port", None) or next(
        (int(pair[1]) for pair in getattr(server, "effective_listen", ())), asked
    )
    return port


def get_origin(host: str, port: int) -> str:
    """Where people reach the site: this machine's address, or its name behind a proxy with TLS."""
    shown = f"[{host}]" if ":" in host and not host.startswith("[") else host
    if os.environ.get("PELLUCID_HTTPS") == "0":
        return f"http://{shown}:{port}"
    public = os.environ.get("PELLUCID_HOSTS", "").split(",")[0].strip()
    return f"https://{public or shown}"


def _announce(host: str, port: int, setup_path: str | None) -> None:
    origin = get_origin(host, port)
    if os.environ.get("PELLUCID_HTTPS") != "0":
        print(f"Listening on {host} port {port}; a proxy with TLS must stand in front.")
        if not os.environ.get("PELLUCID_HOSTS"):
            print("Set PELLUCID_HOSTS to the site's name, or it answers on this machine only.")
    print(f"Pellucid is at {origin}/")
    if setup_path:
        print("The site has no administrator yet. This link makes one; it works once, for a day:")
        print(f"  {origin}{setup_path}")
    print("Stop with Ctrl-C.", flush=True)


def _stop(*_: object) -> None:
    sys.exit(0)
