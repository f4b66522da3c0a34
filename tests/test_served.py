"""Packs on a PostgreSQL server answer as those in files do, and leave the built-in pages when it is away.

scripts/test-postgres starts the server, and runs this.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import pellucid
from conftest import Run
from pellucid.app import served
from pellucid.app.collections import Request, install
from pellucid.app.installed import list_names, remove
from pellucid.errors import PackStoreError

TERMS = {"licence": "CC-BY-4.0", "publisher": "Clinic of Blorb", "attribution": "By the writers"}
ROWS = [
    {"question": "What is blorbosis?", "focus": "Blorbosis", "question_type": "information",
     "synonyms": "blorb fever", "answer": "Blorbosis is a harmless stiffness of the blorb."},
    {"question": "How is blorbosis treated?", "focus": "Blorbosis", "question_type": "treatment",
     "answer": "Blorbosis is treated with warm baths.\n\nMost people need three baths a week."},
    {"question": "What are the treatments for gout?", "focus": "Gout", "question_type": "treatment",
     "answer": "Medicines against inflammation treat an attack of gout. Rest and ice help the joint."},
]  # fmt: skip
REPORT = "FINDINGS: No blorbosis. A 6 mm nodule in the right upper lobe."
QUESTION = "How is blorbosis treated?"


class Link:
    """A way to the server that can be cut: its socket under another name."""

    def __init__(self, folder: Path) -> None:
        from psycopg.conninfo import conninfo_to_dict, make_conninfo

        known = conninfo_to_dict(os.environ["PELLUCID_STORE_TEST"])
        name = f".s.PGSQL.{known.get('port') or 5432}"
        self._socket, self._link = Path(str(known["host"]), name), folder / name
        self.direct = make_conninfo(**known)
        self.address = make_conninfo(**{**known, "host": str(folder), "password": "zanzibar"})
        self.join()

    def join(self) -> None:
        self._link.symlink_to(self._socket)

    def cut(self) -> None:
        """No new connection comes through, and those that there are end."""
        import psycopg

        self._link.unlink()
        with psycopg.connect(self.direct) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )


@pytest.fixture
def link(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Link]:
    if not os.environ.get("PELLUCID_STORE_TEST"):
        pytest.skip("no server: scripts/test-postgres starts one and runs this")
    made = Link(tmp_path_factory.mktemp("s"))
    monkeypatch.setenv("PELLUCID_STORE", made.address)
    monkeypatch.setattr(served, "_FRESH", 0.0)
    yield made
    monkeypatch.setenv("PELLUCID_STORE", made.direct)
    for name in list_names():
        remove(name)


def write(tmp_path: Path, rows: list[dict[str, str]]) -> Path:
    path = tmp_path / "blorb.jsonl"
    lines = [json.dumps({"id": str(i), "url": "", **row}) for i, row in enumerate(rows)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def add(tmp_path: Path, rows: list[dict[str, str]] = ROWS) -> None:
    install(Request(str(write(tmp_path, rows)), terms=TERMS))


def get_quotes(answer: pellucid.Answer) -> list[str]:
    return [st.text for s in answer.sections if s.key == "quote" for st in s.statements]


def get_kinds(found: pellucid.Answer | pellucid.Reading) -> list[str]:
    return [notice.kind for notice in found.notices]


def test_ask_read_and_show_say_what_they_say_from_files(
    link, tmp_path, engine, monkeypatch
) -> None:
    questions = (
        QUESTION,
        "My aunt is 81 and has blorbossis. How is it treated?",
        "How is gout treated?",
        "what is blorb fever",
        "What does nodular calcification mean?",
        "How do I repair the brakes of my car?",
    )

    def tell() -> list[object]:
        return [*map(engine.ask, questions), engine.read(REPORT), engine.show("blorb fever")]

    add(tmp_path)
    from_server = tell()
    monkeypatch.delenv("PELLUCID_STORE")
    monkeypatch.setenv("PELLUCID_DATA_DIR", str(tmp_path / "data"))
    add(tmp_path)
    assert tell() == from_server
    assert get_quotes(from_server[0])[0] == "Blorbosis is treated with warm baths."
    assert "blorbosis" in {word.text for word in from_server[-2].words}


def test_a_pack_counts_from_the_next_question_on(link, tmp_path, engine) -> None:
    assert engine.ask(QUESTION).status == "unknown"
    add(tmp_path)
    assert "warm baths" in get_quotes(engine.ask(QUESTION))[0]
    remove("blorb")
    assert engine.ask(QUESTION).status == "unknown"


def test_a_pack_that_is_replaced_while_it_is_open_is_opened_anew(
    link, tmp_path, engine, monkeypatch
) -> None:
    add(tmp_path)
    monkeypatch.setattr(served, "_FRESH", 1e6)
    assert get_quotes(engine.ask(QUESTION))
    cold = [{**row, "answer": row["answer"].replace("warm", "cold")} for row in ROWS]
    add(tmp_path, cold)
    assert "cold baths" in get_quotes(engine.ask(QUESTION))[0]
    remove("blorb")
    answer = engine.ask(QUESTION)
    assert (answer.status, "unread" in get_kinds(answer)) == ("unknown", False)


def test_a_server_that_is_away_leaves_the_built_in_pages(link, tmp_path, engine) -> None:
    known = engine.ask("What does nodular calcification mean?")
    core = engine.read(REPORT)
    add(tmp_path)
    assert get_quotes(engine.ask(QUESTION))
    link.cut()
    assert engine.ask("What does nodular calcification mean?") == known
    for question in (QUESTION, "how is blorbossis treated", "How is gout treated?"):
        answer = engine.ask(question)
        assert not get_quotes(answer)
        assert "unread" in get_kinds(answer)
        assert get_kinds(answer)[-1] == "education"
    reading = engine.read(REPORT)
    assert (reading.findings, reading.words) == (core.findings, core.words)
    assert "unread" in get_kinds(reading)
    with pytest.raises(PackStoreError) as raised:
        engine.show("blorb fever")
    assert "zanzibar" not in str(raised.value)
    link.join()
    assert "warm baths" in get_quotes(engine.ask(QUESTION))[0]
    assert "unread" not in get_kinds(engine.read(REPORT))


@pytest.mark.parametrize(
    "address",
    [
        "zanzibar",
        "postgres://u:1/zanzibar@[",
        "postgres://u:zanzibar/x@h/d",
        "postgres://u:a@zanzibar@h/d",
    ],
)
def test_no_part_of_an_address_is_told(link, monkeypatch, address: str) -> None:
    monkeypatch.setenv("PELLUCID_STORE", address)
    with pytest.raises(PackStoreError) as raised:
        list_names()
    assert "zanzibar" not in str(raised.value)


def test_a_server_that_is_away_is_not_asked_each_time(link, engine, monkeypatch) -> None:
    monkeypatch.setattr(served, "_FRESH", 1e6)
    link.cut()
    assert "unread" in get_kinds(engine.ask(QUESTION))
    link.join()
    assert "unread" in get_kinds(engine.ask(QUESTION))  # within the time, it is taken as away
    served.get_server(link.address).forget()
    assert "unread" not in get_kinds(engine.ask(QUESTION))


def test_the_command_names_the_server(link, run: Run, tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("PELLUCID_STORE")
    path = write(tmp_path, ROWS)
    terms = [f"--{key}={value}" for key, value in TERMS.items()]
    added = run("pack", "add", str(path), "--store", link.address, *terms)
    assert added.returncode == 0, added.stderr
    assert b"zanzibar" not in added.stdout + added.stderr
    assert b"blorb" not in run("pack", "list").stdout
    assert b"blorb" in run("pack", "list", "--store", link.address).stdout
    assert b"blorb: whole" in run("pack", "check", "blorb", "--store", link.address).stdout
    monkeypatch.setenv("PELLUCID_STORE", link.address)
    assert b"warm baths" in run("ask", QUESTION).stdout
    assert b"stiffness" in run("show", "blorb fever").stdout
    link.cut()
    away = run("show", "blorb fever")
    assert (away.returncode, away.stderr.count(b"\n")) == (2, 1)
    assert b"zanzibar" not in away.stderr
