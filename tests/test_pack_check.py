"""What an author is told: each error with its file and line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import CORE, Run
from pellucid.app.packs import check
from pellucid.knowledge.pack import get_statement_id

MakePack = Callable[..., Path]

HEAD = "---\nid: zorb\nname: Zorb\nkind: finding\n{extra}reviewed: 2026-01-01\n---\n\n"
GOOD = "## Meaning\n- A zorb is a small round spot. [@book]\n"


def concept(body: str = GOOD, extra: str = "") -> str:
    return HEAD.format(extra=extra) + body


def find(pack: Path, code: str) -> list[tuple[str, int]]:
    return [(p.path, p.line) for p in check(str(pack)).problems if p.code == code]


def test_a_sound_pack_has_no_errors(make_pack: MakePack) -> None:
    report = check(str(make_pack()))
    assert report.problems == ()
    assert (report.concepts, report.statements, report.sources) == (1, 1, 1)


@pytest.mark.parametrize(
    ("code", "line", "text"),
    [
        ("unknown-key", 5, concept(extra="colour: red\n")),
        ("missing-key", 1, "---\nid: zorb\nname: Zorb\n---\n" + GOOD),
        ("wrong-type", 5, concept(extra="synonyms: zorbs\n")),
        ("wrong-type", 5, concept(extra="lay: [no, yes]\n")),
        ("unknown-code-system", 5, concept(extra='codes: {icd9: ["1"]}\n')),
        ("unknown-kind", 4, concept().replace("kind: finding", "kind: thing")),
        ("bad-id", 2, concept().replace("id: zorb", "id: Zorb One")),
        ("front-matter", 1, GOOD),
        ("yaml", 5, concept(extra="lay: [a: b: c]\n")),
        ("duplicate-key", 5, concept(extra="name: Zorb\n")),
        ("missing-citation", 9, concept("## Meaning\n- A zorb is a small round spot.\n")),
        ("missing-citation", 9, concept("## Meaning\n- Cited. [@book] Not cited.\n")),
        ("bad-citation", 9, concept("## Meaning\n- A zorb is round. [@book, p. 3]\n")),
        ("unknown-source", 9, concept("## Meaning\n- A zorb is round. [@nowhere]\n")),
        ("no-verdict", 9, concept("## Meaning\n- A zorb is square. [@book]\n")),
        ("too-long", 9, concept("## Meaning\n- " + "word " * 36 + "[@book]\n")),
        (
            "too-hard",
            9,
            concept(
                "## Meaning\n- Multidisciplinary interdepartmental individualization necessitates comprehensive reconceptualization. [@book]\n"
            ),
        ),
        ("unknown-section", 8, concept("## Meanings\n- A zorb is round. [@book]\n")),
        (
            "section-order",
            11,
            concept("## Causes\n- Round. [@book]\n\n## Meaning\n- Round. [@book]\n"),
        ),
        ("missing-section", 1, concept(extra="depth: full\n")),
        ("missing-section", 1, concept("## Causes\n- Round. [@book]\n")),
        ("no-section", 8, concept("A zorb is round. [@book]\n")),
        ("unknown-id", 5, concept(extra="parents: [nowhere]\n")),
        ("parent-cycle", 5, concept(extra="parents: [zorb]\n")),
        ("empty-name", 5, concept(extra='lay: ["!!!"]\n')),
        ("stray-win", 5, concept(extra="wins: [zorb]\n")),
        ("bad-range", 5, concept(extra="ranges: [{from: 1, label: one}]\n")),
        (
            "missing-ranges",
            4,
            concept(extra="depth: full\n").replace("kind: finding", "kind: score"),
        ),
    ],
)
def test_each_error_of_a_concept_has_its_place(
    make_pack: MakePack, code: str, line: int, text: str
) -> None:
    pack = make_pack(**{"concepts__zorb.md": text})
    assert ("concepts/zorb.md", line) in find(pack, code)


def test_errors_of_sources_and_ledger(make_pack: MakePack) -> None:
    source = "book:\n  title: T\n  publisher: P\n  url: ftp://x\n  kind: textbook\n  licence: L\n  checked: 2026-01-01\nother:\n  title: T\n"
    pack = make_pack(**{"sources__main.yaml": source, "ledger__main.tsv": "abc\tbook\n"})
    assert find(pack, "bad-source") == [("sources/main.yaml", 1), ("sources/main.yaml", 8)]
    assert find(pack, "bad-ledger-row") == [("ledger/main.tsv", 1)]


def test_a_source_that_nobody_cites(make_pack: MakePack) -> None:
    text = "".join(
        f"{k}:\n  title: T\n  publisher: P\n  url: https://x.org\n  kind: study\n  licence: L\n  checked: 2026-01-01\n"
        for k in ("book", "spare")
    )
    assert find(make_pack(**{"sources__main.yaml": text}), "unused-source") == [
        ("sources/main.yaml", 8)
    ]


def test_refuted_and_half_supported_statements_are_errors(make_pack: MakePack) -> None:
    statement = get_statement_id("A zorb is a small round spot.")
    for verdict in ("not-found", "partly"):
        pack = make_pack(**{"ledger__main.tsv": f"{statement}\tbook\t2026-01-01\t{verdict}\n"})
        assert find(pack, "not-supported") == [("concepts/zorb.md", 9)]


def test_a_newer_verdict_counts(make_pack: MakePack) -> None:
    statement = get_statement_id("A zorb is a small round spot.")
    rows = f"{statement}\tbook\t2026-02-01\tsupported\n{statement}\tbook\t2026-01-01\tnot-found\n"
    assert check(str(make_pack(**{"ledger__main.tsv": rows}))).problems == ()


def test_two_concepts_with_one_name(make_pack: MakePack) -> None:
    other = concept().replace("id: zorb", "id: orb").replace("name: Zorb", "name: Zorbs")
    pack = make_pack(**{"concepts__orb.md": other})
    assert {path for path, _ in find(pack, "name-clash")} == {"concepts/orb.md", "concepts/zorb.md"}
    pack = make_pack(
        **{"concepts__orb.md": other, "concepts__zorb.md": concept(extra="wins: [zorb]\n")}
    )
    assert find(pack, "name-clash") == []


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ("reports", "statements:\n- {concept: nowhere, subjects: [zorb], says: [wide]}\n"),
        ("reports", "by_title: [nowhere]\n"),
        ("boundaries", "urgent: [zorb, nowhere]\n"),
        ("sections", "organs: {zorbs: nowhere}\n"),
    ],
)
def test_word_tables_name_concepts_that_are_there(
    make_pack: MakePack, table: str, text: str
) -> None:
    pack = make_pack(**{f"language__{table}.yaml": text})
    assert find(pack, "unknown-id") == [(f"language/{table}.yaml", 1)]


def test_a_longer_cycle_is_named(make_pack: MakePack) -> None:
    a = concept(extra="parents: [orb]\n")
    b = (
        concept(extra="parents: [zorb]\n")
        .replace("id: zorb", "id: orb")
        .replace("name: Zorb", "name: Orb")
    )
    pack = make_pack(**{"concepts__zorb.md": a, "concepts__orb.md": b})
    messages = [p.message for p in check(str(pack)).problems if p.code == "parent-cycle"]
    assert any("zorb" in m and "orb" in m for m in messages)


def test_two_concepts_of_the_same_parts(make_pack: MakePack) -> None:
    other = (
        concept(extra="head: calcification\nsite: lung\n")
        .replace("id: zorb", "id: orb")
        .replace("name: Zorb", "name: Orb")
    )
    pack = make_pack(
        **{
            "concepts__zorb.md": concept(extra="head: calcification\nsite: lung\n"),
            "concepts__orb.md": other,
        }
    )
    assert len(find(pack, "same-parts")) == 1


def test_files_that_are_not_text(make_pack: MakePack) -> None:
    pack = make_pack()
    (pack / "concepts" / "bad.md").write_bytes(b"\xff\xfe\x00")
    assert find(pack, "encoding") == [("concepts/bad.md", 1)]


def test_command_lists_errors_and_fails(run: Run, make_pack: MakePack) -> None:
    pack = make_pack(**{"concepts__zorb.md": concept("## Meaning\n- A zorb is square. [@book]\n")})
    done = run("pack", "check", str(pack))
    assert done.returncode == 1
    assert b"concepts/zorb.md:9: no-verdict:" in done.stdout
    review = run("pack", "review", str(pack))
    assert b"A zorb is square." in review.stdout
    assert run("pack", "check", str(make_pack(**{"concepts__zorb.md": concept()}))).returncode == 0


def test_readability_table(run: Run) -> None:
    table = run("pack", "check", "--readability", str(CORE)).stdout.decode()
    row = next(line for line in table.splitlines() if line.startswith("all "))
    assert float(row.split()[2]) <= 6.5
    assert float(row.split()[3]) <= 9.0


def test_ask_refuses_a_pack_that_would_lose_content(run: Run, make_pack: MakePack) -> None:
    pack = make_pack(**{"concepts__zorb.md": concept("## Meaning\n- A zorb is round.\n")})
    done = run("ask", "--pack", str(pack), "what is a zorb")
    assert done.returncode == 2
    assert b"concepts/zorb.md:9" in done.stderr
    assert len(done.stderr.splitlines()) == 1
