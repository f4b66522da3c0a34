"""What installed packs add to the site's pages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.test import Client

from pellucid.app.collections import Request, install

ROWS = [
    {
        "id": "1",
        "question": "What is blorbosis?",
        "focus": "Blorbosis",
        "question_type": "information",
        "answer": "Blorbosis is a harmless stiffness of the blorb.",
        "url": "https://blorb.example/what",
    },
    {
        "id": "2",
        "question": "What is snarfitis?",
        "focus": "Snarfitis",
        "question_type": "information",
        "answer": "Snarfitis is a rash <script>.",
    },
]
TERMS = {"licence": "CC-BY-4.0", "publisher": "Clinic of Blorb", "attribution": "By the writers"}


@pytest.fixture
def packs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PELLUCID_DATA_DIR", str(tmp_path / "data"))
    path = tmp_path / "blorb.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in ROWS), encoding="utf-8")
    install(Request(str(path), terms=TERMS))


def test_a_question_page_shows_quotes_with_their_terms(
    client: Client, db: None, packs: None
) -> None:
    page = client.get("/", {"q": "what is blorbosis"}).content.decode()
    for words in (
        "Clinic of Blorb: What is blorbosis?",
        "harmless stiffness",
        "By the writers",
        "CC-BY-4.0",
    ):
        assert words in page
    page = client.get("/", {"q": "what is snarfitis"}).content.decode()
    assert "Snarfitis is a rash &lt;script&gt;." in page
    assert 'href=""' not in page


def test_a_report_page_explains_a_packs_word_without_a_link(
    client: Client, db: None, packs: None
) -> None:
    report = "FINDINGS: No blorbosis. Small nodule in the right lung. IMPRESSION: Snarfitis."
    page = client.post("/read", {"text": report}).content.decode()
    assert "<dt>blorbosis</dt>" in page
    assert "harmless stiffness" in page
    assert "By the writers. Licence: CC-BY-4.0" in page


def test_the_api_gives_the_same(client: Client, db: None, packs: None) -> None:
    response = client.post(
        "/api/v1/ask", {"question": "what is blorbosis"}, content_type="application/json"
    )
    (source,) = response.json()["sources"].values()
    assert source["licence"] == "CC-BY-4.0"
    assert source["attribution"] == "By the writers"
    assert client.get("/api/v1/concepts/snarfitis").json()["focus"][0]["kind"] == "term"
