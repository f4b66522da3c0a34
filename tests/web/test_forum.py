"""The forum: asking, automatic answers, reviews, replies, moderation, what is kept."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from uuid import uuid4
from xml.etree import ElementTree

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from pellucid.web.accounts.actions import ban, set_block
from pellucid.web.accounts.models import AuditEntry, User
from pellucid.web.forum import access
from pellucid.web.forum.actions import moderating, posting, reacting, reviewing
from pellucid.web.forum.actions.demonstrating import make_demo
from pellucid.web.forum.actions.notifying import deliver_email
from pellucid.web.forum.errors import Refused
from pellucid.web.forum.models import (
    Category,
    Draft,
    Flag,
    Follow,
    Notification,
    Post,
    State,
    Thread,
    Vote,
)
from pellucid.web.forum.search import find_similar, find_threads_by_words
from pellucid.web.forum.text import render_text

pytestmark = pytest.mark.django_db
QUESTION = "What does nodular calcification mean?"


@pytest.fixture(scope="session")
def make_member(django_db_setup):
    def make(name, role="member", **fields):
        if role == "clinician":
            fields = {"verified_at": timezone.now(), "field": "Radiology", **fields}
        return User.objects.create_user(
            name, f"{name}@example.org", "pass-word-12", role=role, **fields
        )

    return make


@pytest.fixture
def ann(make_member):
    return make_member("ann")


@pytest.fixture
def bob(make_member):
    """A member whose posts are shown at once."""
    member = make_member("bob")
    make_known(member)
    return member


@pytest.fixture
def staff(make_member):
    return make_member("mod", "moderator")


@pytest.fixture
def doctor(make_member):
    return make_member("doc", "clinician")


def make_known(member, posts=1):
    category = Category.objects.get(slug="site")
    for number in range(posts):
        thread = Thread.objects.create(
            title="Hello there", slug="hello", category=category, author=member
        )
        Post.objects.create(
            thread=thread,
            author=member,
            opening=True,
            source=f"Hello {number}",
            html="<p>Hello</p>",
            created=timezone.now() - timedelta(days=2),
        )


def ask(member, title=QUESTION, source="", token=None):
    return posting.post_thread(
        member, Category.objects.get(slug="questions"), title, source, token or uuid4()
    )


def log_in(member):
    client = Client()
    client.force_login(member, backend="django.contrib.auth.backends.ModelBackend")
    return client


def get_form(**fields):
    category = Category.objects.get(slug="questions").pk
    return {
        "title": QUESTION,
        "category": category,
        "source": "It is in my report.",
        "token": str(uuid4()),
        "step": "post",
        **fields,
    }


# Asking -------------------------------------------------------------------------------------


def test_a_question_gets_a_sourced_answer_at_once(bob):
    thread = ask(bob)
    page = Client().get(thread.get_absolute_url()).content.decode()
    assert thread.draft.state == Draft.State.AUTOMATIC
    assert "Automatic answer, not yet reviewed" in page
    source = next(iter(thread.draft.answer["sources"].values()))
    assert source["title"].split("<")[0][:30].replace("&", "&amp;") in page.split('id="answer"')[1]
    assert [c.concept for c in thread.concepts.all()] == ["nodular-calcification"]


def test_a_preview_posts_nothing_and_shows_what_is_known(bob):
    earlier = ask(bob, "Is nodular calcification serious?")
    page = log_in(bob).post(reverse("forum:new"), get_form(step="preview")).content.decode()
    assert Thread.objects.filter(title=QUESTION).count() == 0
    assert earlier.get_absolute_url() in page
    assert "What the program answers" in page
    assert "It is in my report." in page


def test_the_form_starts_with_the_question_of_the_address():
    page = Client().get(reverse("forum:new"), {"q": "What is <b>this</b>?"}).content.decode()
    assert 'value="What is &lt;b&gt;this&lt;/b&gt;?"' in page


def test_an_emergency_stands_above_everything_and_tells_staff(ann, staff, make_member):
    boss = make_member("boss", "administrator")
    thread = ask(
        ann, "Help me please today", "I have crushing chest pain right now and cannot breathe"
    )
    assert thread.urgent
    told = Notification.objects.filter(kind="urgent").values_list("member", flat=True)
    assert set(told) == {staff.pk, boss.pk}
    page = log_in(ann).get(thread.get_absolute_url()).content.decode()
    assert page.index('class="notice emergency"') < page.index("<h1>")
    ordinary = ask(staff)
    assert (
        'class="notice emergency"' not in Client().get(ordinary.get_absolute_url()).content.decode()
    )
    assert [d.thread_id for d in access.list_unreviewed(staff, 30)] == [thread.pk, ordinary.pk]


def test_a_form_sent_twice_posts_once(bob):
    client, form = log_in(bob), get_form()
    first, second = (client.post(reverse("forum:new"), form) for _ in range(2))
    assert first.url == second.url
    assert Thread.objects.filter(title=QUESTION).count() == 1
    thread, reply = Thread.objects.get(title=QUESTION), {"source": "Thanks", "token": str(uuid4())}
    for _ in range(2):
        client.post(reverse("forum:reply", args=[thread.pk]), reply)
    assert thread.posts.filter(opening=False).count() == 1


# What is typed is kept -------------------------------------------------------------------------


def test_a_form_that_fails_shows_what_was_typed(bob):
    page = log_in(bob).post(reverse("forum:new"), get_form(title="x", source="My long story"))
    text = page.content.decode()
    assert "My long story" in text
    assert '<a href="#id_title">' in text
    assert "<title>Error:" in text


def test_text_outlives_a_session_that_ran_out(bob):
    client = Client()
    away = client.post(reverse("forum:new"), get_form(source="My long story"))
    assert away.status_code == 302
    assert "long" not in away.url
    assert away.url.endswith("?next=/forum/new/")
    client.post(reverse("account_login"), {"login": bob.email, "password": "pass-word-12"})
    client.force_login(bob, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("forum:new")).content.decode()
    assert "My long story" in page
    assert QUESTION in page
    client.post(reverse("forum:new"), get_form(source="My long story"))
    assert "My long story" not in client.get(reverse("forum:new")).content.decode()


def test_a_form_of_before_signing_in_does_nothing_but_keeps_the_text(bob):
    client = Client(enforce_csrf_checks=True)
    client.force_login(bob, backend="django.contrib.auth.backends.ModelBackend")
    before = Thread.objects.count()
    page = client.post(reverse("forum:new"), get_form(source="My long story"))
    assert page.status_code == 403
    assert "My long story" in page.content.decode()
    assert Thread.objects.count() == before
    assert "My long story" not in client.get(reverse("forum:new")).content.decode()
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page.content.decode())[1]
    client.post(reverse("forum:new"), get_form(csrfmiddlewaretoken=token))
    assert Thread.objects.count() == before + 1


def test_too_many_posts_wait_and_keep_the_text(ann, settings):
    settings.FORUM_POSTS_PER_HOUR_NEW = 2
    ask(ann), ask(ann)
    page = log_in(ann).post(reverse("forum:new"), get_form(source="My long story")).content.decode()
    assert "My long story" in page
    assert "within an hour" in page
    assert ann.threads.count() == 2
    ann.posts.update(created=timezone.now() - timedelta(hours=2))
    ask(ann)
    assert ann.threads.count() == 3


# Text ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "![x](https://evil.example/pixel.png)",
        '[x](https://a.example "><script>alert(1)</script>")',
        '<https://a.example/"onmouseover=alert(1)>',
        "@<svg/onload=alert(1)>",
        "# <iframe src=//evil.example>",
        "`<b>`<style>*{}</style>",
        "[x]: javascript:alert(1)\n\n[x]",
    ],
)
def test_hostile_text_is_inert(source):
    html = render_text(source).html
    assert not re.search(r"<(?!/?(p|a|code|h3|em|strong)\b)", html), html
    assert not re.search(r"<[^>]*\s(on\w+|src|style)=", html), html
    assert not re.search(r'href="(?!https?:|mailto:|/)', html), html


def test_markdown_keeps_headings_below_the_page_and_links_marked():
    html = render_text("# One\n\n**two** [three](https://a.example)\n\n- four").html
    assert "<h3>One</h3>" in html
    assert "<strong>two</strong>" in html
    assert 'rel="nofollow ugc noopener noreferrer"' in html


def test_mentions_are_members_not_addresses_nor_code(ann):
    rendered = posting.render_post("@ANN @nobody me@ann.example `@ann` @ann.")
    assert rendered.mentions == {"ANN", "nobody", "ann"}
    assert rendered.html.count('<a href="/members/@ann/"') == 2
    assert "<code>@ann</code>" in rendered.html


# Replies, edits, reactions ------------------------------------------------------------------------


def test_a_reply_tells_followers_quoted_and_mentioned_once_each(ann, bob, staff, doctor):
    thread = ask(bob)
    first = posting.post_reply(staff, thread, "Look here", uuid4())
    posting.post_reply(doctor, thread, "Hello @ann", uuid4(), quotes=first)
    kinds = dict(Notification.objects.filter(actor=doctor).values_list("member__username", "kind"))
    assert kinds == {"ann": "mention", "mod": "quote", "bob": "reply"}
    thread.refresh_from_db()
    assert thread.replies == 2
    assert thread.last_activity == thread.posts.last().created


def test_an_edit_keeps_what_was_said_before(bob, ann, doctor):
    thread = ask(bob, source="One\nTwo")
    post = thread.posts.get()
    log_in(bob).post(
        reverse("forum:edit", args=[post.pk]), {"source": "One\nThree", "reason": "typo"}
    )
    post.refresh_from_db()
    assert post.source == "One\nThree"
    assert post.html == "<p>One\nThree</p>\n"
    history = log_in(doctor).get(reverse("forum:history", args=[post.pk])).content.decode()
    assert "<del>" in history
    assert "− Two" in history
    assert "+ Three" in history
    # What an author took out is gone for other members.
    assert log_in(ann).get(reverse("forum:history", args=[post.pk])).status_code == 404
    with pytest.raises(PermissionDenied):
        posting.edit_post(ann, post, "Mine now")


def test_quoting_fills_the_reply(bob):
    thread = ask(bob, source="First line\nsecond")
    page = log_in(bob).get(
        reverse("forum:reply", args=[thread.pk]), {"quote": thread.posts.get().pk}
    )
    assert "&gt; @bob wrote:" in page.content.decode()
    assert "&gt; second" in page.content.decode()


def test_votes_count_once_and_not_for_oneself(ann, bob):
    post = ask(bob).posts.get()
    client = log_in(ann)
    for _ in range(2):
        client.post(reverse("forum:vote", args=[post.pk]), {"on": "1"})
    assert Vote.objects.filter(post=post).count() == 1
    client.post(reverse("forum:vote", args=[post.pk]), {"on": "0"})
    assert Vote.objects.filter(post=post).count() == 0
    with pytest.raises(PermissionDenied):
        reacting.set_vote(bob, post, True)


def test_who_asked_accepts_and_clinicians_endorse(ann, bob, doctor, staff):
    thread = ask(bob)
    reply = posting.post_reply(staff, thread, "This is why", uuid4())
    with pytest.raises(PermissionDenied):
        reacting.set_accepted(ann, reply, True)
    with pytest.raises(PermissionDenied):
        reacting.set_endorsed(ann, reply, True)
    reacting.set_accepted(bob, reply, True)
    reacting.set_endorsed(doctor, reply, True)
    page = Client().get(thread.get_absolute_url()).content.decode()
    assert "Accepted answer" in page
    assert "Endorsed by doc, Clinician, Radiology, " in page
    data = json.loads(re.search(r'ld\+json"[^>]*>(.*?)</script>', page, re.S)[1])
    assert data["mainEntity"]["acceptedAnswer"]["text"].strip() == "This is why"
    moderating.decide_post(staff, reply, "delete", "spam")
    thread.refresh_from_db()
    assert thread.accepted is None


def test_an_unverified_clinician_reviews_nothing(make_member, bob):
    doctor = make_member("claims", "clinician", verified_at=None)
    thread = ask(bob)
    assert not doctor.badge
    assert log_in(doctor).get(reverse("forum:review_queue")).status_code == 403
    with pytest.raises(PermissionDenied):
        reviewing.review(doctor, thread.draft, "approved", "Looks right")


def test_structured_data_cannot_close_its_element(bob):
    thread = ask(bob, "What is </script><script>alert(1)</script>?")
    page = Client().get(thread.get_absolute_url()).content.decode()
    assert "<script>alert" not in page
    data = json.loads(re.search(r'ld\+json"[^>]*>(.*?)</script>', page, re.S)[1])
    assert data["mainEntity"]["name"] == thread.title


# Reviews ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["approved", "edited", "replaced", "withdrawn"])
def test_a_review_names_who_and_why_and_tells_the_author(
    state, bob, doctor, mailoutbox, django_capture_on_commit_callbacks
):
    thread = ask(bob)
    form = {"state": state, "reason": "Checked with the sources.", "source": thread.draft.source}
    if state in ("edited", "replaced"):
        form["source"] = "A better answer."
    with django_capture_on_commit_callbacks(execute=True):
        log_in(doctor).post(reverse("forum:review", args=[thread.pk]), form)
    draft = Draft.objects.get(thread=thread)
    assert draft.state == state
    page = Client().get(thread.get_absolute_url()).content.decode()
    assert ("Reviewed by doc, Clinician, Radiology, " in page) == (state != "withdrawn")
    assert "not yet reviewed" not in page
    assert ("A better answer." in page) == (state in ("edited", "replaced"))
    assert ("+A better answer." in draft.diff) == (state in ("edited", "replaced"))
    assert Notification.objects.get(member=bob, kind="reviewed").actor == doctor
    assert [m.to for m in mail.outbox] == [[bob.email]]
    assert AuditEntry.objects.get(action=f"draft-{state}").reason == "Checked with the sources."
    assert [c["decision"] for c in access.export_corrections()] == (
        [state] if state != "approved" else []
    )


def test_a_review_needs_a_reason_and_a_change(bob, doctor, ann):
    draft = ask(bob).draft
    with pytest.raises(Refused):
        reviewing.review(doctor, draft, "approved", " ")
    with pytest.raises(Refused):
        reviewing.review(doctor, draft, "edited", "Why", draft.source)
    with pytest.raises(PermissionDenied):
        reviewing.review(ann, draft, "approved", "Me")
    draft.refresh_from_db()
    assert draft.state == Draft.State.AUTOMATIC


def test_what_waits_too_long_comes_first(bob, staff):
    fresh, old = ask(bob), ask(bob, "Is nodular calcification serious?")
    Draft.objects.filter(thread=old).update(created=timezone.now() - timedelta(hours=30))
    queue = access.list_unreviewed(staff, 30)
    assert [(d.thread_id, d.late) for d in queue] == [(old.pk, True), (fresh.pk, False)]
    assert not access.find_unreviewed(bob).exists()


# Moderation -----------------------------------------------------------------------------------------


def test_a_first_post_waits_for_staff(ann, bob, staff):
    thread = ask(ann, source="Hello @bob")
    assert thread.state == State.HELD
    url = thread.get_absolute_url()
    assert Client().get(url).status_code == 404
    assert log_in(bob).get(url).status_code == 404
    assert "Automatic answer" in log_in(ann).get(url).content.decode()
    assert not Notification.objects.filter(member=bob).exists()
    log_in(staff).post(
        reverse("forum:decide", args=[thread.posts.get().pk]), {"decision": "publish"}
    )
    assert Client().get(url).status_code == 200
    assert Notification.objects.get(member=bob).kind == "mention"
    assert Notification.objects.get(member=ann).kind == "published"
    assert ask(ann, "And is it serious then?").state == State.VISIBLE


def test_links_of_new_members_wait(bob):
    links = " ".join(f"[a](https://{n}.example)" for n in range(3))
    assert ask(bob, source=links).state == State.HELD
    open_thread = ask(bob, "Is it serious then?")
    posting.edit_post(bob, open_thread.posts.get(), links)
    open_thread.refresh_from_db()
    assert open_thread.state == State.HELD


def test_three_members_flags_hide_a_post(bob, ann, doctor, staff, make_member):
    post = ask(bob).posts.get()
    cid = make_member("cid")
    for member in (ann, ann, doctor):
        log_in(member).post(reverse("forum:flag", args=[post.pk]), {"reason": "spam"})
    post.refresh_from_db()
    assert post.state == State.VISIBLE
    reacting.flag(cid, post, "rude")
    post.refresh_from_db()
    assert post.state == State.HIDDEN
    assert post.thread.state == State.HIDDEN
    assert Notification.objects.get(member=staff).kind == "flagged"
    assert list(access.find_reported(staff)) == [post]
    moderating.decide_post(staff, post, "publish", "It is fine")
    post.refresh_from_db()
    assert post.state == State.VISIBLE
    assert not Flag.objects.filter(resolved_at=None).exists()
    assert not access.find_reported(staff).exists()


def test_deleted_is_gone_and_comes_back(bob, staff):
    thread = ask(bob)
    reply = posting.post_reply(staff, thread, "Secret words", uuid4())
    moderating.decide_post(staff, reply, "delete", "why")
    url = thread.get_absolute_url()
    assert "Secret words" not in log_in(bob).get(url).content.decode()
    assert "Secret words" in log_in(staff).get(url).content.decode()
    assert Thread.objects.get(pk=thread.pk).replies == 0
    moderating.decide_post(staff, reply, "restore")
    assert "Secret words" in Client().get(url).content.decode()
    assert list(AuditEntry.objects.values_list("action", flat=True)) == ["restore", "delete"]


def test_a_locked_thread_takes_no_reply(bob, staff):
    thread = ask(bob)
    moderating.set_locked(staff, thread, True, "Enough said")
    page = log_in(bob).post(
        reverse("forum:reply", args=[thread.pk]), {"source": "My long story", "token": str(uuid4())}
    )
    assert "locked" in page.content.decode()
    assert thread.posts.count() == 1
    moderating.set_locked(staff, thread, False)
    posting.post_reply(bob, thread, "Now", uuid4())
    assert thread.posts.count() == 2


def test_merge_and_split_lose_no_post(bob, staff):
    one, two = ask(bob), ask(bob, "Is nodular calcification serious?", source="Second")
    reply = posting.post_reply(staff, two, "To the second", uuid4())
    moderating.merge_threads(staff, two, one, "Same question")
    assert one.posts.count() == 3
    answer = Client().get(two.get_absolute_url())
    assert (answer.status_code, answer.url) == (301, one.get_absolute_url())
    made = moderating.split_thread(
        staff, one, [reply.pk], "What does popcorn calcification mean?", one.category
    )
    assert made.posts.get().opening
    assert made.draft.state == Draft.State.AUTOMATIC
    assert one.posts.count() == 2
    assert Client().get(made.get_absolute_url()).status_code == 200
    with pytest.raises(Refused):
        moderating.merge_threads(staff, one, one)


def test_the_tools_page_moves_and_shows_errors(bob, staff):
    thread, site = ask(bob), Category.objects.get(slug="site")
    client, url = log_in(staff), reverse("forum:tools", args=[thread.pk])
    assert client.get(url).status_code == 200
    client.post(url, {"step": "move", "move-category": site.pk})
    thread.refresh_from_db()
    assert thread.category == site
    assert (
        "No thread has this number."
        in client.post(url, {"step": "merge", "merge-into": 99999}).content.decode()
    )
    client.post(url, {"step": "lock", "on": "1"})
    thread.refresh_from_db()
    assert thread.locked


def test_the_banned_cannot_write_until_the_ban_ends(bob, staff):
    thread = ask(bob)
    made = ban(staff, bob, "Rude words", timezone.now() + timedelta(days=1))
    for action in (
        lambda: ask(bob),
        lambda: posting.post_reply(bob, thread, "Hello", uuid4()),
        lambda: posting.edit_post(bob, thread.posts.get(), "Hello"),
        lambda: reacting.set_vote(bob, thread.posts.get(), True),
        lambda: reacting.flag(bob, thread.posts.get(), "spam"),
    ):
        with pytest.raises(Refused, match="Rude words"):
            action()
    made.until = timezone.now() - timedelta(seconds=1)
    made.save()
    posting.post_reply(bob, thread, "Hello", uuid4())


# Who may ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["held", "hidden", "deleted"])
def test_what_is_not_visible_leaks_nowhere(state, ann, bob, doctor, staff):
    thread = ask(bob, "Zebrafish question here", "Zebrafish story")
    Thread.objects.filter(pk=thread.pk).update(state=state)
    thread.posts.update(state=state)
    pages = [
        reverse("forum:index"), reverse("forum:feed"), reverse("forum:search") + "?q=zebrafish",
        reverse("forum:category", args=["questions"]), thread.get_absolute_url(),
        reverse("forum:thread_feed", args=[thread.pk]), bob.get_absolute_url(),
        reverse("forum:reply", args=[thread.pk]), reverse("forum:flag", args=[thread.posts.get().pk]),
    ]  # fmt: skip
    for client in (Client(), log_in(ann)):
        for page in pages:
            assert "Zebrafish" not in client.get(page).content.decode(), page
    assert log_in(bob).get(thread.get_absolute_url()).status_code == (
        404 if state == "deleted" else 200
    )
    assert log_in(doctor).get(thread.get_absolute_url()).status_code == (
        404 if state == "deleted" else 200
    )
    assert log_in(staff).get(thread.get_absolute_url()).status_code == 200
    if state != "hidden":
        with pytest.raises(PermissionDenied):
            posting.post_reply(ann, thread, "I see you", uuid4())


def test_the_blocked_are_folded_and_silent(ann, bob, staff):
    thread = ask(ann)
    moderating.decide_post(staff, thread.posts.get(), "publish")
    set_block(ann, bob, True)
    Notification.objects.all().delete()
    posting.post_reply(bob, thread, "Noise @ann", uuid4())
    assert not Notification.objects.filter(member=ann).exists()
    assert "You blocked this member" in log_in(ann).get(thread.get_absolute_url()).content.decode()
    assert not access.list_threads(ann).filter(author=bob).exists()


# Lists, search, feeds, email -----------------------------------------------------------------------------


def test_pages_of_a_list_hold_each_thread_once(bob, settings):
    settings.FORUM_PAGE_SIZE = 2
    category = Category.objects.get(slug="scans")
    now = timezone.now()
    for number in range(5):
        # Two have the same moment: their numbers decide.
        Thread.objects.create(
            title=f"Thread {number}",
            slug="t",
            category=category,
            author=bob,
            last_activity=now - timedelta(minutes=number // 2),
        )
    seen, url = [], category.get_absolute_url()
    while url:
        page = Client().get(url).content.decode()
        seen += re.findall(r">Thread (\d)<", page)
        following = re.search(r'href="(\?before=[^"]+)"', page)
        url = category.get_absolute_url() + following[1] if following else None
    assert sorted(seen) == list("01234")
    assert Client().get(category.get_absolute_url(), {"before": "nonsense_9"}).status_code == 200


def test_a_link_to_a_post_opens_its_page(bob, staff, settings):
    settings.FORUM_PAGE_SIZE = 2
    thread = ask(bob)
    posts = [posting.post_reply(staff, thread, f"Reply {n}", uuid4()) for n in range(5)]
    url = Client().get(posts[3].get_absolute_url()).url
    page = Client().get(url.split("#")[0]).content.decode()
    assert f'id="post-{posts[3].pk}"' in page
    assert url.endswith(f"#post-{posts[3].pk}")


def test_search_finds_words_in_titles_and_posts_and_follows_edits(bob, staff):
    thread = ask(bob, "What is a zebrafish then?", "My giraffes are tall")
    assert list(find_threads_by_words(bob, "zebrafish")) == [thread]
    assert list(find_threads_by_words(bob, "giraffe")) == [thread]
    assert not find_threads_by_words(bob, "zebrafish elephant").exists()
    posting.edit_post(bob, thread.posts.get(), "My elephants are tall")
    assert not find_threads_by_words(bob, "giraffe").exists()
    assert list(find_threads_by_words(bob, "elephant")) == [thread]
    for hostile in ('"', "a OR", "NEAR(", "title:x", "*", "' ; DROP TABLE forum_post; --", "%"):
        list(find_threads_by_words(bob, hostile))
    page = (
        Client()
        .get(reverse("forum:search"), {"q": "zebrafish", "category": "site"})
        .content.decode()
    )
    assert "Nothing was found" in page


def test_similar_threads_share_a_concept_or_words(bob):
    one, two = ask(bob), ask(bob, "Bring zebrafish to a scan?")
    assert find_similar(bob, "unrelated", ["nodular-calcification"]) == [one]
    ask(bob, "What does a scan show?")
    assert find_similar(bob, "Could zebrafish come with me?", [])[0] == two


def test_feeds_are_atom(bob):
    thread = ask(bob, source="Feed <b>me</b>")
    for url in (
        reverse("forum:feed"),
        reverse("forum:category_feed", args=["questions"]),
        reverse("forum:thread_feed", args=[thread.pk]),
    ):
        answer = Client().get(url)
        assert answer["Content-Type"].startswith("application/atom+xml")
        assert thread.title.rstrip("?") in answer.content.decode()


def test_a_feed_outlives_a_title_that_xml_cannot_hold(bob):
    thread = ask(bob, "What is a \x0c \x01 nodule?", "A \x1b story")
    for address in (reverse("forum:feed"), reverse("forum:thread_feed", args=[thread.pk])):
        response = Client().get(address)
        assert response.status_code == 200
        texts = "".join(ElementTree.fromstring(response.content).itertext())
        assert "What is a \ufffd \ufffd nodule?" in texts


def test_email_says_where_not_what_and_stops_by_one_press(
    bob, staff, django_capture_on_commit_callbacks
):
    thread = ask(bob)
    with django_capture_on_commit_callbacks(execute=True):
        posting.post_reply(staff, thread, "Secret words", uuid4())
    (message,) = mail.outbox
    assert "Secret words" not in message.body + message.subject
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = message.extra_headers["List-Unsubscribe"].strip("<>").partition("localhost")[2]
    client = Client(enforce_csrf_checks=True)
    client.get(link)
    bob.refresh_from_db()
    assert bob.email_frequency == "immediately"
    assert client.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    bob.refresh_from_db()
    assert bob.email_frequency == "never"
    assert client.post(link[:-3] + "xx/").status_code == 404
    posting.post_reply(staff, thread, "More", uuid4())
    assert not deliver_email(bob.pk)
    assert len(mail.outbox) == 1


def test_a_digest_goes_out_once_a_day(bob, staff):
    from django.core.management import call_command

    User.objects.filter(pk=bob.pk).update(email_frequency="daily")
    thread = ask(bob)
    (
        posting.post_reply(staff, thread, "One", uuid4()),
        posting.post_reply(staff, thread, "Two", uuid4()),
    )
    call_command("send_digests")
    assert [m.subject for m in mail.outbox] == ["Pellucid: 2 notifications"]
    posting.post_reply(staff, thread, "Three", uuid4())
    call_command("send_digests")
    assert len(mail.outbox) == 1
    User.objects.filter(pk=bob.pk).update(digest_sent_at=timezone.now() - timedelta(days=1))
    call_command("send_digests")
    assert len(mail.outbox) == 2


def test_email_that_fails_is_sent_later(bob, staff, monkeypatch):
    from pellucid.web.forum.actions import notifying

    def fail(*_):
        raise ConnectionRefusedError

    thread = ask(bob)
    posting.post_reply(staff, thread, "One", uuid4())
    with monkeypatch.context() as patch:
        patch.setattr(notifying, "send_notifications", fail)
        assert not deliver_email(bob.pk)
    assert deliver_email(bob.pk)
    assert len(mail.outbox) == 1


@pytest.mark.skipif(
    connection.vendor != "postgresql",
    reason="SQLite lets one write at a time; on PostgreSQL: scripts/test-postgres",
)
@pytest.mark.django_db(transaction=True)
def test_many_at_once_double_nothing_and_do_not_block_each_other(make_member):
    category = Category.objects.get_or_create(slug="questions", defaults={"name": "Questions"})[0]
    token, asker = uuid4(), make_member("asker", "moderator")
    members = [make_member(f"at-once-{n}", "moderator") for n in range(6)]

    def run(*actions):
        def call(action):
            try:
                return action()
            finally:
                connections.close_all()

        with ThreadPoolExecutor(len(actions)) as pool:
            return [f.result() for f in [pool.submit(call, a) for a in actions]]

    (thread,) = set(
        run(*[lambda: posting.post_thread(asker, category, QUESTION, "", token)] * len(members))
    )
    opening = thread.posts.get(opening=True)

    def take_part(member):
        for _ in range(5):
            posting.post_reply(member, thread, "Hello @asker @at-once-1", uuid4())
        reacting.set_vote(member, opening, True)
        reacting.flag(member, opening, "spam")
        moderating.decide_post(member, opening, "publish")

    run(*[partial(take_part, m) for m in members])
    thread.refresh_from_db()
    assert thread.replies == 5 * len(members)
    assert opening.votes.count() == len(members)


def test_following_and_bookmarks(ann, bob):
    thread = ask(bob)
    client = log_in(ann)
    client.post(reverse("forum:follow", args=[thread.pk]), {"on": "1"})
    client.post(reverse("forum:bookmark", args=[thread.pk]), {"on": "1"})
    assert Follow.objects.filter(member=ann, thread=thread).exists()
    assert thread.title in client.get(reverse("accounts:bookmarks")).content.decode()


def test_a_page_asks_the_database_no_more_for_more_posts(bob, staff, ann):
    client, counts = log_in(ann), []
    thread = ask(bob)
    for _ in range(2):
        for _ in range(4):
            posting.post_reply(staff, thread, "A reply", uuid4())
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(thread.get_absolute_url())
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 20


# Example content ------------------------------------------------------------------------------


def test_example_content_has_each_state_and_is_made_once():
    names = make_demo("pass-word-12")
    assert {m.role for m in User.objects.all()} == {"member", "clinician", "moderator"}
    assert {d.state for d in Draft.objects.all()} == set(Draft.State.values)
    assert Post.objects.filter(opening=False).count() >= 5
    assert not Post.objects.filter(state=State.HELD).exists()
    assert Vote.objects.exists()
    assert Flag.objects.filter(resolved_at=None).count() == 1
    assert Thread.objects.exclude(accepted=None).count() == 1
    assert Post.objects.exclude(endorsed_by=None).count() == 1
    assert mail.outbox == []
    counts = [m.objects.count() for m in (User, Thread, Post, AuditEntry, Notification)]
    assert make_demo("another-word-12") == []
    assert [m.objects.count() for m in (User, Thread, Post, AuditEntry, Notification)] == counts
    client = Client()
    form = {"login": f"{names[0]}@example.org", "password": "pass-word-12"}
    assert client.post(reverse("account_login"), form).status_code == 302
    for thread in Thread.objects.all():
        assert client.get(thread.get_absolute_url()).status_code == 200


def test_example_content_is_made_whole_or_not_at_all(monkeypatch):
    monkeypatch.setattr("pellucid.web.forum.actions.demonstrating.flag", lambda *a: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        make_demo("pass-word-12")
    assert not User.objects.exists()
    assert not Thread.objects.exists()
