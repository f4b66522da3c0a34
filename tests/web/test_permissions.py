"""Who may do what: one table for every address of the site and every role; a new address needs a row.

``permissions.txt`` has the addresses; each row is tried as each of six people, by GET and by POST.
The API has its own table below: there a token's scopes count, and a browser's session never does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone

from pellucid.web.accounts.access import export_member
from pellucid.web.accounts.models import User
from pellucid.web.api.access import find_tokens
from pellucid.web.api.actions import make_token
from pellucid.web.api.models import ApiToken
from pellucid.web.forum import access
from pellucid.web.forum.actions import posting, reacting
from pellucid.web.forum.models import Category, Notification, Post, State, Thread
from pellucid.web.forum.notify import make_unsubscribe_url
from pellucid.web.saved.actions import save_report

pytestmark = pytest.mark.django_db

ROLES = ("member", "author", "clinician", "moderator", "administrator")
PEOPLE = ("anonymous", *ROLES)
GROUPS = {
    "everyone": {*PEOPLE},
    "members": {*ROLES},
    "others": {*ROLES} - {"author"},
    "reviewers": {"clinician", "moderator", "administrator"},
    "moderators": {"moderator", "administrator"},
    "administrator": {"administrator"},
    "author": {"author"},
    "readers": {"author", "clinician", "moderator", "administrator"},
    "editors": {"author", "moderator", "administrator"},
    "anonymous": {"anonymous"},
    "nobody": set(),
}
TABLE = Path(__file__).parent / "permissions.txt"


def read_table() -> dict[str, tuple[set[str], set[str]]]:
    """Rows by the name of the address: who may by GET, who by POST."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines if line and not line.startswith("#")]
    assert len({row[0] for row in rows}) == len(rows), "an address twice"
    return {name: (GROUPS[get], GROUPS[post]) for name, get, post in rows}


def walk(patterns: list, spaces: str = "", parts: tuple = ()) -> Iterator[tuple[str, list[str]]]:
    """Every address of the resolver by its name with its name spaces, or its route; and its parts."""
    for pattern in patterns:
        own = pattern.pattern
        more = (*parts, *(own.converters or own.regex.groupindex))
        if isinstance(pattern, URLPattern):
            yield spaces + (pattern.name or f"({own})"), list(more)
        else:
            inner = f"{spaces}{pattern.namespace}:" if pattern.namespace else spaces
            yield from walk(pattern.url_patterns, inner, more)


ADDRESSES = dict(walk(get_resolver().url_patterns))
#: A body with a field for every form, so that what is refused is refused for who asks.
FORM = {
    "title": "Is this a question?",
    "source": "Some words",
    "about": "Me",
    "email_frequency": "never",
    "on": "1",
    "step": "post",
    "reason": "spam",
    "state": "approved",
    "decision": "hide",
    "text": "What is a granuloma?",
}


@pytest.fixture
def world():
    """A site with one member of each role, a thread of the author's with a reply, and a session each."""
    people = {
        role: User.objects.create_user(
            role,
            f"{role}@example.org",
            "pass-word-12",
            role="member" if role == "author" else role,
            verified_at=timezone.now(),
            is_staff=role == "administrator",
            is_superuser=role == "administrator",
        )
        for role in ROLES
    }
    for person in people.values():
        EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    category = Category.objects.get(slug="questions")
    question = "What does nodular calcification mean?"
    thread = posting.post_thread(people["author"], category, question, "My story", uuid4())
    show(thread, State.VISIBLE)
    posting.edit_post(people["author"], thread.posts.get(), "My longer story")
    reply = posting.post_reply(people["author"], thread, "More of it", uuid4())
    show(thread, State.VISIBLE)
    cookies = {"anonymous": {}}
    for role, person in people.items():
        client = Client()
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        cookies[role] = {"sessionid": client.cookies["sessionid"].value}
    return SimpleNamespace(
        people=people, thread=thread, post=thread.posts.get(opening=True), reply=reply,
        cookies=cookies, report=save_report(people["author"], "CT", "FINDINGS: A cyst.", uuid4()),
    )  # fmt: skip


def show(thread, state):
    Thread.objects.filter(pk=thread.pk).update(state=state)
    thread.posts.update(state=state)


def find_address(name: str, world) -> str:
    """The address of a row, about what the author has."""
    of_thread = name.rpartition(":")[2] in (
        *(
            "thread",
            "thread_number",
            "thread_feed",
            "reply",
            "follow",
            "bookmark",
            "review",
            "tools",
        ),
        *("show_thread", "create_post"),
    )
    of_report = name.startswith("saved:")
    of_reply = name in ("forum:accept", "forum:endorse")
    post = world.reply if of_reply else world.post
    known = {
        "number": (world.report if of_report else world.thread if of_thread else post).pk,
        "slug": world.thread.slug if name == "forum:thread" else "questions",
        "concept": "nodular-calcification",
        "letter": "g",
        "site": "lung",
        "section": "pages",
        "username": "author",
        "token": make_unsubscribe_url(world.people["author"]).rstrip("/").rpartition("/")[2],
        "key": "set-password",
        "uidb36": "1",
        "pk": 1,
        "service": "pellucid-education",
        "provider_id": "nobody",
        "rest": "nothing",
        "id": world.people["member"].pk,
        "object_id": "1",
        "content_type_id": "1",
        "app_label": "forum",
        "url": "nothing",
    }
    if name.startswith("(") and "<" not in name:
        return f"/accounts/{name.strip('()')}"
    return reverse(name, kwargs={part: known[part] for part in ADDRESSES[name]})


def may(method: str, address: str, who: str, world) -> bool:
    """Whether the site lets somebody do it; whatever it does is undone."""
    point = transaction.savepoint()
    client = Client(REMOTE_ADDR="192.0.2.7", raise_request_exception=True)
    client.cookies.load(world.cookies[who])
    form = {**FORM, "category": str(world.thread.category_id), "token": str(uuid4())}
    response = getattr(client, method)(address, form if method == "post" else None)
    transaction.savepoint_rollback(point)
    assert response.status_code < 500, address
    if response.status_code in (301, 302):
        return not response.url.startswith(("/accounts/login/", "/admin/login/"))
    return response.status_code in (200, 204, 400, 415, 422)


SPACES = sorted({name.partition(":")[0] if ":" in name else "" for name in read_table()})


@pytest.mark.parametrize("space", SPACES)
def test_each_address_lets_in_who_it_should(space, world):
    table = read_table()
    names = [n for n in table if (n.partition(":")[0] if ":" in n else "") == space]
    found = {
        name: tuple(
            {who for who in PEOPLE if may(method, find_address(name, world), who, world)}
            for method in ("get", "post")
        )
        for name in names
    }
    assert found == {name: table[name] for name in names}


def test_each_address_has_its_row():
    own = {name for name in ADDRESSES if not name.startswith("admin:")}
    assert own == set(read_table())


def test_djangos_administration_is_for_administrators(world):
    names = [n for n in ADDRESSES if n.startswith("admin:") and n not in ("admin:login", "admin:(")]
    assert len(names) > 80
    let_in = set()
    for name in names:
        if "(" in name:
            continue  # they redirect to the addresses that are tried
        address = find_address(name, world)
        # Taking leave, and the texts of its scripts, are for all.
        if name in ("admin:logout", "admin:jsi18n"):
            continue
        for who in PEOPLE:
            if may("get", address, who, world) or may("post", address, who, world):
                let_in.add(who)
    assert let_in == {"administrator"}


# The API: what a token's scopes say, and what its owner may see ---------------------------------------

#: Operations by method and address: the scope, and whether it can do without a token.
API = {
    "post /api/v1/ask": ("ask", True),
    "post /api/v1/read": ("read", True),
    "get /api/v1/concepts": ("concepts", True),
    "get /api/v1/concepts/{concept}": ("concepts", True),
    "get /api/v1/search": ("concepts", True),
    "get /api/v1/categories": ("threads:read", True),
    "get /api/v1/threads": ("threads:read", True),
    "get /api/v1/threads/{number}": ("threads:read", True),
    "get /api/v1/posts/{number}": ("threads:read", True),
    "post /api/v1/threads": ("threads:write", False),
    "post /api/v1/threads/{number}/posts": ("threads:write", False),
    "put /api/v1/posts/{number}/vote": ("threads:write", False),
    "delete /api/v1/posts/{number}/vote": ("threads:write", False),
    "put /api/v1/posts/{number}/flag": ("threads:write", False),
    "get /infobutton": ("concepts", True),
    "post /fhir/DiagnosticReport/$explain": ("read", True),
    "post /cds-services/pellucid-education": ("read", True),
    "get /metrics": ("metrics", False),
}


def call(operation, world, secret=None, post=None):
    """Call an operation about the author's thread, or another post; what it does is undone."""
    method, _, path = operation.partition(" ")
    post = post or world.post
    path = path.replace("{concept}", "granuloma")
    path = path.replace("{number}", str(post.thread_id if "/threads/" in path else post.pk))
    if method == "get":
        path += "?q=a&mainSearchCriteria.v.dn=granuloma"
    bodies = {
        "ask": {"question": "What is a granuloma?"},
        "read": {"text": "FINDINGS: Clear."},
        "threads": {"category": "questions", "title": "Is this a question?"},
        "posts": {"text": "Words"},
        "flag": {"reason": "spam"},
        "$explain": {"resourceType": "DiagnosticReport", "conclusion": "Clear."},
        "pellucid-education": {
            "hook": "patient-view",
            "hookInstance": "1",
            "context": {},
            "prefetch": {},
        },
    }
    headers = {"HTTP_IDEMPOTENCY_KEY": str(uuid4()), "REMOTE_ADDR": "192.0.2.7"}
    if secret:
        headers["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
    body = None if method == "get" else json.dumps(bodies.get(path.rpartition("/")[2], {}))
    options = {} if method == "get" else {"content_type": "application/json"}
    point = transaction.savepoint()
    response = getattr(Client(), method)(path, body, **options, **headers)
    transaction.savepoint_rollback(point)
    return response.status_code


def test_each_operation_lets_in_its_scope_alone(world, settings):
    settings.API_LIMITS = dict.fromkeys(ApiToken.Scope.values, 10**6)
    boss = world.people["administrator"]
    secrets = {scope: make_token(boss, "t", [scope])[1] for scope in ApiToken.Scope.values}
    for operation, (scope, free) in API.items():
        refused = 403 if operation == "get /metrics" else 401
        assert (call(operation, world) < 300) is free, operation
        assert call(operation, world) in ((200,) if free else (refused,)), operation
        assert call(operation, world, "plc_wrong") in (401, 403), operation
        for held, secret in secrets.items():
            expected = (200, 201, 204) if held == scope else (403,)
            assert call(operation, world, secret) in expected, (operation, held)


def test_each_operation_has_its_row():
    document = Client().get("/api/v1/openapi.json").json()
    rest = {f"{method} {path}" for path, methods in document["paths"].items() for method in methods}
    assert rest == {operation for operation in API if "/api/v1/" in operation}


SEES = {
    State.VISIBLE: {*PEOPLE},
    State.HELD: GROUPS["readers"],
    State.HIDDEN: GROUPS["readers"],
    State.DELETED: GROUPS["moderators"],
}
#: Of what can be seen, who may: writing is for members, and not all of it for the author.
TRIES = {
    "get forum:thread_number": GROUPS["everyone"],
    "get forum:post": GROUPS["everyone"],
    "post forum:reply": GROUPS["members"],
    "post forum:follow": GROUPS["members"],
    "post forum:vote": GROUPS["others"],
    "post forum:flag": GROUPS["others"],
    "get forum:history": GROUPS["readers"],
    "post forum:edit": GROUPS["editors"],
    "post forum:delete": GROUPS["author"],
    "post forum:review": GROUPS["reviewers"],
    "post forum:tools": GROUPS["moderators"],
    "post forum:decide": GROUPS["moderators"],
    "get /api/v1/threads/{number}": GROUPS["everyone"],
    "get /api/v1/posts/{number}": GROUPS["everyone"],
    "post /api/v1/threads/{number}/posts": GROUPS["members"],
    "put /api/v1/posts/{number}/vote": GROUPS["others"],
    "put /api/v1/posts/{number}/flag": GROUPS["others"],
}


@pytest.mark.parametrize("state", SEES)
def test_what_is_not_shown_can_not_be_reached_by_its_number(state, world, settings):
    settings.API_LIMITS = dict.fromkeys(ApiToken.Scope.values, 10**6)
    show(world.thread, state)
    scopes = [s for s in ApiToken.Scope.values if s.startswith("threads:")]
    secrets = {role: make_token(p, "t", scopes)[1] for role, p in world.people.items()}
    found = {}
    for attempt in TRIES:
        method, _, address = attempt.partition(" ")
        if address.startswith("/"):
            done = {who for who in PEOPLE if call(attempt, world, secrets.get(who)) < 300}
        else:
            path = find_address(address, world)
            done = {who for who in PEOPLE if may(method, path, who, world)}
        found[attempt] = done
    assert found == {attempt: group & SEES[state] for attempt, group in TRIES.items()}


def test_a_withdrawn_answer_is_for_reviewers(world):
    draft = world.thread.draft
    draft.state, draft.source, draft.html = "withdrawn", "Zebrafish", "<p>Zebrafish</p>"
    draft.save()
    path = world.thread.get_absolute_url()
    for who in PEOPLE:
        client = Client()
        client.cookies.load(world.cookies[who])
        assert ("Zebrafish" in client.get(path).content.decode()) == (who in GROUPS["reviewers"])
        if who != "anonymous":
            secret = make_token(world.people[who], "t", ["threads:read"])[1]
            response = client.get(
                f"/api/v1/threads/{world.thread.pk}", HTTP_AUTHORIZATION=f"Bearer {secret}"
            )
            assert ("Zebrafish" in response.content.decode()) == (who in GROUPS["reviewers"])


def test_what_is_a_members_own_is_only_theirs(world):
    """Notifications, unsent text, bookmarks, tokens, keys and data: there is no number to guess."""
    author, others = world.people["author"], [p for r, p in world.people.items() if r != "author"]
    reacting.set_bookmark(author, world.thread, True)
    posting.post_reply(world.people["moderator"], world.thread, "Zebrafish", uuid4())
    token, secret = make_token(author, "Zebrafish", ["ask"])
    Authenticator.objects.create(user=author, type="recovery_codes", data={"seed": "zebrafish"})
    writer = Client()
    writer.cookies.load(world.cookies["author"])
    writer.post(reverse("forum:new"), {"title": "a", "source": "My unsent Zebrafish"})
    assert "unsent Zebrafish" in writer.get(reverse("forum:new")).content.decode()
    assert access.find_notifications(author).exists()
    assert list(find_tokens(author)) == [token]
    assert list(access.find_bookmarked(author)) == [world.thread]
    for other in others:
        assert not access.find_notifications(other).filter(member=author).exists()
        assert not find_tokens(other).exists()
        assert not access.find_bookmarked(other).exists()
        assert author.email not in json.dumps(export_member(other), default=str)
        client = Client()
        client.force_login(other, backend="django.contrib.auth.backends.ModelBackend")
        assert "unsent Zebrafish" not in client.get(reverse("forum:new")).content.decode()
        client.post(reverse("accounts:notifications"))
        client.post(reverse("accounts:preferences"), {"about": "x", "email_frequency": "never"})
        client.post(reverse("accounts:block", args=["author"]), {"on": "1"})
    assert Notification.objects.filter(member=author, read_at=None).exists()
    author.refresh_from_db()
    assert (author.about, author.email_frequency) == ("", "immediately")
    assert secret not in json.dumps(export_member(author), default=str)


def test_an_unverified_clinician_is_a_member(world):
    User.objects.filter(role="clinician").update(verified_at=None)
    for name in ("forum:review", "forum:review_queue"):
        assert not may("get", find_address(name, world), "clinician", world)
    assert Post.objects.filter(endorsed_by__isnull=False).count() == 0
    assert not may("post", find_address("forum:endorse", world), "clinician", world)


def test_who_was_made_inactive_is_nobody(world):
    User.objects.exclude(role="member").update(is_active=False)
    for name in ("forum:review", "forum:tools", "accounts:preferences", "forum:follow"):
        for who in GROUPS["moderators"]:
            assert not may("get", find_address(name, world), who, world)
