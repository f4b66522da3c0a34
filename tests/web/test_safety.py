"""What an attacker tries: guessing who is a member, old links, other hosts, redirects, headers, files."""

from __future__ import annotations

import json
import os
import re
import socket
import stat
import subprocess
import sys
import time
from email import message_from_bytes, policy
from pathlib import Path
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import hashers
from django.contrib.auth.tokens import default_token_generator
from django.core import mail, signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from pellucid.web.accounts.models import User
from pellucid.web.forum.actions import posting
from pellucid.web.forum.models import Category

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parent.parent.parent
PASSWORD = "pass-word-12"


@pytest.fixture
def ann():
    member = User.objects.create_user("ann", "ann@example.org", PASSWORD)
    EmailAddress.objects.create(user=member, email=member.email, verified=True, primary=True)
    return member


def sign_in(client, email="ann@example.org", password=PASSWORD, **more):
    return client.post(reverse("account_login"), {"login": email, "password": password, **more})


def is_signed_in(client):
    return client.get(reverse("accounts:preferences")).status_code == 200


def get_link(message, path):
    return re.search(rf"https?://testserver({path}\S+)", message.body)[1]


# The environment of a public site ---------------------------------------------------------------------


def test_the_documented_environment_passes_djangos_checks():
    done = subprocess.run(
        [ROOT / "scripts" / "check-deploy"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("change", "says"),
    [({"PELLUCID_DEBUG": "1"}, "W018"), ({"PELLUCID_SECRET_KEY": "short"}, "W009")],
)
def test_an_unsafe_environment_does_not(change, says, tmp_path):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PELLUCID_")}
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        env={**environment, "PELLUCID_DATA_DIR": str(tmp_path), **change},
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 1
    assert says in done.stderr


def test_cookies_of_a_public_site_are_kept_to_it(tmp_path):
    code = (
        "import json, django; from django.conf import settings as s; django.setup();"
        "print(json.dumps({n: getattr(s, n) for n in dir(s) if 'COOKIE' in n or 'HSTS' in n}))"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PELLUCID_")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**environment, "PELLUCID_DATA_DIR": str(tmp_path)},
        capture_output=True,
        check=True,
    )
    found = json.loads(done.stdout)
    assert found["SESSION_COOKIE_SECURE"]
    assert found["CSRF_COOKIE_SECURE"]
    assert found["SESSION_COOKIE_HTTPONLY"]
    assert found["SESSION_COOKIE_SAMESITE"] == found["CSRF_COOKIE_SAMESITE"] == "Lax"
    assert found["SECURE_HSTS_SECONDS"] >= 31_536_000
    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("vulns", "output", "status", "says"),
    [
        ([], None, 0, "1 of 2 dependencies audited, 0 vulnerable"),
        ([{"id": "CVE-1", "fix_versions": ["2"]}], None, 1, "a 1: CVE-1, mended in 2"),
        ([], "", 0, "not audited: the vulnerability service did not answer"),
        (None, None, 0, "not audited: the vulnerability service knows none of 1"),
    ],
)
def test_the_audit_fails_on_a_vulnerability_and_says_when_it_could_not_ask(
    vulns, output, status, says, tmp_path
):
    skipped = {"name": "b", "skip_reason": "not found"}
    asked = [] if vulns is None else [{"name": "a", "version": "1", "vulns": vulns}]
    text = json.dumps({"dependencies": [*asked, skipped]}) if output is None else output
    tool = tmp_path / "pip-audit"
    tool.write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\n")
    tool.chmod(0o755)
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "audit"],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, says in done.stdout) == (status, True), done.stdout


# Headers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["/", "/read", "/c/granuloma", "/forum/", "/forum/feed/", "/accounts/login/", "/admin/login/",
     "/api/v1/concepts", "/api/v1/threads", "/infobutton", "/fhir/metadata", "/healthz", "/nothing-here"],
)  # fmt: skip
def test_every_answer_carries_the_security_headers(path):
    response = Client().get(path)
    policy = dict(
        part.strip().split(" ", 1) for part in response["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["form-action"] == "'self'"
    for name in ("script-src", "style-src"):
        assert "'self'" in policy[name]
        assert "unsafe" not in policy[name]
        assert "http" not in policy[name]
        assert "*" not in policy[name]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in response["Permissions-Policy"]


@pytest.mark.parametrize("header", ["HTTP_HOST", "HTTP_X_FORWARDED_HOST"])
@pytest.mark.parametrize(
    "path", ["/", "/accounts/password/reset/", "/sitemap.xml", "/fhir/metadata"]
)
def test_another_host_gets_into_no_address(header, path, ann, settings):
    settings.ALLOWED_HOSTS = ["testserver"]
    response = Client().post(path, {"email": ann.email}, **{header: "evil.example"})
    again = Client().get(path, **{header: "evil.example"})
    if header == "HTTP_HOST":
        assert (response.status_code, again.status_code) == (400, 400)
    assert b"evil.example" not in response.content + again.content
    assert not any("evil.example" in message.body for message in mail.outbox)


AWAY = ("https://evil.example/", "//evil.example", "/\\evil.example", "https:evil.example",
        "javascript:alert(1)", "\thttps://evil.example", "/%09/evil.example", "http:///evil.example")  # fmt: skip


@pytest.mark.parametrize("target", AWAY)
def test_next_leads_nowhere_else(target, ann):
    for url in (reverse("account_login"), f"{reverse('account_login')}?next={target}"):
        client = Client()
        response = sign_in(client, next=target)
        assert response.status_code == 302
        assert response.url in ("/", "/%09/evil.example"), response.url
        response = client.post(reverse("account_logout"), {"next": target})
        assert response.url in ("/", "/%09/evil.example"), response.url
        assert client.get(url).status_code in (200, 302)
    form = {
        "email": "n@example.org",
        "username": "new",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }
    response = Client().post(reverse("account_signup"), {**form, "next": target})
    assert "evil.example" not in response.url.replace("/%09/evil.example", "")


@pytest.mark.parametrize("split", ["\r\nSet-Cookie: a=b", "%0d%0aSet-Cookie:%20a=b", "\nX-Evil: 1"])
def test_no_text_can_begin_a_header(split, ann):
    client = Client()
    responses = [
        client.post("/", {"text": f"granuloma{split}"}),
        client.get("/search", {"q": split}),
        client.get("/infobutton", {"mainSearchCriteria.v.dn": split}),
        client.get("/api/v1/threads", {"q": split, "before": split}),
        client.get("/api/v1/threads", HTTP_AUTHORIZATION=f"Bearer x{split}"),
        sign_in(client, next=f"/{split}"),
        client.get("/forum/new/", {"q": split}),
        client.post("/read/download", {"text": f"FINDINGS: Clear.{split}", "form": "json"}),
    ]
    for response in responses:
        assert response.status_code < 500
        assert "a" not in response.cookies
        assert "X-Evil" not in response
        assert not any("\n" in value or "\r" in value for value in response.headers.values())


def test_a_title_can_not_begin_a_mail_header(ann, django_capture_on_commit_callbacks):
    staff = User.objects.create_user("mod", "mod@example.org", PASSWORD, role="moderator")
    category = Category.objects.get(slug="questions")
    title = "A question\r\nBcc: evil@example.org"
    thread = posting.post_thread(ann, category, title, "Words", uuid4())
    with django_capture_on_commit_callbacks(execute=True):
        posting.post_reply(staff, thread, "Hello", uuid4())
    (message,) = mail.outbox
    assert message.recipients() == [ann.email]
    assert "Bcc" not in message.message()


# Who is a member --------------------------------------------------------------------------------------


@pytest.fixture
def hashed(monkeypatch):
    """How many passwords were hashed, which is nearly all the work of signing in."""
    count = []
    encode = hashers.MD5PasswordHasher.encode

    def note(self, password, salt):
        count.append(1)
        return encode(self, password, salt)

    monkeypatch.setattr(hashers.MD5PasswordHasher, "encode", note)
    return count


def blur(response, *words):
    """A page without what must differ: the token of its form, and the address that was typed."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())
    for word in words:
        text = text.replace(word, "")
    return text


def test_signing_in_does_not_tell_who_is_a_member(ann, hashed):
    EmailAddress.objects.create(
        user=User.objects.create_user("eve", "eve@example.org", PASSWORD), email="eve@example.org"
    )
    ways = {}
    for email in (ann.email, "bob@example.org"):
        hashed.clear()
        response = sign_in(Client(), email, "wrong-word-12")
        ways[email] = (response.status_code, blur(response, email), len(hashed))
    assert ways[ann.email] == ways["bob@example.org"]
    assert ways[ann.email][2] > 0


def test_signing_up_does_not_tell_who_is_a_member(ann, hashed):
    ways = {}
    for email, name in ((ann.email, "new1"), ("bob@example.org", "new2")):
        hashed.clear()
        form = {"email": email, "username": name, "password1": PASSWORD, "password2": PASSWORD}
        client = Client()
        response = client.post(reverse("account_signup"), form, follow=True)
        ways[email] = (response.redirect_chain, blur(response, email), len(hashed))
    assert ways[ann.email] == ways["bob@example.org"]
    assert [message.to for message in mail.outbox] == [[ann.email], ["bob@example.org"]]
    assert "/confirm-email/" not in mail.outbox[0].body
    assert User.objects.filter(email=ann.email).count() == 1


def test_a_forgotten_password_does_not_tell_who_is_a_member(ann):
    ways = {}
    for email in (ann.email, "bob@example.org"):
        response = Client().post(reverse("account_reset_password"), {"email": email}, follow=True)
        ways[email] = (response.redirect_chain, blur(response, email))
    assert ways[ann.email] == ways["bob@example.org"]
    # Each gets a mail, so that the time does not tell either; the stranger's has no key.
    assert [message.to for message in mail.outbox] == [[ann.email], ["bob@example.org"]]
    assert "/password/reset/key/" in mail.outbox[0].body
    assert "/password/reset/key/" not in mail.outbox[1].body


@pytest.mark.parametrize("email", ["ann@example.org", "bob@example.org"])
def test_guessing_is_locked_out(email, ann):
    for number in range(8):
        # From many addresses, so that it is the account that is guarded.
        client = Client(REMOTE_ADDR=f"192.0.2.{number}")
        response = sign_in(client, email, f"guess-{number}")
    assert "Too many failed login attempts" in response.content.decode()
    client = Client(REMOTE_ADDR="198.51.100.1")
    assert sign_in(client, email).status_code == 200
    assert not is_signed_in(client)


def test_a_session_is_a_new_one_after_signing_in_and_none_after_leaving(ann):
    client = Client()
    client.post(reverse("forum:new"), {"title": "x"})  # unsent text is kept in a session
    before = client.cookies["sessionid"].value
    sign_in(client)
    after = client.cookies["sessionid"].value
    assert before != after
    thief = Client()
    thief.cookies["sessionid"] = before
    assert not is_signed_in(thief)
    thief.cookies["sessionid"] = after
    assert is_signed_in(thief)
    client.post(reverse("account_logout"))
    assert not is_signed_in(thief)


def test_a_new_password_ends_the_other_sessions(ann):
    here, elsewhere = Client(), Client()
    sign_in(here)
    sign_in(elsewhere)
    form = {"oldpassword": PASSWORD, "password1": "quiet-river-9", "password2": "quiet-river-9"}
    here.post(reverse("account_change_password"), form)
    assert is_signed_in(here)
    assert not is_signed_in(elsewhere)


# Links that work once ---------------------------------------------------------------------------------


def make_reset(ann):
    Client().post(reverse("account_reset_password"), {"email": ann.email})
    return get_link(mail.outbox.pop(), "/accounts/password/reset/key/")


def reset(link, password):
    client = Client()
    page = client.get(link, follow=True)
    form = {"password1": password, "password2": password}
    where = page.redirect_chain[-1][0] if page.redirect_chain else link
    client.post(where, form)
    return sign_in(Client(), password=password).status_code == 302


def test_a_reset_link_works_once_as_it_is_and_not_for_long(ann, monkeypatch):
    link = make_reset(ann)
    altered = re.sub(r"-(\w)", lambda m: f"-{'a' if m[1] != 'a' else 'b'}", link, count=1)
    assert altered != link
    assert not reset(altered, "altered-word-12")
    assert reset(link, "second-word-12")
    assert not reset(link, "third-word-12")
    link = make_reset(ann)
    later = timezone.now().replace(tzinfo=None) + timezone.timedelta(days=4)
    monkeypatch.setattr(type(default_token_generator), "_now", lambda self: later)
    assert not reset(link, "fourth-word-12")


def test_a_confirmation_link_works_once_as_it_is_and_not_for_long(monkeypatch):
    form = {
        "email": "n@example.org",
        "username": "new",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }
    Client().post(reverse("account_signup"), form)
    link = get_link(mail.outbox[0], "/accounts/confirm-email/")
    address = EmailAddress.objects.get(email="n@example.org")

    def confirm(path):
        Client().post(path)
        address.refresh_from_db()
        return address.verified

    now = time.time()
    assert not confirm(link.replace("/confirm-email/", "/confirm-email/X"))
    with monkeypatch.context() as patched:
        patched.setattr(signing.time, "time", lambda: now + 4 * 24 * 3600)
        assert not confirm(link)
    client = Client()
    client.get(link)
    address.refresh_from_db()
    assert not address.verified  # a mail program that opens links confirms nothing
    assert confirm(link)
    client = Client()
    client.post(link)
    assert not is_signed_in(client)  # an old link is no way in


# Files and addresses ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["report.pdf", "report.exe", "../../etc/passwd", "a\0b.txt", "x" * 300]
)
def test_a_file_is_what_its_content_is(name, caplog):
    text = b"FINDINGS: There is a calcified granuloma in the right upper lobe."
    file = SimpleUploadedFile("x", text, content_type="application/pdf")
    file._name = name  # as a hostile client sends it
    response = Client().post("/api/v1/read", {"file": file})
    assert response.status_code == 200
    assert response.json()["findings"]
    for content in (
        b"\x7fELF\x02\x01\x01" + bytes(200),
        b"MZ" + bytes(200),
        b"PK\x03\x04" + bytes(99),
    ):
        bad = SimpleUploadedFile("report.txt", content, content_type="text/plain")
        assert Client().post("/api/v1/read", {"file": bad}).status_code in (415, 422)
        bad.seek(0)
        assert Client().post("/read", {"file": bad}).status_code == 422


def test_nothing_fetches_an_address_that_a_user_gave(ann, monkeypatch):
    tried = []

    def note(self, address):
        tried.append(address)
        raise OSError("no network in tests")

    monkeypatch.setattr(socket.socket, "connect", note)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: tried.append(a) or [])
    url = "http://169.254.169.254/latest/"
    client = Client()
    client.force_login(ann, backend="django.contrib.auth.backends.ModelBackend")
    attachment = {"contentType": "application/pdf", "url": url}
    report = {"resourceType": "DiagnosticReport", "presentedForm": [attachment], "conclusion": url}
    html = f'<html><img src="{url}"><link href="{url}" rel="stylesheet"><p>Granuloma.</p></html>'
    xml = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{url}">]><ClinicalDocument>&x;</ClinicalDocument>'
    hook = {
        "hook": "patient-view",
        "hookInstance": "1",
        "fhirServer": url,
        "context": {"patientId": "1"},
        "prefetch": {"reports": report},
    }
    form = {"category": Category.objects.first().pk, "token": str(uuid4()), "step": "post"}
    for path, body in (
        ("/fhir/DiagnosticReport/$explain", report),
        ("/cds-services/pellucid-education", hook),
        ("/api/v1/read", {"text": url}),
        ("/api/v1/ask", {"question": f"What is {url}?"}),
    ):
        assert (
            client.post(path, json.dumps(body), content_type="application/json").status_code < 500
        )
    for content in (html, xml):
        client.post("/api/v1/read", content.encode(), content_type="application/octet-stream")
    client.post("/", {"text": url})
    words = f"![a]({url}) [b]({url}) {url}"
    made = client.post(reverse("forum:new"), {"title": f"Is {url} safe?", "source": words, **form})
    assert made.status_code == 302
    assert client.get(made.url).status_code == 200
    assert tried == []


# Mail -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("frequency", ["immediately", "daily"])
def test_mail_can_be_stopped_by_one_click(
    frequency, ann, settings, django_capture_on_commit_callbacks
):
    """RFC 8058: both headers, an https address, POST alone, no cookie, no sign-in, no redirect."""
    settings.SITE_URL = "https://forum.example.org"
    User.objects.filter(pk=ann.pk).update(email_frequency=frequency)
    staff = User.objects.create_user("mod", "mod@example.org", PASSWORD, role="moderator")
    category = Category.objects.get(slug="questions")
    with django_capture_on_commit_callbacks(execute=True):
        thread = posting.post_thread(ann, category, "What does this mean?", "Words", uuid4())
        posting.post_reply(staff, thread, "Hello", uuid4())
        posting.post_reply(staff, thread, "Hello again", uuid4())
    if frequency == "daily":
        assert mail.outbox == []
        call_command("send_digests")
        assert len(mail.outbox) == 1
    sent = message_from_bytes(mail.outbox[0].message().as_bytes(), policy=policy.default)
    assert sent["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = re.fullmatch(
        r"<(https://forum\.example\.org(/\S+))>", sent["List-Unsubscribe"].strip()
    )
    client = Client(enforce_csrf_checks=True)
    for forged in (
        address[2].replace(":", ":x", 1),
        address[2][:-6] + "/",
        "/members/unsubscribe/1/",
    ):
        assert client.post(forged, {"List-Unsubscribe": "One-Click"}).status_code == 404
    assert client.get(address[2]).status_code == 200
    ann.refresh_from_db()
    assert ann.email_frequency == frequency
    for _ in range(2):
        assert client.post(address[2], {"List-Unsubscribe": "One-Click"}).status_code == 200
    ann.refresh_from_db()
    assert ann.email_frequency == "never"
    assert not client.cookies
