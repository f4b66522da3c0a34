from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import pellucid
from pellucid.app.settings import get_core_pack

ROOT = Path(__file__).parent.parent
CORE = Path(get_core_pack())
SCHEMAS = Path(pellucid.__file__).parent / "schemas"

# Whatever packs the user has installed, the tests begin with none.
_DATA = tempfile.TemporaryDirectory(prefix="pellucid-tests-", ignore_cleanup_errors=True)
os.environ["PELLUCID_DATA_DIR"] = _DATA.name


@pytest.fixture(scope="session", autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep the tests' compiled packs away from the user's."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PELLUCID_CACHE_DIR", str(folder))
        yield folder


@pytest.fixture(scope="session")
def engine(cache_folder: Path) -> pellucid.Engine:
    return pellucid.load()


Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture(scope="session")
def run(engine: pellucid.Engine) -> Run:
    """Run the command line in a process of its own; the cache is warm."""

    def run_command(*arguments: str | bytes, stdin: bytes = b"", env: dict[str, str] | None = None):
        return subprocess.run(
            [sys.executable, "-m", "pellucid", *arguments],
            input=stdin,
            capture_output=True,
            env={**os.environ, **(env or {})},
            timeout=60,
            check=False,
        )

    return run_command


@pytest.fixture
def make_pack(tmp_path: Path) -> Callable[..., Path]:
    """Write a small pack that is sound; keyword arguments replace or add files by path."""

    def make(**files: str) -> Path:
        from pellucid.knowledge.pack import get_statement_id

        statement = "A zorb is a small round spot."
        content = {
            "pack.yaml": "id: zorbs\nname: Zorbs\nversion: '1'\nschema_version: 1\nlicence: CC-BY-4.0\nattribution: Us\n",
            "concepts/zorb.md": f"---\nid: zorb\nname: Zorb\nkind: finding\nreviewed: 2026-01-01\n---\n\n## Meaning\n- {statement} [@book]\n",
            "sources/main.yaml": "book:\n  title: Book of zorbs\n  publisher: Zorb Press\n  url: https://example.org/zorbs\n  kind: textbook\n  licence: Facts cited.\n  checked: 2026-01-01\n",
            "ledger/main.tsv": f"{get_statement_id(statement)}\tbook\t2026-01-01\tsupported\n",
        }
        content.update({name.replace("__", "/"): text for name, text in files.items()})
        folder = tmp_path / "pack"
        for name, text in content.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return folder

    return make
