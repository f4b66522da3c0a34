"""Pellucid for assistants: an MCP server with the tools ask, read and show (docs/api.md).

It needs the extra ``mcp``: ``pip install 'pellucid[mcp]'``. Nothing is stored or sent on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Annotated

from pellucid.app.engine import Engine
from pellucid.app.render import render, render_reading
from pellucid.errors import InputError, MissingExtraError, PellucidError
from pellucid.values.answer import Answer

try:
    from mcp.server.mcpserver import MCPServer
    from mcp.server.mcpserver.exceptions import ToolError
    from mcp.server.transport_security import TransportSecuritySettings
    from mcp_types import CallToolResult, TextContent, ToolAnnotations
    from pydantic import Field
except ImportError as error:
    raise MissingExtraError("an MCP server needs mcp: pip install 'pellucid[mcp]'") from error

_INSTRUCTIONS = """Plain answers about radiology findings for patients, each statement with its
source. Keep the sources and the notices when you pass an answer on; an emergency notice comes
first. What has no answer here is not to be filled in from memory as if it had."""
_MAX_BODY = 8 * 1024 * 1024  # of a report in JSON, where a character may take six bytes
_TOOL = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)


def build_server(engine: Engine) -> MCPServer[object]:
    """Build the server over an engine."""
    from pellucid import __version__

    # Below this level the SDK logs failed calls with what was asked.
    server = MCPServer[object](
        "pellucid", instructions=_INSTRUCTIONS, version=__version__, log_level="WARNING"
    )

    @server.tool(annotations=_TOOL)
    def ask(
        question: Annotated[str, Field(description="The question, in the person's own words.")],
    ) -> CallToolResult:
        """Answer a question about a finding of an X-ray, CT, MRI or ultrasound, with sources."""
        with _say_errors():
            return _give_answer(engine.ask(_clean(question)))

    @server.tool(annotations=_TOOL)
    def read(
        report: Annotated[str, Field(description="The whole text of the report, unchanged.")],
    ) -> CallToolResult:
        """Read a radiology report: what was found, what was not, what is uncertain, explained."""
        with _say_errors():
            reading = engine.read(_clean(report))
            return _give(render_reading(reading, "markdown"), render_reading(reading, "json"))

    @server.tool(annotations=_TOOL)
    def show(
        concept: Annotated[str, Field(description="The id or any name of a concept.")],
    ) -> CallToolResult:
        """Show all that is known about one finding, body part, scan or word of a report."""
        with _say_errors():
            return _give_answer(engine.show(_clean(concept)))

    return server


def serve_stdio(engine: Engine) -> None:
    """Serve the program that started this one, until it closes standard input."""
    build_server(engine).run("stdio")


def serve_http(engine: Engine, address: str) -> None:
    """Serve streamable HTTP at ``http://HOST:PORT/mcp``, until stopped.

    Raises
    ------
    InputError
        If the address is not HOST:PORT.
    """
    host, port = parse_address(address)
    shown = f"[{host}]" if ":" in host else host
    names = {shown, "localhost"} if _is_loopback(host) else {shown}
    # A page of another site must not reach a server on this machine by a name of its own.
    security = TransportSecuritySettings(
        allowed_hosts=sorted(f"{name}:{port}" for name in names),
        allowed_origins=sorted(f"http://{name}:{port}" for name in names),
    )
    build_server(engine).run(
        "streamable-http",
        host=host,
        port=port,
        stateless_http=True,
        json_response=True,
        max_request_body_size=_MAX_BODY,
        transport_security=security,
    )


def parse_address(address: str) -> tuple[str, int]:
    """Host and port of ``HOST:PORT``; an IPv6 address stands in brackets.

    Raises
    ------
    InputError
        If it is something else, or names every address of the machine.
    """
    host, _, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not (port.isascii() and port.isdecimal()) or not 0 < int(port) < 65536:
        raise InputError(
            f"'{address[:80]}' is not HOST:PORT; try: pellucid mcp --http 127.0.0.1:8765"
        )
    if host in ("0.0.0.0", "::"):
        raise InputError("name the one address to listen on; for others put a proxy in front")
    return host, int(port)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def _say_errors() -> Iterator[None]:
    """An error of ours is told to the assistant in its one line."""
    try:
        yield
    except PellucidError as error:
        raise ToolError(str(error)) from None


def _give_answer(answer: Answer) -> CallToolResult:
    return _give(render(answer, "markdown"), render(answer, "json"))


def _give(markdown: str, structured: str) -> CallToolResult:
    """The same twice: to be read, and as the documented JSON."""
    return CallToolResult(
        content=[TextContent(type="text", text=markdown)],
        structured_content=json.loads(structured),
    )


def _clean(text: str) -> str:
    # Half a surrogate pair can come in by an escape; it could not go out. Places stay the same.
    return text.encode("utf-8", "replace").decode("utf-8")
