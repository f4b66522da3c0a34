"""The forum in the REST API: what the site allows, refuses and holds, the API does too."""

from __future__ import annotations

import json
from uuid import uuid4

import jsonschema
import pytest
from django.test import Client

from pellucid.web.accounts.actions import ban, set_block
from pellucid.web.accounts.models import User
from pellucid.web.api.actions import make_token
from pellucid.web.forum.actions import moderating, posting, reacting, reviewing
from pellucid.web.forum.models import Category, Flag, Post, State, Thread, Vote

pytestmark = pytest.mark.django_db
QUESTION = "What does nodular calcification mean?"


def make(name, role="member", **fields):
    return User.objects.create_user(
        name, f"{name}@example.org", "pass-word-12", role=role, **fields
    )


@pytest.fixture
def ann():
    """A member whose posts are shown at once."""
    member = make("ann")
    publish(ask(member, "Hello, is anybody here?"))
    return member


@pytest.fixture
def bob():
    """A newcomer."""
    return make("bob")


@pytest.fixture
def staff():
    return make("mod", "moderator")


def ask(member, title=QUESTION, source="It is in my report."):
    category = Category.objects.get(slug="questions")
    return posting.post_thread(member, category, title, source, uuid4())


def publish(thread):
    Thread.objects.filter(pk=thread.pk).update(state=State.VISIBLE)
    thread.posts.update(state=State.VISIBLE)
    return thread


class Caller:
    """Calls the API as a member, or as nobody."""

    def __init__(self, member=None, *scopes):
        secret = member and make_token(member, "t", scopes or ("threads:read", "threads:write"))[1]
        self._headers = {"HTTP_AUTHORIZATION": f"Bearer {secret}"} if member else {}

    def get(self, path, **query):
        return Client().get(f"/api/v1/{path}", query, **self._headers)

    def send(self, method, path, body=None, key=None):
        headers = {"HTTP_IDEMPOTENCY_KEY": str(key or uuid4()), **self._headers}
        return getattr(Client(), method)(
            f"/api/v1/{path}", json.dumps(body or {}), content_type="application/json", **headers
        )

    def ask(self, key=None, **body):
        body = {"category": "questions", "title": QUESTION, **body}
        return self.send("post", "threads", body, key)

    def reply(self, thread, key=None, **body):
        return self.send("post", f"threads/{thread.pk}/posts", {"text": "Thanks!", **body}, key)


def check_problem(response, status, code):
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
    body = response.json()
    assert body["code"] == code, body
    return body


def test_a_question_is_posted_once_with_its_answer(ann):
    caller, key = Caller(ann), uuid4()
    first, second = caller.ask(key, text="**Mine**"), caller.ask(key, text="**Mine**")
    assert (first.status_code, first.json()) == (201, second.json())
    assert first["Location"] == f"/api/v1/threads/{first.json()['thread']}"
    assert first["Cache-Control"] == "no-store"
    assert Thread.objects.filter(title=QUESTION).count() == 1
    body = Caller().get(f"threads/{first.json()['thread']}").json()
    assert body["answer"]["state"] == "automatic"
    assert body["answer"]["label"] == "Automatic answer, not yet reviewed"
    assert body["answer"]["answer"]["status"] == "answered"
    assert {"concept": "nodular-calcification", "name": "Nodular calcification"} in body["concepts"]
    assert body["posts"][0]["html"] == "<p><strong>Mine</strong></p>\n"
    assert body["posts"][0]["author"] == {"name": "ann", "badge": ""}
    assert ann.email not in json.dumps(body)


def test_a_key_is_for_one_text(ann):
    caller, key = Caller(ann), uuid4()
    thread = Thread.objects.get(pk=caller.ask(key, text="One").json()["thread"])
    check_problem(caller.ask(key, text="Two"), 422, "idempotency-key")
    check_problem(caller.ask(key, text="One", title="Quite another"), 422, "idempotency-key")
    check_problem(caller.reply(thread, key, text="One"), 422, "idempotency-key")
    assert caller.ask(key, text="One").status_code == 201
    posting.edit_post(ann, thread.posts.get(), "One, edited")
    assert caller.ask(key, text="One").status_code == 201
    assert Post.objects.filter(thread=thread).count() == 1
    other = ask(ann, "Is this another thread?")
    key = uuid4()
    assert caller.reply(thread, key).status_code == 201
    check_problem(caller.reply(other, key), 422, "idempotency-key")
    assert caller.send("post", "threads", {}, "no-uuid").status_code == 422


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"title": "a"}, "title"),
        ({"title": "Two\nlines here"}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": " padded with space "}, "title"),
        ({"title": "a\0bcdef"}, "title"),
        ({"text": "a\0b"}, "text"),
        ({"text": "x" * 20_001}, "text"),
        ({"text": None}, "text"),
        ({"category": "nothing"}, "category"),
        ({"personal_details": "hide"}, "personal_details"),
        ({"state": "visible"}, "state"),
    ],
)
def test_a_question_that_is_none_says_where(ann, fields, place):
    body = check_problem(Caller(ann).ask(**fields), 422, "validation")
    assert body["errors"][0]["location"].endswith(place)
    assert Post.objects.count() == 1


def test_a_newcomer_waits_for_staff_here_too(bob, ann, staff):
    response = Caller(bob).ask()
    number = response.json()["thread"]
    assert (response.status_code, response.json()["state"]) == (201, "held")
    check_problem(Caller().get(f"threads/{number}"), 404, "not-found")
    check_problem(Caller(ann).get(f"threads/{number}"), 404, "not-found")
    for member in (bob, staff):
        assert Caller(member).get(f"threads/{number}").json()["state"] == "held"
    assert number not in [t["thread"] for t in Caller(bob).get("threads").json()["threads"]]
    assert not Caller(ann).get("threads", q="nodular").json()["threads"]


def test_rates_bans_and_locks_hold_here_too(ann, bob, staff, settings):
    thread = publish(ask(ann))
    settings.FORUM_POSTS_PER_HOUR_NEW = 1
    assert Caller(bob).reply(thread).status_code == 201
    response = Caller(bob).reply(thread)
    check_problem(response, 429, "rate")
    assert 0 < int(response["Retry-After"]) <= 3600
    moderating.set_locked(staff, thread, True)
    assert "locked" in check_problem(Caller(ann).reply(thread), 403, "refused")["detail"]
    moderating.set_locked(staff, thread, False)
    ban(staff, ann, "Rude", None)
    assert "Rude" in check_problem(Caller(ann).reply(thread), 403, "refused")["detail"]
    assert thread.posts.count() == 2


def test_scopes_keep_apart(ann):
    thread = publish(ask(ann))
    reader, writer = Caller(ann, "threads:read"), Caller(ann, "threads:write")
    check_problem(reader.reply(thread), 403, "scope")
    check_problem(writer.get("threads"), 403, "scope")
    assert reader.get("threads").status_code == writer.reply(thread).status_code - 1 == 200
    response = Caller().reply(thread)
    check_problem(response, 401, "token")
    assert response["WWW-Authenticate"] == "Bearer"


def test_a_browsers_session_writes_nothing(ann):
    client = Client()
    client.force_login(ann, backend="django.contrib.auth.backends.ModelBackend")
    response = client.put("/api/v1/posts/1/vote")
    check_problem(response, 401, "token")


def test_lists_are_filtered_and_cut(ann, staff, settings):
    settings.FORUM_PAGE_SIZE = 2
    threads = [publish(ask(ann, f"What is pleural plaque number {n}?")) for n in range(5)]
    reply = posting.post_reply(staff, threads[0], "It is harmless.", uuid4())
    reacting.set_accepted(ann, reply, True)
    draft = threads[1].draft
    reviewing.review(staff, draft, "approved", "Right")

    def collect(**query):
        found, response = [], Caller().get("threads", **query).json()
        while True:
            found += [t["thread"] for t in response["threads"]]
            if response["next"] is None:
                return found
            response = Client().get(response["next"]).json()

    every = [t.pk for t in [threads[0], *threads[:0:-1]]]
    hello = Thread.objects.get(title__startswith="Hello").pk
    assert collect() == [*every, hello]
    assert collect(q="plaque number") == collect(concept="pleural-plaque") == every
    assert collect(q="harmless") == collect(accepted="true") == [threads[0].pk]
    assert collect(accepted="false") == [*every[1:], hello]
    assert collect(answer="approved") == [threads[1].pk]
    assert collect(author="ann", category="questions") == [*every, hello]
    assert collect(author="mod") == collect(category="scans") == collect(q="zzz") == []
    check_problem(Caller().get("threads", accepted="perhaps"), 422, "validation")
    set_block(staff, ann, True)
    assert Caller(staff).get("threads").json()["threads"] == []


def test_a_thread_gives_its_posts_in_parts(ann, staff, settings):
    settings.FORUM_PAGE_SIZE = 2
    thread = publish(ask(ann))
    replies = [posting.post_reply(staff, thread, f"Reply {n}", uuid4()) for n in range(3)]
    reacting.set_vote(ann, replies[2], True)
    first = Caller().get(f"threads/{thread.pk}").json()
    second = Client().get(first["next"]).json()
    assert [p["text"] for p in first["posts"]] == ["It is in my report.", "Reply 0"]
    assert [p["text"] for p in second["posts"]] == ["Reply 1", "Reply 2"]
    assert second["next"] is None
    assert second["posts"][1]["helpful"] == 1
    assert second["posts"][1]["author"] == {"name": "mod", "badge": "Moderator"}
    assert Caller().get(f"posts/{replies[2].pk}").json() == second["posts"][1]


def test_what_a_reviewer_corrected_is_not_given_out_as_data(ann, staff):
    thread = publish(ask(ann))
    path = f"threads/{thread.pk}"
    reviewing.review(staff, thread.draft, "approved", "Right")
    answer = Caller().get(path).json()["answer"]
    assert answer["answer"] is not None
    assert answer["label"].startswith("Reviewed by mod, Moderator, ")
    assert answer["reviewed"]["name"] == "mod"
    reviewing.review(staff, thread.draft, "edited", "Plainer", "A small round spot.")
    answer = Caller().get(path).json()["answer"]
    assert (answer["state"], answer["text"], answer["answer"]) == (
        "edited",
        "A small round spot.",
        None,
    )
    reviewing.review(staff, thread.draft, "approved", "Right now")
    assert Caller().get(path).json()["answer"]["answer"] is None
    reviewing.review(staff, thread.draft, "withdrawn", "No")
    assert Caller().get(path).json()["answer"] is None
    assert Caller(staff).get(path).json()["answer"]["state"] == "withdrawn"


def test_a_merged_thread_leads_on(ann, staff):
    thread, into = publish(ask(ann)), publish(ask(ann, "Is this the other one?"))
    key = uuid4()
    again = Caller(ann)
    merged = Thread.objects.get(pk=again.ask(key).json()["thread"])
    for each in (thread, merged):
        moderating.merge_threads(staff, each, into)
        response = Caller().get(f"threads/{each.pk}")
        assert (response.status_code, response["Location"]) == (301, f"/api/v1/threads/{into.pk}")
    check_problem(again.ask(key), 422, "idempotency-key")


def test_votes_and_flags_count_once(ann, bob):
    post = publish(ask(ann)).posts.get()
    path, caller = f"posts/{post.pk}", Caller(bob)
    for _ in range(2):
        assert caller.send("put", f"{path}/vote").status_code == 204
        assert caller.send("put", f"{path}/flag", {"reason": "spam"}).status_code == 204
    assert (Vote.objects.count(), Flag.objects.count()) == (1, 1)
    for _ in range(2):
        assert caller.send("delete", f"{path}/vote").status_code == 204
    assert Vote.objects.count() == 0
    check_problem(caller.send("put", f"{path}/flag", {"reason": "dull"}), 422, "validation")
    for action in ("vote", "flag"):
        check_problem(
            Caller(ann).send("put", f"{path}/{action}", {"reason": "spam"}), 403, "forbidden"
        )
    check_problem(caller.send("put", "posts/999999/vote"), 404, "not-found")


def test_a_reply_quotes_a_post_of_its_thread(ann):
    thread, other = publish(ask(ann)), publish(ask(ann, "Is this another thread?"))
    post = thread.posts.get()
    assert Caller(ann).reply(thread, quotes=post.pk).json()["quotes"] == post.pk
    response = Caller(ann).reply(thread, quotes=other.posts.get().pk)
    assert check_problem(response, 422, "validation")["errors"][0]["location"] == "body.quotes"


def test_an_emergency_brings_its_notice_along(ann):
    response = Caller(ann).ask(text="I have crushing chest pain right now and my left arm is numb")
    body = response.json()
    assert body["urgent"]
    assert "emergency number" in body["notices"][0]
    assert list(body).index("notices") < list(body).index("title")


def test_personal_details_wait_for_a_decision(ann):
    sent = {"title": "A question of jane@example.org", "text": "My name is Jane Doe."}
    caller, before = Caller(ann), Post.objects.count()
    response = caller.ask(**sent)
    body = check_problem(response, 422, "personal-details")
    assert body["spans"] == [
        {"field": "title", "start": 14, "end": 30, "kind": "email"},
        {"field": "text", "start": 11, "end": 19, "kind": "name"},
    ]
    assert b"Doe" not in response.content
    thread = publish(ask(ann))
    check_problem(caller.reply(thread, text="My name is Jane Doe."), 422, "personal-details")
    assert Post.objects.count() == before + 1
    masked = caller.ask(**sent, personal_details="mask").json()
    assert masked["title"] == "A question of [email]"
    assert Post.objects.get(thread=masked["thread"]).source == "My name is [name]."
    # A mark may be longer than what it hides, and the title too long with it.
    long = caller.ask(title="a@b.co " + "x" * 193, personal_details="mask")
    assert check_problem(long, 422, "validation")["errors"][0]["location"] == "body.title"
    posted = caller.reply(thread, text="My name is Jane Doe.", personal_details="publish").json()
    assert posted["text"] == "My name is Jane Doe."


def test_the_examples_of_the_document_are_true(ann, staff):
    document = Client().get("/api/v1/openapi.json").json()
    schemas = document["components"]["schemas"]
    shown = {name for name, schema in schemas.items() if "examples" in schema}
    assert {"ThreadIn", "PostIn", "FlagIn", "WholeThreadOut", "Problem", "QuestionIn"} <= shown
    for name in shown:
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        for example in schemas[name]["examples"]:
            jsonschema.Draft202012Validator(schema).validate(example)
    thread = publish(ask(ann))
    post = thread.posts.get()
    caller = Caller(ann)
    assert caller.send("post", "threads", schemas["ThreadIn"]["examples"][0]).status_code == 201
    for example in schemas["PostIn"]["examples"]:
        quotes = {"quotes": post.pk} if "quotes" in example else {}
        response = caller.send("post", f"threads/{thread.pk}/posts", {**example, **quotes})
        assert response.status_code == 201, response.content
    for example in schemas["FlagIn"]["examples"]:
        assert Caller(staff).send("put", f"posts/{post.pk}/flag", example).status_code == 204
