"""Rules of the house, each with its check (ARCHITECTURE.md)."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import pellucid
from conftest import CORE, ROOT
from pellucid import errors

SOURCE = ROOT / "src" / "pellucid"
MODULES = sorted(SOURCE.rglob("*.py"))


def test_public_names_are_those_promised() -> None:
    visible = {
        n
        for n in vars(pellucid)
        if not n.startswith("_") and not inspect.ismodule(getattr(pellucid, n))
    }
    assert visible == set(pellucid.__all__)
    assert sorted(pellucid.__all__) == pellucid.__all__


def test_public_names_are_documented() -> None:
    for name in pellucid.__all__:
        assert inspect.getdoc(getattr(pellucid, name)), name
    for name, member in inspect.getmembers(pellucid.Engine):
        if not name.startswith("_"):
            assert inspect.getdoc(member), name


def test_errors_have_one_tree_and_their_own_codes() -> None:
    classes = [c for c in vars(errors).values() if inspect.isclass(c)]
    assert all(issubclass(c, errors.PellucidError) for c in classes)
    assert len({c.code for c in classes}) == len(classes)
    for c in classes:
        assert c.__name__ in (errors.__doc__ or "")


@pytest.mark.parametrize("path", MODULES, ids=[str(p.relative_to(SOURCE)) for p in MODULES])
def test_modules_stay_small(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    limit = 200 if path.parent.name == "app" else 400
    assert lines <= limit, f"{lines} lines"


def test_rooms_keep_apart() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--config",
            str(ROOT / "pyproject.toml"),
        ],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def find_texts(path: Path) -> list[str]:
    """Strings of a module that are not documentation, and its names."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documentation = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    texts = [
        n.value
        for n in ast.walk(tree)
        if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in documentation
    ]
    texts += [n.id for n in ast.walk(tree) if isinstance(n, ast.Name)]
    texts += [n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef)]
    return texts


def find_medical_words() -> set[str]:
    """Single-word names of findings, illnesses and body parts of the built-in pack."""
    words = set()
    for path in (CORE / "concepts").rglob("*.md"):
        meta = yaml.safe_load(path.read_text(encoding="utf-8").split("---")[1])
        if meta["kind"] in ("finding", "entity", "site", "pattern", "type"):
            words |= {
                n.lower()
                for n in [meta["name"], *(meta.get("synonyms") or [])]
                if re.fullmatch(r"[A-Za-z]{5,}", n)
            }
    return words


def test_medical_words_live_in_data() -> None:
    # Words of the help texts' examples, and English words that also name something.
    allowed = {
        "plate",
        "joint",
        "chest",
        "spine",
        "heart",
        "cancer",
        "finding",
        "stable",
        "aorta",
        "orbit",
        "colon",
    }
    words = find_medical_words() - allowed
    assert len(words) > 200
    for path in MODULES:
        if path.parent.name == "cli":
            continue
        for text in find_texts(path):
            found = (
                words & set(re.findall(r"[a-z]+", text.lower()))
                if "try: pellucid" not in text
                else set()
            )
            assert not found, f"{path.name}: {found} in {text!r}"


def test_the_vocabulary_lint_sees_a_medical_word(tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text('"""Docs may say calcification."""\nHEAD = "calcification"\n')
    assert "calcification" in find_medical_words()
    assert find_texts(bad) == ["calcification", "HEAD"]


def test_documents_name_what_exists() -> None:
    for name in (
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "docs/authoring.md",
        "src/pellucid/schemas/answer.schema.json",
        "LICENSE",
        "LICENSE-CONTENT",
    ):
        assert (ROOT / name).is_file(), name
    for path in [
        ROOT / "README.md",
        ROOT / "ARCHITECTURE.md",
        ROOT / "CONTRIBUTING.md",
        *sorted((ROOT / "docs").rglob("*.md")),
    ]:
        text = path.read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
            assert (path.parent / target).exists(), f"{path.name}: {target}"
        for module in re.findall(r"`(src/[\w/.]+)`", text):
            assert (ROOT / module).exists(), f"{path.name}: {module}"


def test_authoring_guide_names_every_key_section_and_kind() -> None:
    from pellucid.knowledge import schema

    guide = (ROOT / "docs" / "authoring.md").read_text(encoding="utf-8")
    for word in (
        *schema.KINDS,
        *schema.SECTIONS,
        *schema.SUBSECTIONS,
        *schema.CONCEPT_KEYS,
        *schema.SOURCE_KEYS,
        *schema.RANGE_KEYS,
        *schema.CODE_SYSTEMS,
        *schema.VERDICTS,
    ):
        assert word in guide, word


def find_machine_paths(path: Path) -> list[bytes]:
    """Paths that exist on one machine only; the address of a pack's source may look like one."""
    content = path.read_bytes()
    if path.is_relative_to(CORE / "sources"):
        content = re.sub(rb"https?://\S+", b"", content)
    return re.findall(rb"/(?:root|home/[a-z]+/|Users/\w+/)", content)


def test_no_path_of_a_machine_in_tracked_files() -> None:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout: clone the repository to run this test")
    for name in done.stdout.decode().split("\0"):
        path = ROOT / name
        if path.is_file():
            assert not find_machine_paths(path), name


def test_the_lint_of_paths_sees_one_in_an_address(tmp_path: Path) -> None:
    bad = tmp_path / "bad.md"
    bad.write_text("see https://host.example" + "/home/" + "ann/notes, not /homes/")
    assert find_machine_paths(bad) == [b"/home/" + b"ann/"]
