"""The pages that anyone may read: what they say, what they never say, and how they fail."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
import yaml
from django.contrib.auth import get_user_model
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse

import pellucid
from pellucid.app.render import arrange_reading
from pellucid.cli.serve import get_server_settings, is_loopback, run_serve
from pellucid.errors import InputError, MissingExtraError
from pellucid.web.config.engine import get_engine
from pellucid.web.pages import probes, setup
from pellucid.web.pages.actions import create_first_administrator
from pellucid.web.pages.answers import view_answer, write_data_block
from pellucid.web.pages.catalogue import get_catalogue
from pellucid.web.pages.forms import MAX_TEXT
from pellucid.web.pages.kinds import is_short, looks_like_report

CANARY = "Zebulon Quistgaard 19470312"
REPORT = f"""CT CHEST
Patient: {CANARY}

FINDINGS: A 6 mm calcified granuloma in the right upper lobe. No suspicious nodules.
Cannot exclude pneumonia. History of breast cancer. Pneumothorax is not seen.

IMPRESSION: Benign granuloma. Recommend follow-up CT in 12 months.
"""


class Page(HTMLParser):
    """What a reader of a page meets: headings, links, ids, labels, text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text, self.ids, self.links, self.labels = "", [], [], set()
        self.headings: list[int] = []
        self.fields: list[dict[str, str | None]] = []
        self.meta: dict[str, str] = {}
        self.inline: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.ids.append(given["id"])
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "a":
            self.links.append(given.get("href") or "")
        if tag == "label":
            self.labels.add(given.get("for"))
        if tag in ("input", "textarea", "select") and given.get("type") != "hidden":
            self.fields.append(given)
        if tag == "meta":
            self.meta[given.get("name") or given.get("property") or ""] = given.get("content") or ""
        if "style" in given or tag == "style" or any(k.startswith("on") for k in given):
            self.inline.append(tag)
        if tag == "script" and given.get("type") != "application/ld+json":
            self.inline.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def check_page(response: Any) -> Page:
    """What holds for every page."""
    text = response.content.decode()
    page = Page(text)
    assert len(response.content) < 150_000
    assert page.headings.count(1) == 1
    assert page.headings[0] == 1
    steps = zip(page.headings, page.headings[1:], strict=False)
    assert all(after <= before + 1 for before, after in steps), page.headings
    assert len(page.ids) == len(set(page.ids)), sorted(page.ids)
    assert not page.inline
    for link in page.links:
        if link.startswith("#"):
            assert link[1:] in page.ids, link
    for field in page.fields:
        assert field.get("id") in page.labels, field
    assert 'href="#main"' in text
    assert '<html lang="en"' in text
    return page


def test_every_page_is_sound(client: Client, db: None) -> None:
    for address in (
        "/",
        "/?q=nodular+calcification",
        "/?q=my+calcium+score+is+212",
        "/?q=xyzzy",
        "/c/",
        "/c/nephrocalcinosis",
        "/letter/c",
        "/body/kidney",
        "/search",
        "/search?q=spots+on+lung",
        "/search?q=qqqqq",
        "/read",
        "/about",
    ):
        response = client.get(address)
        assert response.status_code == 200, address
        check_page(response)
        policy = response.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "script-src 'self'" in policy


def test_every_concept_has_a_page_of_fair_size(client: Client, db: None) -> None:
    for concept in list(get_catalogue().entries)[::40]:
        response = client.get(f"/c/{concept}")
        assert response.status_code == 200, concept
        check_page(response)


def test_a_question_is_answered_at_its_address(client: Client, db: None) -> None:
    response = client.get("/", {"q": "What does nodular calcification mean?"})
    page = check_page(response)
    answer = get_engine().ask("What does nodular calcification mean?")
    for section in answer.sections:
        for statement in section.statements:
            assert statement.text in page.text
    for source in answer.sources.values():
        assert source.url in page.links
    for related in answer.related:
        assert f"/c/{related.concept}" in page.links
    asked = [link for link in page.links if link.startswith("/forum/new/")]
    assert parse_qs(urlsplit(asked[0]).query) == {"q": ["What does nodular calcification mean?"]}
    assert page.meta["robots"] == "noindex"


def test_an_emergency_comes_before_everything_and_sends_nobody_to_a_forum(
    client: Client, db: None
) -> None:
    text = client.get("/", {"q": "I have crushing chest pain right now"}).content.decode()
    assert 0 < text.index('role="alert"') < text.index("<h1>")
    assert "112" in text
    assert "/forum/new/" not in text


def test_the_box_moves_a_short_question_to_its_address(client: Client, db: None) -> None:
    response = client.post("/", {"text": " is a calcified granuloma bad & why? "})
    assert response.status_code == 302
    assert response["Location"] == "/?q=is+a+calcified+granuloma+bad+%26+why%3F"


def test_a_pasted_report_is_read_and_never_in_an_address(client: Client, db: None) -> None:
    response = client.post("/", {"text": REPORT})
    assert response.status_code == 200
    page = check_page(response)
    assert "Calcified lung granuloma" in page.text
    assert "no-store" in response["Cache-Control"]
    assert not any("Zebulon" in link or "granuloma+in" in link for link in page.links)


def test_a_long_question_is_answered_without_an_address(client: Client, db: None) -> None:
    text = "I wonder about my kidneys. " * 14 + "What is nephrocalcinosis?"
    response = client.post("/", {"text": text})
    page = check_page(response)
    assert "Nephrocalcinosis" in page.text
    assert [link for link in page.links if link.startswith("/forum/new/")] == ["/forum/new/"]


def test_the_writer_decides_what_a_text_is(client: Client, db: None) -> None:
    page = check_page(client.post("/", {"text": "small calcified granuloma", "as": "report"}))
    assert "Your report, explained" in page.text
    page = check_page(client.post("/", {"text": REPORT, "as": "question"}))
    assert "Your report, explained" not in page.text


def test_an_empty_box_says_so_and_links_to_the_field(client: Client, db: None) -> None:
    response = client.post("/", {"text": "  "})
    assert response.status_code == 422
    page = check_page(response)
    assert "#id_text" in page.links
    assert "Type a term" in page.text


@pytest.mark.parametrize("question", ["\x00", "x" * 30_000])
def test_a_question_that_cannot_be_read_is_an_error_of_one_line(
    client: Client, db: None, question: str
) -> None:
    response = client.get("/", {"q": f"a{question}"})
    assert response.status_code == 422
    check_page(response)
    assert 'role="alert"' in response.content.decode()


@pytest.mark.parametrize(
    ("text", "report"),
    [
        ("What does nodular calcification mean?", False),
        ("nephrocalcinosis", False),
        ("My doctor said: it is fine. Is it?", False),
        ("see https://example.org/page", False),
        (REPORT, True),
        ("IMPRESSION: No acute disease.", True),
        ("one\ntwo\nthree\nfour\nfive", True),
        ("word " * 300, True),
    ],
)
def test_reports_are_told_from_questions_by_their_build(text: str, report: bool) -> None:
    assert looks_like_report(text) is report
    if report:
        assert not is_short(text)


def test_two_lines_are_no_address() -> None:
    assert is_short("a question")
    assert not is_short("a question\nof two lines")
    assert not is_short("x" * 301)


def test_what_is_typed_comes_out_inert(client: Client, db: None) -> None:
    attack = "</title><script>alert(1)</script><img src=x onerror=alert(2)>'\""
    for response in (
        client.get("/", {"q": attack}),
        client.get("/search", {"q": attack}),
        client.post("/", {"text": attack, "as": "report"}),
        client.post("/read", {"text": f"{attack} nodule"}),
    ):
        page = check_page(response)
        assert "img" not in page.inline
        assert "<script>" not in response.content.decode()


def test_a_concept_page_says_all_that_is_known(client: Client, db: None) -> None:
    response = client.get("/c/nephrocalcinosis")
    page = check_page(response)
    answer = get_engine().show("nephrocalcinosis")
    for section in answer.sections:
        for statement in section.statements:
            assert statement.text in page.text
    assert "renal calcinosis" in page.text
    assert "/c/kidney-stone" in page.links
    assert '<link rel="canonical" href="http://testserver/c/nephrocalcinosis">' in (
        response.content.decode()
    )
    assert page.meta["og:url"] == "http://testserver/c/nephrocalcinosis"
    assert page.meta["description"] == page.meta["og:description"] != ""


def test_a_concept_page_describes_itself_to_search_engines(client: Client, db: None) -> None:
    text = client.get("/c/nephrocalcinosis").content.decode()
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', text)[1])
    assert data["@type"] == "MedicalWebPage"
    assert data["about"]["name"] == "Nephrocalcinosis"
    assert {"@type": "MedicalCode", "codeValue": "D009397", "codingSystem": "MeSH"} in (
        data["about"]["code"]
    )
    assert len(data["citation"]) == len(get_engine().show("nephrocalcinosis").sources)


def test_no_text_can_end_a_data_block() -> None:
    data = {"name": "</script><script>alert(1)</script>&\u2028"}
    block = write_data_block(data)
    assert "<" not in block
    assert json.loads(block) == data


def test_another_name_of_a_concept_leads_to_its_page(client: Client, db: None) -> None:
    response = client.get("/c/renal-calcinosis")
    assert response.status_code == 301
    assert response["Location"] == "/c/nephrocalcinosis"


@pytest.mark.parametrize("address", ["/c/no-such-thing", "/letter/zz", "/body/no-such", "/nothing"])
def test_what_is_not_there_is_a_page_that_says_so(client: Client, db: None, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 404
    assert "There is no such page" in check_page(response).text


def test_the_lists_hold_every_concept_and_their_links_work(client: Client, db: None) -> None:
    catalogue = get_catalogue()
    listed = set()
    for link in check_page(client.get("/c/")).links:
        if link.startswith("/letter/"):
            listed |= {p for p in Page(client.get(link).content.decode()).links if p[:3] == "/c/"}
    assert {f"/c/{concept}" for concept in catalogue.entries} <= listed
    assert {entry.concept for entry in catalogue.bodies["kidney"]} >= {"nephrocalcinosis"}
    assert {e.concept for e in catalogue.bodies["chest"]} >= {
        e.concept for e in catalogue.bodies["lung"]
    }


def test_links_of_a_concept_page_lead_somewhere(client: Client, db: None) -> None:
    for start in ("/c/nephrocalcinosis", "/c/nodular-calcification", "/c/lung"):
        for link in set(Page(client.get(start).content.decode()).links):
            if link.startswith(("/c/", "/body/")):
                assert client.get(link).status_code == 200, link


def test_search_finds_the_exact_name_first(client: Client, db: None) -> None:
    page = check_page(client.get("/search", {"q": "renal calcinosis"}))
    assert next(link for link in page.links if link[:3] == "/c/" and link != "/c/") == (
        "/c/nephrocalcinosis"
    )


def test_search_refuses_a_report(client: Client, db: None) -> None:
    page = check_page(client.get("/search", {"q": REPORT}))
    assert "too long" in page.text


def test_a_report_is_marked_and_explained_findings_first(client: Client, db: None) -> None:
    response = client.post("/read", {"text": REPORT})
    page = check_page(response)
    text = response.content.decode()
    assert text.index("What it says") < text.index("The report</h2>")
    assert text.index("</span> Found</h3>") < text.index("</span> Looked for and not found</h3>")
    assert "No suspicious nodules" in page.text
    assert "Cannot exclude pneumonia" in page.text
    assert '<mark class="present"' in text
    assert '<mark class="absent"' in text
    for link in page.links:
        assert not link.startswith("#t") or link[1:] in page.ids


def test_the_marked_text_is_the_report_itself() -> None:
    reading = get_engine().read(REPORT)
    view = arrange_reading(reading)
    assert "".join(span.text for span in view.spans) == reading.report.text
    facts = {fact.number for group in view.groups for fact in group.facts}
    assert {span.number for span in view.spans if span.number} <= facts
    assert sorted(facts) == list(range(1, len(facts) + 1))
    assert [s.number for s in arrange_reading(reading._replace(findings=())).spans] == [0]


def test_what_is_denied_is_quoted_with_its_denial() -> None:
    groups = {group.key: group.facts for group in arrange_reading(get_engine().read(REPORT)).groups}
    quotes = {fact.quote for fact in groups["absent"]}
    assert quotes == {"No suspicious nodules", "Pneumothorax is not seen"}
    assert {fact.name for fact in groups["present"]} == {"Calcified lung granuloma", "Granuloma"}
    assert [fact.quote for fact in groups["historical"]] == ["History of breast cancer"]


def test_a_fact_said_twice_is_shown_once() -> None:
    reading = get_engine().read(
        "FINDINGS: 6 mm nodule in the right lung.\nIMPRESSION: Nodule. A 9 mm nodule in the left lung."
    )
    groups = arrange_reading(reading).groups
    nodules = [f.details for g in groups for f in g.facts if g.key == "present"]
    assert len(nodules) == len(set(nodules))
    assert any("6 mm" in details for details in nodules)
    assert any("9 mm" in details for details in nodules)


def find_golden_reports() -> list[str]:
    folder = Path(__file__).parent.parent / "golden" / "reports"
    return [
        report["report"]
        for path in sorted(folder.glob("*.yaml"))
        for report in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]


def test_every_golden_report_has_a_sound_page(client: Client, db: None) -> None:
    reports = find_golden_reports()
    assert len(reports) > 20
    for text in reports:
        response = client.post("/read", {"text": text})
        assert response.status_code == 200
        check_page(response)


def make_pdf() -> bytes:
    canvas = pytest.importorskip("reportlab.pdfgen.canvas")
    pytest.importorskip("pypdfium2")
    out = io.BytesIO()
    page = canvas.Canvas(out)
    for number, line in enumerate(REPORT.splitlines()):
        page.drawString(50, 780 - 15 * number, line)
    page.save()
    return out.getvalue()


FHIR = json.dumps(
    {
        "resourceType": "DiagnosticReport",
        "status": "final",
        "code": {"text": "CT"},
        "conclusion": "A calcified granuloma \ud83d in the right lung.",
    }
).encode()


@pytest.mark.parametrize(
    "make", [lambda: REPORT.encode(), make_pdf, lambda: FHIR], ids=["text", "pdf", "fhir"]
)
def test_a_file_is_read_by_its_content(client: Client, db: None, make: Callable[[], bytes]) -> None:
    file = SimpleUploadedFile("anything.bin", make(), "application/octet-stream")
    response = client.post("/read", {"text": "", "file": file})
    assert response.status_code == 200
    assert "ranuloma" in check_page(response).text


@pytest.mark.parametrize(
    ("content", "says"), [(b"", "The file is empty"), (b"%PDF-1.7\nbroken", "PDF")]
)
def test_a_bad_file_is_an_error_of_one_line(
    client: Client, db: None, content: bytes, says: str
) -> None:
    if content.startswith(b"%PDF"):
        pytest.importorskip("pypdfium2")
    response = client.post("/read", {"file": SimpleUploadedFile("a.pdf", content)})
    assert response.status_code == 422
    page = check_page(response)
    assert says in page.text
    assert "#id_file" in page.links


def test_a_file_over_the_limit_is_refused_and_the_text_kept(client: Client, db: None) -> None:
    file = SimpleUploadedFile("big.txt", b"x" * 22_100_000)
    response = client.post("/read", {"text": "typed words", "file": file})
    assert response.status_code == 422
    page = check_page(response)
    assert "over 20 MB" in page.text
    assert "typed words" in page.text


def test_a_form_that_fails_shows_what_was_typed(client: Client, db: None) -> None:
    long = "granuloma " * (MAX_TEXT // 10 + 1)
    response = client.post("/read", {"text": long})
    assert response.status_code == 422
    assert f"over {MAX_TEXT:,}" in response.content.decode()
    assert long in response.content.decode()
    both = {"text": "typed words", "file": SimpleUploadedFile("a.txt", b"words")}
    page = check_page(client.post("/read", both))
    assert "typed words" in page.text
    assert "#id_file" in page.links
    assert client.post("/read", {}).status_code == 422
    # A browser would cut the end of a pasted report off in silence.
    for address in ("/", "/read"):
        fields = check_page(client.get(address)).fields
        assert not any("maxlength" in field for field in fields if field["name"] == "text")


@pytest.mark.parametrize("form", ["html", "json", "fhir"])
def test_a_reading_can_be_taken_as_a_file(client: Client, db: None, form: str) -> None:
    response = client.post("/read/download", {"text": REPORT.replace("\n", "\r\n"), "form": form})
    assert response.status_code == 200
    assert response["Content-Disposition"].startswith("attachment; ")
    assert "no-store" in response["Cache-Control"]
    expected = pellucid.render_reading(get_engine().read(REPORT), form)
    pattern = r"\d{4}-\d\d-\d\dT[\d:.+Z]+|[0-9a-f]{8}-[0-9a-f-]{27}"
    given = response.content.decode()
    assert re.sub(pattern, "", given) == re.sub(pattern, "", expected)


def test_a_download_that_fails_gives_the_text_back(client: Client, db: None) -> None:
    response = client.post("/read/download", {"text": "typed words", "form": "exe"})
    assert response.status_code == 422
    assert "typed words" in check_page(response).text
    assert client.get("/read/download").status_code == 405


def test_nothing_of_a_report_is_kept_or_logged(
    client: Client,
    db: None,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: Any,
) -> None:
    with django_assert_num_queries(0):
        client.post("/read", {"text": REPORT})
        client.post("/", {"text": REPORT})
        client.post("/read/download", {"text": REPORT, "form": "json"})
        client.post("/read", {"file": SimpleUploadedFile("r.txt", REPORT.encode())})

    def fail(self: Any, report: str | bytes) -> None:
        raise ValueError(f"bad text: {report!r}")

    monkeypatch.setattr(pellucid.Engine, "read", fail)
    response = client.post("/read", {"text": REPORT})
    assert response.status_code == 422
    assert CANARY in response.content.decode()  # given back to who typed it
    assert "fault of ours" in response.content.decode()
    assert "ValueError" in caplog.text
    assert "Zebulon" not in caplog.text
    folder = Path(os.environ["PELLUCID_DATA_DIR"])
    files = [p for p in folder.rglob("*") if p.is_file()]
    assert not any(b"Zebulon" in p.read_bytes() for p in files)


def test_forms_need_their_token(db: None) -> None:
    strict = Client(enforce_csrf_checks=True)
    for address in ("/", "/read", "/read/download"):
        response = strict.post(address, {"text": REPORT, "form": "html"})
        assert response.status_code == 403
        assert "Please send that again" in response.content.decode()
        assert "Zebulon" not in response.content.decode()


def test_a_fault_is_a_plain_page(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    client.raise_request_exception = False
    monkeypatch.setattr("pellucid.web.pages.views.get_catalogue", lambda: 1 / 0)
    response = client.get("/c/")
    assert response.status_code == 500
    assert "failed on our side" in response.content.decode()
    assert "ZeroDivision" not in response.content.decode()


def test_health_asks_nothing_and_readiness_asks_the_database(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        assert client.get("/healthz").content == b"ok\n"
    assert client.get("/readyz").json() == {"database": "ok", "engine": "ok"}

    def fail() -> None:
        raise DatabaseError("password=secret")

    monkeypatch.setattr(probes, "check_database", fail)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"database": "not available", "engine": "ok"}


def test_the_sitemap_lists_every_public_page(client: Client, db: None) -> None:
    def find_addresses(address: str) -> list[str]:
        tree = ElementTree.fromstring(client.get(address).content)
        return [e.text or "" for e in tree.iter() if e.tag.endswith("}loc")]

    listed = [a for part in find_addresses("/sitemap.xml") for a in find_addresses(part)]
    catalogue = get_catalogue()
    assert len(listed) == len(set(listed)) == len(catalogue.entries) + len(catalogue.bodies) + 4
    assert "http://testserver/c/nephrocalcinosis" in listed
    assert all(client.get(address).status_code == 200 for address in listed[::200])
    assert b"Sitemap: http://testserver/sitemap.xml" in client.get("/robots.txt").content


def test_the_view_of_an_answer_loses_nothing() -> None:
    for name in ("nephrocalcinosis", "nodular-calcification", "lung"):
        answer = get_engine().show(name)
        view = view_answer(answer)
        shown = [e.text for h in (*view.lead, *view.more) for e in h.entries]
        assert shown == [s.text for section in answer.sections for s in section.statements]
        notices = (*view.urgent, *view.notices, *view.education)
        assert sorted(notices) == sorted(answer.notices)


NEW = {
    "email": "owner@example.org",
    "username": "owner",
    "password1": "a-quiet-river-stone",
    "password2": "a-quiet-river-stone",
}


def test_the_first_administrator_is_made_once(client: Client, db: None) -> None:
    path = setup.make_setup_path()
    assert path is not None
    check_page(client.get(path))
    response = client.post(path, NEW)
    assert response.status_code == 302
    user = get_user_model().objects.get()
    assert (user.role, user.is_staff, user.is_superuser) == ("administrator", True, True)
    assert user.check_password(NEW["password1"])
    assert user.emailaddress_set.get().verified
    assert client.get("/").context["user"] == user
    assert "Sign out" in check_page(client.get("/")).text
    assert setup.make_setup_path() is None
    other = Client()
    for method in (other.get, other.post):
        assert method(path, {**NEW, "username": "second"}).status_code == 404
    assert get_user_model().objects.count() == 1
    with pytest.raises(PermissionDenied):
        create_first_administrator("b@example.org", "second", "a-quiet-river-stone")


def test_a_setup_form_that_fails_keeps_what_was_typed(client: Client, db: None) -> None:
    path = setup.make_setup_path()
    response = client.post(path, {**NEW, "password2": "another-river-stone"})
    assert response.status_code == 422
    page = check_page(response)
    assert "#id_password2" in page.links
    assert "owner@example.org" in response.content.decode()
    assert not get_user_model().objects.exists()


def test_a_setup_link_ends(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    path = setup.make_setup_path()
    for wrong in (path + "x", reverse("pages:setup", args=[signing.dumps("administrator")])):
        assert client.post(wrong, NEW).status_code == 404
    now = time.time()
    monkeypatch.setattr(signing.time, "time", lambda: now + setup.MAX_AGE + 1)
    assert client.post(path, NEW).status_code == 404
    assert not get_user_model().objects.exists()


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("a.org", False)],
)
def test_tls_may_be_missing_on_this_machine_only(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def test_a_proxy_is_believed_only_with_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PELLUCID_HTTPS", "0")
    assert "trusted_proxy" not in get_server_settings()
    monkeypatch.setenv("PELLUCID_HTTPS", "1")
    monkeypatch.setenv("PELLUCID_PROXY", "10.0.0.2")
    settings = get_server_settings()
    assert settings["trusted_proxy"] == "10.0.0.2"
    assert settings["inbuf_overflow"] > settings["max_request_body_size"]


def test_serve_without_the_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "waitress", None)
    options = SimpleNamespace(host="127.0.0.1", port=0, demo=False)
    with pytest.raises(MissingExtraError, match=r"pip install 'pellucid\[web\]'"):
        run_serve(options)
    with pytest.raises(InputError, match="no port 70000"):
        run_serve(SimpleNamespace(host="127.0.0.1", port=70000, demo=False))


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A site that ``pellucid serve`` made from nothing: its address, and what it printed."""
    names = ("DJANGO_SETTINGS_MODULE", "PELLUCID_HTTPS")
    environment = {k: v for k, v in os.environ.items() if k not in names}
    environment |= {"PELLUCID_DATA_DIR": str(tmp_path / "site"), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "pellucid", "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    )
    printed = ""
    assert process.stdout is not None
    for line in process.stdout:
        printed += line
        if line.startswith("Stop with"):
            break
    found = re.search(r"http://127\.0\.0\.1:\d+", printed)
    try:
        assert found, printed
        yield found[0], printed
    finally:
        process.send_signal(signal.SIGTERM)
        rest = process.communicate(timeout=20)[0]
    assert process.returncode == 0, rest
    assert "Traceback" not in rest


def test_a_port_that_is_taken_is_an_error_of_one_line(served: tuple[str, str]) -> None:
    port = served[0].rpartition(":")[2]
    done = subprocess.run(
        [sys.executable, "-m", "pellucid", "serve", "--port", port],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={k: v for k, v in os.environ.items() if k != "PELLUCID_HTTPS"},
    )
    assert done.returncode == 2
    assert "try another --port" in done.stderr
    assert done.stderr.count("\n") == 1


def test_serve_starts_a_whole_site_from_an_empty_folder(served: tuple[str, str]) -> None:
    origin, printed = served
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with opener.open(f"{origin}/?q=nephrocalcinosis", timeout=20) as response:
        text = response.read().decode()
    style = re.search(r'href="(/static/pellucid\.[0-9a-f]+\.css)"', text)
    assert style is not None
    with opener.open(origin + style[1], timeout=20) as response:
        assert "immutable" in response.headers["Cache-Control"]
    link = re.search(r"http://\S+/setup/\S+", printed)
    assert link is not None
    with opener.open(link[0], timeout=20) as response:
        assert "Set up the administrator" in response.read().decode()
    with opener.open(f"{origin}/readyz", timeout=20) as response:
        assert response.status == 200
