"""The benchmarks that need nothing but an installed pack run, and say what they measured."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT
from pellucid.app.collections import Request, install


def test_an_installed_pack_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("usearch", reason="pip install 'pellucid[dense]'")
    monkeypatch.setenv("PELLUCID_DATA_DIR", str(tmp_path / "data"))
    rows = tmp_path / "blorb.jsonl"
    row = {"question": "What is a mycetoma?", "focus": "Mycetoma", "answer": "A lump in the foot."}
    rows.write_text(json.dumps(row), encoding="utf-8")
    install(Request(str(rows), terms={"licence": "CC0-1.0", "publisher": "Clinic"}))
    command = [sys.executable, str(ROOT / "benchmarks" / "installed.py"), "blorb", "--runs", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=dict(os.environ))
    for name in ("cold", "warm", "by the clock", "processor"):
        figures = re.search(rf"\| {name} \|(.*)", done.stdout)
        assert figures, name
        assert all(float(figure) > 0 for figure in re.findall(r"[\d.]+", figures[1]))
    assert re.search(r"[1-9]\d* questions", done.stdout)
