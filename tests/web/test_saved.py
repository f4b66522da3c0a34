"""Private reports: only their owner opens them, and only with the site's key. And how often."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import time
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from pellucid.web.accounts.actions import delete_account
from pellucid.web.accounts.models import User
from pellucid.web.pages import limits
from pellucid.web.saved import access, actions, keys
from pellucid.web.saved.models import SavedReport

CANARY = "Zebulon Quistgaard 19470312"
REPORT = f"CT CHEST\nPatient: {CANARY}\nFINDINGS: A 6 mm nodule in the right upper lobe."


def make(name, role="member", **fields):
    return User.objects.create_user(
        name, f"{name}@example.org", "pass-word-12", role=role, **fields
    )


def log_in(member):
    client = Client()
    client.force_login(member, backend="django.contrib.auth.backends.ModelBackend")
    return client


def save(client, **fields):
    form = {"text": REPORT, "title": f"Chest {CANARY}", "token": str(uuid4()), **fields}
    return client.post(reverse("saved:save"), form)


@pytest.fixture
def ann(db):
    return make("ann")


def test_a_report_is_saved_listed_opened_and_deleted(ann):
    client = log_in(ann)
    page = client.post(reverse("pages:read"), {"text": REPORT}).content.decode()
    token = re.search(r'name="token" value="([\w-]+)"', page)[1]
    assert not SavedReport.objects.exists()
    first, second = (save(client, token=token) for _ in range(2))
    assert first.url == second.url
    report = SavedReport.objects.get()
    assert f"Chest {CANARY}" in client.get(reverse("saved:index")).content.decode()
    opened = client.get(first.url)
    assert "no-store" in opened["Cache-Control"]
    assert CANARY in opened.content.decode()
    assert "6 mm nodule" in opened.content.decode()
    client.post(reverse("saved:delete", args=[report.pk]))
    assert not SavedReport.objects.exists()
    assert client.get(first.url).status_code == 404
    save(client, title="")
    assert access.list_reports(ann)[0].title.startswith("Report read on ")


def test_nobody_else_opens_a_report_not_even_staff(ann):
    save(log_in(ann))
    report = SavedReport.objects.get()
    pages = [(name, reverse(f"saved:{name}", args=[report.pk])) for name in ("open", "delete")] + [
        ("index", reverse("saved:index"))
    ]
    others = {
        "bob": make("bob"),
        "doc": make("doc", "clinician"),
        "mod": make("mod", "moderator"),
        "boss": make("boss", "administrator", is_staff=True, is_superuser=True),
    }
    for client in (Client(), *map(log_in, others.values())):
        for name, url in pages:
            for answer in (client.get(url), client.post(url)):
                assert "Quistgaard" not in answer.content.decode()
                assert answer.status_code in (
                    (302, 404, 405) if name != "index" else (200, 302, 405)
                )
    assert SavedReport.objects.count() == 1
    assert not access.find_reports(others["boss"]).exists()
    actions.delete_report(report, others["boss"])
    assert SavedReport.objects.count() == 1


def test_the_administration_has_no_page_for_reports():
    models = set(apps.get_app_config("saved").get_models())
    assert models == {SavedReport}
    assert not models & set(admin.site._registry)


@pytest.mark.django_db(transaction=True)
def test_no_word_of_a_report_is_in_the_database_or_the_log(caplog, tmp_path):
    ann = make("ann")
    save(log_in(ann))
    if connection.vendor != "sqlite":
        pytest.skip("looks into the file of SQLite")
    path = tmp_path / "copy.sqlite3"
    with sqlite3.connect(path) as copy:
        connection.connection.backup(copy)
    copy.close()
    raw = path.read_bytes()
    assert b"saved_savedreport" in raw
    assert str(ann.email).encode() in raw
    for word in (b"Zebulon", b"Quistgaard", b"right upper lobe"):
        assert word not in raw
    assert "Quistgaard" not in caplog.text
    folder = Path(os.environ["PELLUCID_DATA_DIR"])
    assert not any(b"Quistgaard" in p.read_bytes() for p in folder.rglob("*") if p.is_file())
    assert (folder / "report-keys").stat().st_mode & 0o777 == 0o600


def test_sealed_for_one_member_it_opens_for_no_other():
    sealed = keys.seal(1, REPORT)
    assert keys.unseal(1, sealed) == REPORT
    with pytest.raises(keys.LapsedKeyError):
        keys.unseal(2, sealed)
    assert keys.seal(1, REPORT) != sealed


def test_a_lapsed_key_is_one_clear_line(ann, monkeypatch):
    client = log_in(ann)
    url = save(client).url
    monkeypatch.setenv(keys.VARIABLE, Fernet.generate_key().decode())
    line = "its key is no longer on this server. You can delete it."
    assert line in client.get(url, follow=True).content.decode()
    page = client.get(reverse("saved:index")).content.decode()
    assert line in page
    data = client.post(reverse("accounts:export")).json()
    assert line in data["saved_reports"][0]["problem"]
    client.post(reverse("saved:delete", args=[SavedReport.objects.get().pk]))
    assert not SavedReport.objects.exists()


def test_keys_are_rotated_and_the_old_one_opens_nothing(ann, settings, tmp_path, monkeypatch):
    settings.DATA = tmp_path
    url = save(log_in(ann)).url
    before, old = bytes(SavedReport.objects.get().text), (tmp_path / "report-keys").read_text()
    call_command("rotate_report_keys", stdout=StringIO())
    new = (tmp_path / "report-keys").read_text()
    assert len(new.split()) == 1
    assert new != old
    assert REPORT.split("\n")[1] in log_in(ann).get(url).content.decode()
    assert bytes(SavedReport.objects.get().text) != before
    (tmp_path / "report-keys").write_text(old)
    with pytest.raises(keys.LapsedKeyError):
        access.read_text(SavedReport.objects.get())
    with pytest.raises(CommandError, match="1 reports open with no key"):
        call_command("rotate_report_keys", stdout=StringIO())
    assert old.strip() in (tmp_path / "report-keys").read_text()  # kept, as something needs it
    # Keys of the environment: the first one seals, each opens.
    monkeypatch.setenv(keys.VARIABLE, f"{Fernet.generate_key().decode()}, {new}")
    call_command("rotate_report_keys", stdout=StringIO())
    monkeypatch.setenv(keys.VARIABLE, os.environ[keys.VARIABLE].split(",")[0])
    assert access.read_text(SavedReport.objects.get()) == REPORT


def test_export_has_the_reports_and_deletion_takes_them(ann):
    client = log_in(ann)
    save(client)
    bob = make("bob")
    save(log_in(bob), text="Report of Bob")
    data = client.post(reverse("accounts:export")).json()
    assert [r["text"] for r in data["saved_reports"]] == [REPORT]
    assert "Bob" not in json.dumps(data)
    delete_account(ann)
    assert [r.owner for r in SavedReport.objects.all()] == [bob]


def test_what_cannot_be_saved_is_shown_again(ann, monkeypatch):
    answer = save(Client())
    assert "You are not signed in" in answer.content.decode()
    assert CANARY in answer.content.decode()
    client = log_in(ann)
    assert CANARY in save(client, title="x" * 101).content.decode()
    monkeypatch.setattr(actions, "MOST", 0)
    answer = save(client)
    assert "delete one first" in answer.content.decode()
    assert CANARY in answer.content.decode()
    assert not SavedReport.objects.exists()


# How often ---------------------------------------------------------------------------------------


def test_who_reads_too_often_waits_and_keeps_the_text(ann, settings):
    settings.SITE_LIMITS = {"read": 2}
    wait_for_a_new_minute()
    client = Client()
    for _ in range(2):
        assert client.post(reverse("pages:read"), {"text": REPORT}).status_code == 200
    answers = [
        client.post(reverse("pages:read"), {"text": REPORT}),
        client.post(reverse("pages:home"), {"text": REPORT}),
        client.post(reverse("pages:download"), {"text": REPORT, "form": "json"}),
    ]
    for answer in answers:
        assert answer.status_code == 429
        assert 0 < int(answer["Retry-After"]) <= 60
        assert CANARY in answer.content.decode()
        assert "what you typed is below" in answer.content.decode()
    file = SimpleUploadedFile("r.txt", REPORT.encode())
    page = client.post(reverse("pages:read"), {"file": file}).content.decode()
    assert "choose it again" in page
    # Another member at the same address is not kept waiting.
    assert log_in(ann).post(reverse("pages:read"), {"text": REPORT}).status_code == 200


def test_who_asks_too_often_waits_and_keeps_the_question(db, settings, monkeypatch):
    settings.SITE_LIMITS = {"ask": 1}
    wait_for_a_new_minute()
    client = Client()
    ask = {"q": "What is nephrocalcinosis?"}
    assert client.get(reverse("pages:home"), ask).status_code == 200
    answer = client.get(reverse("pages:home"), ask)
    assert answer.status_code == 429
    assert "What is nephrocalcinosis?" in answer.content.decode()
    assert "Quistgaard" not in str(limits.cache._cache.keys())
    now = time.time()
    monkeypatch.setattr(limits.time, "time", lambda: now + 61)
    assert client.get(reverse("pages:home"), ask).status_code == 200


def wait_for_a_new_minute():
    """Begin where a minute has time left, so that its end does not fall between two requests."""
    while time.time() % 60 > 50:
        time.sleep(1)
