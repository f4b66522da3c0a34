"""Members: signing up and in, their page, roles, bans, their data."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from itertools import pairwise
from uuid import uuid4

import html5lib
import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from pellucid.web.accounts import access, actions
from pellucid.web.accounts.models import AuditEntry, User
from pellucid.web.accounts.ranks import get_rank
from pellucid.web.forum.actions import posting, reacting
from pellucid.web.forum.models import Category, Notification, Post, Thread

pytestmark = pytest.mark.django_db
PASSWORD = "pass-word-12"


def make(name, role="member", **fields):
    member = User.objects.create_user(name, f"{name}@example.org", PASSWORD, role=role, **fields)
    EmailAddress.objects.create(user=member, email=member.email, verified=True, primary=True)
    return member


@pytest.fixture
def ann():
    return make("ann")


@pytest.fixture
def staff():
    return make("mod", "moderator")


@pytest.fixture
def boss():
    return make("boss", "administrator", is_staff=True, is_superuser=True)


def log_in(member):
    """Sign in as a person does: the page for it, the password."""
    client = Client()
    answer = client.post(reverse("account_login"), {"login": member.email, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def ask(member):
    category = Category.objects.get(slug="questions")
    return posting.post_thread(member, category, "What does this mean?", "My own story", uuid4())


def test_signing_up_needs_a_confirmed_address():
    client = Client()
    form = {
        "email": "new@example.org",
        "username": "newcomer",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }
    client.post(reverse("account_signup"), form)
    member = User.objects.get(username="newcomer")
    assert member.role == "member"
    assert client.get(reverse("accounts:me")).status_code == 302
    link = re.search(r"http://testserver(/accounts/confirm-email/\S+)", mail.outbox[0].body)[1]
    client.post(link)
    assert EmailAddress.objects.get(user=member).verified
    assert log_in(member).get(reverse("accounts:preferences")).status_code == 200


def test_signing_up_cannot_choose_a_role():
    form = {
        "email": "x@example.org",
        "username": "xeno",
        "password1": PASSWORD,
        "password2": PASSWORD,
        "role": "administrator",
        "is_staff": "1",
        "is_superuser": "1",
    }
    Client().post(reverse("account_signup"), form)
    member = User.objects.get(username="xeno")
    assert (member.role, member.is_staff, member.is_superuser) == ("member", False, False)


def test_text_is_there_after_signing_in(ann):
    client = Client()
    category = Category.objects.get(slug="questions").pk
    form = {
        "title": "What does this mean?",
        "category": category,
        "source": "My long story",
        "token": str(uuid4()),
        "step": "post",
    }
    away = client.post(reverse("forum:new"), form)
    back = client.post(away.url, {"login": ann.email, "password": PASSWORD, "next": "/forum/new/"})
    assert back.url == "/forum/new/"
    page = client.get(back.url).content.decode()
    assert "My long story" in page
    assert form["token"] in page
    # The text of one member is not there for the next at the same machine.
    client.post(reverse("account_logout"))
    assert "My long story" not in client.get(back.url).content.decode()


@pytest.mark.parametrize(
    ("posts", "rank"),
    [
        (0, "New member"),
        (5, "Member"),
        (24, "Member"),
        (25, "Active member"),
        (500, "Senior member"),
    ],
)
def test_ranks_follow_activity(posts, rank):
    assert get_rank(posts) == rank


def test_a_page_of_a_member_shows_rank_and_badge_but_no_address(ann, staff):
    doctor = make("doc", "clinician", verified_at=timezone.now(), field="Radiology")
    expected = {ann: "New member, 0 posts", staff: "Moderator", doctor: "Clinician, Radiology"}
    for member, text in expected.items():
        page = Client().get(member.get_absolute_url()).content.decode()
        assert text in page
        assert member.email not in page


def test_what_a_member_says_of_themselves_is_inert(ann):
    log_in(ann).post(
        reverse("accounts:preferences"),
        {"about": "<script>alert(1)</script>", "email_frequency": "daily", "role": "administrator"},
    )
    ann.refresh_from_db()
    assert (ann.email_frequency, ann.role) == ("daily", "member")
    page = Client().get(ann.get_absolute_url()).content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


def test_export_has_what_is_mine_and_nothing_of_others(ann, staff):
    thread = ask(ann)
    actions.add_note(staff, ann, "Watch this one")
    posting.post_reply(staff, thread, "Words of staff", uuid4())
    client = log_in(ann)
    assert client.get(reverse("accounts:export")).status_code == 405
    answer = client.post(reverse("accounts:export"))
    data = json.loads(answer.content)
    assert data["member"]["email"] == ann.email
    assert [p["source"] for p in data["posts"]] == ["My own story"]
    assert data["threads"][0]["title"] == "What does this mean?"
    assert "pass" not in data["member"]
    text = answer.content.decode()
    assert "Words of staff" not in text
    assert "Watch this one" not in text
    assert staff.email not in text


def test_export_knows_every_table_that_points_to_a_member():
    # What is left out on purpose: what others decided or noted about a member, sessions, keys.
    left_out = {
        "staff_notes",
        "logentry",
        "emailaddress",
        "authenticator",
        "usersession",
    }
    related = {
        r.get_accessor_name()
        for r in User._meta.related_objects
        if r.related_model._meta.app_label in ("forum", "accounts", "saved", "socialaccount")
        and r.get_accessor_name()
    }
    assert related - left_out == set(access.export_member(make("zoe"))) - {"member"}


def test_deleting_the_account_leaves_the_words_without_a_name(ann, staff):
    thread = ask(ann)
    reply = posting.post_reply(staff, thread, "Hello", uuid4())
    reacting.set_vote(ann, reply, True)
    client, url = log_in(ann), reverse("accounts:delete")
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert "not your user name" in client.post(url, {"username": "somebody"}).content.decode()
    assert User.objects.filter(pk=ann.pk).exists()
    assert client.post(url, {"username": "ann"}).status_code == 302
    assert not User.objects.filter(username="ann").exists()
    assert not EmailAddress.objects.filter(email="ann@example.org").exists()
    assert not Notification.objects.filter(member_id=ann.pk).exists()
    assert Post.objects.get(thread=thread, opening=True).author is None
    assert client.get(reverse("accounts:preferences")).status_code == 302
    Thread.objects.filter(pk=thread.pk).update(state="visible")
    thread.posts.update(state="visible")
    page = Client().get(thread.get_absolute_url()).content.decode()
    assert "Former member" in page
    assert ">ann<" not in page


def test_deleting_asks_for_the_password_again(ann):
    answer = log_in(ann).post(reverse("accounts:delete"), {"username": "ann"})
    assert answer.status_code == 302
    assert answer.url.startswith("/accounts/reauthenticate/")
    assert User.objects.filter(pk=ann.pk).exists()


def test_the_last_administrator_stays(boss):
    with pytest.raises(PermissionDenied):
        actions.delete_account(boss)
    with pytest.raises(PermissionDenied):
        actions.set_role(boss, boss, "member", "", False)
    make("second", "administrator")
    actions.delete_account(boss)
    assert not User.objects.filter(username="boss").exists()


def test_roles_are_given_by_administrators_only(ann, staff, boss):
    url = reverse("accounts:staff", args=["ann"])
    form = {
        "step": "role",
        "role-role": "clinician",
        "role-field": "Radiology",
        "role-verified": "on",
    }
    log_in(staff).post(url, form)
    ann.refresh_from_db()
    assert ann.role == "member"
    with pytest.raises(PermissionDenied):
        actions.set_role(staff, ann, "clinician", "", True)
    log_in(boss).post(url, form)
    ann.refresh_from_db()
    assert (ann.role, ann.badge, ann.is_reviewer) == ("clinician", "Clinician, Radiology", True)
    actions.set_role(boss, ann, "clinician", "Radiology", False)
    assert not ann.is_reviewer
    assert AuditEntry.objects.filter(action="role").count() == 2


def test_bans_and_notes_are_for_staff_and_in_the_log(ann, staff, boss):
    client, url = log_in(staff), reverse("accounts:staff", args=["ann"])
    assert log_in(ann).get(url).status_code == 403
    client.post(url, {"step": "note", "note-text": "Watch this one"})
    assert "Watch this one" in client.get(url).content.decode()
    assert "Watch this one" not in log_in(ann).get(ann.get_absolute_url()).content.decode()
    past = (timezone.now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    assert (
        "This time is past."
        in client.post(url, {"step": "ban", "ban-reason": "x", "ban-until": past}).content.decode()
    )
    assert access.find_active_ban(ann) is None
    client.post(url, {"step": "ban", "ban-reason": "Rude"})
    assert access.find_active_ban(ann).by == staff
    client.post(url, {"step": "lift"})
    assert access.find_active_ban(ann) is None
    assert set(AuditEntry.objects.values_list("action", flat=True)) == {"note", "ban", "lift-ban"}
    for target in (staff, boss):
        with pytest.raises(PermissionDenied):
            actions.ban(staff, target, "No", None)


def test_notifications_are_mine_and_can_be_read(ann, staff):
    thread = ask(ann)
    posting.post_reply(staff, thread, "Hello", uuid4())
    client, url = log_in(ann), reverse("accounts:notifications")
    assert ">New</strong>" in client.get(url).content.decode()
    assert "What does this mean?" not in log_in(staff).get(url).content.decode()
    assert client.get(thread.get_absolute_url()).status_code == 200
    assert ">New</strong>" not in client.get(url).content.decode()
    posting.post_reply(staff, thread, "Again", uuid4())
    assert ">New</strong>" in client.get(url).content.decode()
    client.post(url)
    assert ">New</strong>" not in client.get(url).content.decode()


def test_private_pages_ask_to_sign_in(ann):
    for name in ("me", "notifications", "bookmarks", "preferences", "export", "delete"):
        url = reverse(f"accounts:{name}")
        answer = Client().post(url) if name == "export" else Client().get(url)
        assert answer.status_code == 302
        assert answer.url == f"/accounts/login/?next={url}"


PAGES = (
    "/forum/", "/forum/new/", "/forum/search/?q=mean", "/forum/category/questions/", "THREAD", "REPLY", "EDIT", "FLAG",
    "/forum/staff/review/", "/forum/staff/moderation/", "/forum/staff/log/", "REVIEW", "TOOLS", "/members/@ann/",
    "/members/@ann/staff/", "/members/notifications/", "/members/bookmarks/", "/members/preferences/", "/members/delete/",
    "/accounts/email/", "/accounts/password/change/", "/accounts/2fa/", "/accounts/sessions/", "/accounts/logout/",
    "OUT /accounts/login/", "OUT /accounts/signup/", "OUT /accounts/password/reset/", "OUT /forum/", "OUT /forum/new/",
)  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_whole_and_can_be_used_by_all(page, ann, boss):
    thread = ask(ann)
    reply = posting.post_reply(boss, thread, "# Heading\n\n- list", uuid4())
    who, _, url = page.rpartition(" ")
    number = {"THREAD": ("thread_number", thread.pk), "REPLY": ("reply", thread.pk), "EDIT": ("edit", reply.pk),
              "REVIEW": ("review", thread.pk), "TOOLS": ("tools", thread.pk), "FLAG": ("flag", thread.posts.first().pk)}  # fmt: skip
    if url in number:
        url = reverse(f"forum:{number[url][0]}", args=[number[url][1]])
    client = Client() if who else log_in(boss)
    answer = client.get(url, follow=True)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert len(answer.content) < 150_000
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    tree = parser.parse(text)
    assert len(tree.findall(".//h1")) == 1
    levels = [
        int(e.tag[1])
        for e in tree.iter()
        if isinstance(e.tag, str) and re.fullmatch("h[1-6]", e.tag)
    ]
    assert all(after - before <= 1 for before, after in pairwise(levels)), levels
    ids = [e.get("id") for e in tree.iter() if e.get("id")]
    assert len(ids) == len(set(ids)), sorted(i for i in ids if ids.count(i) > 1)
    labels = {e.get("for") for e in tree.iter("label")}
    for field in [*tree.iter("input"), *tree.iter("textarea"), *tree.iter("select")]:
        if field.get("type") not in ("hidden", "submit"):
            assert field.get("id") in labels, field.attrib
    for element in tree.iter():
        assert "style" not in element.attrib
        assert not any(a.startswith("on") for a in element.attrib)
        if element.tag == "script":
            assert element.get("src") or element.get("type") in (
                "application/ld+json",
                "application/json",
            )
        if element.tag == "form" and element.get("method") == "post":
            assert any(i.get("name") == "csrfmiddlewaretoken" for i in element.iter("input"))


@pytest.mark.parametrize("name", ["accounts_user", "accounts_auditentry", "forum_category", "forum_thread", "forum_post", "forum_draft", "forum_flag"])  # fmt: skip
def test_admin_pages_open_for_administrators_and_give_no_role(name, ann, staff, boss):
    ask(ann)
    actions.add_note(staff, ann, "Watch this one")
    url = reverse(f"admin:{name}_changelist")
    assert log_in(boss).get(url).status_code == 200
    assert log_in(staff).get(url).status_code == 302
    change = reverse("admin:accounts_user_change", args=[ann.pk])
    page = log_in(boss).get(change).content.decode()
    assert 'name="role"' not in page
    assert 'name="username"' in page
