"""The compiled packs: kept, renewed, safe."""

from __future__ import annotations

import marshal
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

import pellucid
from pellucid.app import build
from pellucid.app.settings import get_cache_folder, get_core_pack, get_data_folder
from pellucid.knowledge.artefact import StaleArtefactError, build_artefact, open_artefact

MakePack = Callable[..., Path]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "own-cache"
    monkeypatch.setenv("PELLUCID_CACHE_DIR", str(folder))
    return folder


def ask(pack: Path) -> str:
    return pellucid.load(pack).ask("what is a zorb").sections[0].statements[0].text


def test_it_is_written_once_and_read_again(cache: Path, make_pack: MakePack) -> None:
    pack = make_pack()
    ask(pack)
    (file,) = cache.iterdir()
    first = file.stat().st_mtime_ns
    ask(pack)
    assert file.stat().st_mtime_ns == first


def test_changed_content_is_compiled_anew(cache: Path, make_pack: MakePack) -> None:
    pack = make_pack()
    assert "round" in ask(pack)
    file = pack / "concepts" / "zorb.md"
    file.write_text(file.read_text().replace("round", "square"))
    assert "square" in ask(pack)
    (pack / "concepts" / "orb.md").write_text(
        file.read_text().replace("id: zorb", "id: orb").replace("name: Zorb", "name: Orb")
    )
    assert pellucid.load(pack).show("orb").focus[0].name == "Orb"
    (pack / "concepts" / "orb.md").unlink()
    with pytest.raises(pellucid.UnknownConceptError):
        pellucid.load(pack).show("orb")


@pytest.mark.parametrize("damage", ["empty", "cut", "flipped", "other"])
def test_a_damaged_file_is_made_anew(cache: Path, make_pack: MakePack, damage: str) -> None:
    pack = make_pack()
    before = ask(pack)
    (file,) = cache.iterdir()
    data = bytearray(file.read_bytes())
    if damage == "empty":
        data = bytearray()
    elif damage == "cut":
        data = data[: len(data) // 2]
    elif damage == "flipped":
        for place in range(200, len(data), 997):
            data[place] ^= 0xFF
    else:
        data = bytearray(os.urandom(5000))
    file.write_bytes(data)
    assert ask(pack) == before


def test_a_folder_that_cannot_be_written_is_no_obstacle(
    make_pack: MakePack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "a-file"
    blocked.write_text("in the way")
    monkeypatch.setenv("PELLUCID_CACHE_DIR", str(blocked))
    assert "round" in ask(make_pack())


def test_many_processes_at_once_on_an_empty_cache(cache: Path, make_pack: MakePack) -> None:
    pack = make_pack()
    command = [
        sys.executable,
        "-m",
        "pellucid",
        "ask",
        "--short",
        "--pack",
        str(pack),
        "what is a zorb",
    ]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(6)
    ]
    results = [process.communicate(timeout=120) for process in running]
    assert {err for _, err in results} == {b""}
    assert len({out for out, _ in results}) == 1
    assert [f.suffix for f in cache.iterdir()] == [".bin"]


def test_sections_come_back_and_are_checked() -> None:
    blob = marshal.dumps("first") + marshal.dumps("second")
    data = build_artefact({"one": {"a": (1, 2.5, "x")}, "raw": blob}, "print")
    artefact = open_artefact(data, "print")
    assert artefact.get("one") == {"a": (1, 2.5, "x")}
    assert (
        artefact.get_value("raw", len(marshal.dumps("first")), len(marshal.dumps("second")))
        == "second"
    )
    with pytest.raises(StaleArtefactError):
        open_artefact(data, "other print")


@pytest.mark.parametrize(
    ("system", "variables", "cache", "data"),
    [
        (
            "linux",
            {"XDG_CACHE_HOME": "/x", "XDG_DATA_HOME": "/y"},
            "/x/pellucid",
            "/y/pellucid",
        ),
        ("linux", {}, "/u/.cache/pellucid", "/u/.local/share/pellucid"),
        (
            "darwin",
            {},
            "/u/Library/Caches/pellucid",
            "/u/Library/Application Support/pellucid",
        ),
        (
            "win32",
            {"LOCALAPPDATA": "/local"},
            "/local/pellucid/Cache",
            "/local/pellucid/Data",
        ),
        ("linux", {"PELLUCID_CACHE_DIR": "/c", "PELLUCID_DATA_DIR": "/d"}, "/c", "/d"),
    ],
)
def test_folders_of_each_system(
    monkeypatch: pytest.MonkeyPatch,
    system: str,
    variables: dict[str, str],
    cache: str,
    data: str,
) -> None:
    for use in ("CACHE", "DATA"):
        monkeypatch.delenv(f"PELLUCID_{use}_DIR", raising=False)
        monkeypatch.delenv(f"XDG_{use}_HOME", raising=False)
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HOME", "/u")
    monkeypatch.setattr(sys, "platform", system)
    assert get_cache_folder().replace(os.sep, "/") == cache
    assert get_data_folder().replace(os.sep, "/") == data


def test_installed_packs_are_fresh_while_their_list_of_files_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    record = tmp_path / "RECORD"
    record.write_text("a", encoding="utf-8")
    monkeypatch.setattr(build, "find_record", lambda: str(record))
    core = get_core_pack()
    first = build.get_fingerprint([core])
    assert build.get_fingerprint([core]) == first
    record.write_text("ab", encoding="utf-8")
    assert build.get_fingerprint([core]) != first


def test_the_version_is_the_distributions() -> None:
    text = (Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8")
    assert tomllib.loads(text)["project"]["version"] == pellucid.__version__
