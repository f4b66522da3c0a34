"""The MCP server, with the official client: in the process, over stdio, over loopback HTTP."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from conftest import SCHEMAS, Run
from pellucid import Engine, InputError, render, render_reading

pytest.importorskip("mcp", reason="the MCP server needs the extra 'mcp'")

import anyio
from mcp import Client, StdioServerParameters

from pellucid.mcp import build_server, parse_address

REPORT = "FINDINGS: There is a 6 mm calcified granuloma. No pleural effusion."
PROTOCOLS = ("auto", "legacy")


def check(name: str, value: object) -> None:
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(value)


async def use_tools(server: object, mode: str, engine: Engine) -> None:
    """What a client does, whatever the way to the server."""
    async with Client(server, mode=mode, read_timeout_seconds=60) as client:
        tools = (await client.list_tools()).tools
        assert [t.name for t in tools] == ["ask", "read", "show"]
        for tool in tools:
            assert tool.description
            assert tool.annotations is not None
            assert tool.annotations.read_only_hint
            assert len(tool.input_schema["required"]) == 1

        answer = engine.ask("What is a granuloma?")
        result = await client.call_tool("ask", {"question": "What is a granuloma?"})
        assert not result.is_error
        assert result.content[0].text == render(answer, "markdown")
        assert result.structured_content == json.loads(render(answer, "json"))
        check("answer", result.structured_content)

        result = await client.call_tool("read", {"report": REPORT})
        assert result.structured_content == json.loads(render_reading(engine.read(REPORT), "json"))
        check("reading", result.structured_content)

        result = await client.call_tool("show", {"concept": "eggshell calcification"})
        assert result.structured_content["focus"][0]["concept"] == "eggshell-calcification"

        for name, arguments, says in (
            ("ask", {"question": " "}, "the question is empty"),
            ("read", {"report": ""}, "the report is empty"),
            ("show", {"concept": "florbled"}, "nothing is known as 'florbled'"),
            ("ask", {}, "question"),
        ):
            result = await client.call_tool(name, arguments)
            assert result.is_error
            assert says in result.content[0].text


@pytest.mark.parametrize("mode", PROTOCOLS)
def test_tools_in_the_process(engine: Engine, mode: str) -> None:
    anyio.run(use_tools, build_server(engine), mode, engine)


def test_half_a_character_does_not_stop_the_server(engine: Engine) -> None:
    async def call() -> None:
        async with Client(build_server(engine)) as client:
            result = await client.call_tool("read", {"report": REPORT + " \ud800"})
            assert not result.is_error
            assert result.structured_content["report"]["text"] == REPORT + " ?"

    anyio.run(call)


@pytest.mark.parametrize("mode", PROTOCOLS)
def test_tools_over_stdio(engine: Engine, mode: str, tmp_path: Path) -> None:
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "pellucid", "mcp"], env=dict(os.environ)
    )
    anyio.run(use_tools, server, mode, engine)


@pytest.fixture
def http_server(engine: Engine) -> Iterator[str]:
    """``pellucid mcp --http`` at a free port of this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "pellucid", "mcp", "--http", f"127.0.0.1:{port}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        end = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert process.poll() is None, process.stderr.read()
                assert time.monotonic() < end, "the server did not start"
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    # Nothing of what was asked is in what the server says.
    assert b"granuloma" not in out + err
    assert b"florbled" not in out + err
    assert b"Traceback" not in err


def test_tools_over_http(engine: Engine, http_server: str) -> None:
    for mode in PROTOCOLS:
        anyio.run(use_tools, http_server, mode, engine)


@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example.org"}, {"Origin": "https://evil.example.org"}]
)
def test_another_site_cannot_reach_it_through_a_browser(
    http_server: str, headers: dict[str, str]
) -> None:
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    accept = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    request = urllib.request.Request(
        http_server, json.dumps(call).encode(), {**accept, **headers}, method="POST"
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)
    refused.value.close()
    assert refused.value.code in (403, 421)


def test_addresses() -> None:
    assert parse_address("127.0.0.1:80") == ("127.0.0.1", 80)
    assert parse_address("[::1]:8765") == ("::1", 8765)
    assert parse_address("localhost:1") == ("localhost", 1)
    for wrong in ("", "8765", ":8765", "a:", "a:0", "a:65536", "a:x", "0.0.0.0:80", "[::]:80"):
        with pytest.raises(InputError):
            parse_address(wrong)


def test_a_wrong_address_is_one_line(run: Run) -> None:
    done = run("mcp", "--http", "nowhere")
    assert done.returncode == 2
    assert done.stderr.startswith(b"pellucid: 'nowhere' is not HOST:PORT")
    assert done.stderr.count(b"\n") == 1
