"""The command line as a user meets it: a process, its output, its exit code."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Run


def check_refused(done, *words: str) -> None:
    """One line on standard error, exit code 2, nothing on standard output, no traceback."""
    assert done.returncode == 2, done
    assert done.stdout == b""
    lines = done.stderr.decode().splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("pellucid: ")
    for word in words:
        assert word in lines[0]


def test_ask_prints_an_answer_with_sources(run: Run) -> None:
    done = run("ask", "What does nodular calcification mean?")
    text = done.stdout.decode()
    assert done.returncode == 0
    assert done.stderr == b""
    assert text.startswith("Nodular calcification\n")
    assert "Sources" in text
    assert "not a diagnosis" in text
    assert "\x1b" not in text


def test_words_need_no_quotes(run: Run) -> None:
    assert (
        run("ask", "nodular", "calcification").stdout == run("ask", "nodular calcification").stdout
    )


def test_question_on_standard_input(run: Run) -> None:
    done = run("ask", "--json", stdin="was heißt “nodular calcification”?".encode())
    assert json.loads(done.stdout)["focus"][0]["concept"] == "nodular-calcification"


@pytest.mark.parametrize(
    ("stdin", "words"),
    [
        (b"", ["empty"]),
        (b"\x00\x01\x02\x03binary", ["binary"]),
        (b"\xff\xfe\xfa\xfb", ["UTF-8"]),
        (b"what is calcification? " * 50_000, ["20,000"]),
        ("\u202e\u200b".encode(), ["empty"]),
    ],
    ids=["empty", "binary", "not UTF-8", "1 MB", "only invisible characters"],
)
def test_bad_questions_get_one_line(run: Run, stdin: bytes, words: list[str]) -> None:
    check_refused(run("ask", stdin=stdin), *words)


@pytest.mark.parametrize(
    "stdin",
    [
        "😀🎉",
        "مرحبا ما هو التكلس",
        "что такое кальцификация",
        "\x1b[31mcalcification\x07",
        "?!?!?!",
        "a",
        "1" * 500,
    ],
)
def test_odd_questions_get_an_answer(run: Run, stdin: str) -> None:
    done = run("ask", stdin=stdin.encode())
    assert done.returncode == 0
    assert done.stderr == b""
    assert done.stdout


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["ask", "--section", "nonsense", "calcification"], "meaning"),
        (["ask", "--format", "docx", "calcification"], "docx"),
        (["ask", "--nonsense"], "--help"),
        (["nonsense"], "nonsense"),
        (["show", "zorblophy"], "zorblophy"),
        (["ask", "--batch", "/no/such/file"], "/no/such/file"),
        (["ask", "--batch", "x", "question"], "not both"),
        (["ask", "--pack", "/no/such/pack", "calcification"], "pack.yaml"),
        (["pack", "check", "/no/such/pack"], "pack.yaml"),
        (["show", "--section", "zorb", "calcification"], "meaning"),
    ],
)
def test_bad_usage_gets_one_line(run: Run, arguments: list[str], word: str) -> None:
    check_refused(run(*arguments), word)


def test_fail_sets_the_exit_code(run: Run) -> None:
    assert run("ask", "what is zorblophy").returncode == 0
    assert run("ask", "--fail", "what is zorblophy").returncode == 1
    assert run("ask", "--fail", "calcification").returncode == 0


def test_short_and_section(run: Run) -> None:
    short = json.loads(run("ask", "--json", "--short", "is nodular calcification serious").stdout)
    assert [s["key"] for s in short["sections"]] == ["serious", "meaning"]
    one = json.loads(run("ask", "--json", "--section", "found", "nodular calcification").stdout)
    assert {s["key"].partition(".")[0] for s in one["sections"]} == {"found"}
    assert set(one["sources"]) == {
        k for s in one["sections"] for st in s["statements"] for k in st["citations"]
    }


def test_batch_answers_line_by_line(run: Run, tmp_path: Path) -> None:
    rows = [
        '{"id": "a", "question": "calcification"}',
        "not json",
        '{"id": "c"}',
        "",
        '{"id": 4, "question": ""}',
        '{"question": "zorblophy"}',
        '"text"',
        "[" * 5000,
    ]
    file = tmp_path / "in.jsonl"
    file.write_text("\n".join(rows), encoding="utf-8")
    done = run("ask", "--batch", str(file))
    assert done.returncode == 0
    out = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["id"] for row in out] == ["a", 2, 3, 4, 6, 7, 8]
    assert out[0]["answer"]["status"] == "answered"
    assert out[1]["error"] == {"code": "input", "message": "line 2 is not JSON"}
    assert "question" in out[2]["error"]["message"]
    assert "empty" in out[3]["error"]["message"]
    assert out[4]["answer"]["status"] == "unknown"
    assert run("ask", "--fail", "--batch", str(file)).returncode == 1
    piped = run("ask", "--batch", "-", stdin=file.read_bytes())
    assert piped.stdout == done.stdout


def test_show_search_and_evidence(run: Run) -> None:
    page = run("show", "nodular calcification").stdout.decode()
    assert page.startswith("Nodular calcification")
    assert "Questions to ask" in page
    evidence = run("show", "--evidence", "nodular calcification").stdout.decode()
    assert "supported" in evidence
    assert "https://" in evidence
    assert "not checked" not in evidence
    found = run("search", "kidney", "stone").stdout.decode()
    assert "kidney-stone" in found
    assert run("search", "qqqq").returncode == 1


def test_help_has_examples_and_every_command(run: Run) -> None:
    text = run("--help").stdout.decode()
    for command in ("ask", "show", "search", "pack", "completion"):
        assert command in text
        assert "example" in run(command, "--help").stdout.decode() or command == "pack"
    assert "pellucid ask" in text
    assert run("ask", "--help").stdout.decode().startswith("usage: pellucid ask")


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_completion(run: Run, shell: str) -> None:
    done = run("completion", shell)
    assert done.returncode == 0
    assert b"pellucid" in done.stdout


def test_the_short_way_to_ask_has_the_parser_s_defaults() -> None:
    from pellucid.cli.main import read_options
    from pellucid.cli.options import build_parser

    arguments = ["ask", "nodular", "calcification"]
    assert vars(read_options(arguments)) == vars(build_parser().parse_args(arguments))


def test_version(run: Run) -> None:
    assert run("--version").stdout.decode().startswith("pellucid 0.")


def test_a_closed_pipe_is_no_error(run: Run) -> None:
    import subprocess
    import sys

    done = subprocess.run(
        f"{sys.executable} -m pellucid show calcification | head -n 1",
        shell=True,
        capture_output=True,
        check=False,
    )
    assert done.stderr == b""


def test_a_pack_of_ones_own_answers_behind_the_core(
    run: Run, make_pack: Callable[..., Path]
) -> None:
    pack = str(make_pack())
    answer = json.loads(run("ask", "--json", "--pack", pack, "what is a zorb").stdout)
    assert answer["focus"][0]["concept"] == "zorb"
    assert answer["sources"]["book"]["url"] == "https://example.org/zorbs"
    assert "supported" in run("show", "--evidence", "--pack", pack, "zorb").stdout.decode()


def test_nothing_typed_is_stored(run: Run, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    canary = "canaryxylophone77"
    run("ask", f"what is {canary} calcification", env={"PELLUCID_CACHE_DIR": str(cache)})
    for path in cache.rglob("*"):
        assert canary.encode() not in path.read_bytes()


def test_no_network_is_touched(run: Run, tmp_path: Path) -> None:
    """A process in which opening a socket is an error answers all the same."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "def refuse(event, args):\n"
        "    if event.startswith('socket.'):\n"
        "        raise RuntimeError('network: ' + event)\n"
        "sys.addaudithook(refuse)\n"
    )
    paths = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = run("ask", "what is zorblophy of the thyriod", env={"PYTHONPATH": paths})
    assert done.returncode == 0
    assert done.stderr == b""
