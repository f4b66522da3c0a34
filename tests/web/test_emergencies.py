"""A post that reads as an emergency: the urgent notice above everything, and staff is told at once."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
import yaml
from django.core import mail
from django.test import Client

from pellucid.web.accounts.models import AuditEntry
from pellucid.web.forum.actions import moderating, posting, reviewing
from pellucid.web.forum.models import Notification, Thread

from .test_threads_api import ask, make, publish

pytestmark = pytest.mark.django_db
POSTS = yaml.safe_load(
    (Path(__file__).parent.parent / "golden" / "emergencies.yaml").read_text(encoding="utf-8")
)
URGENT = "I have crushing chest pain right now and my left arm is numb"
SAD = "I got the results and I just want to die"


@pytest.fixture
def staff():
    return make("mod", "moderator")


@pytest.fixture
def ann():
    member = make("ann")
    publish(ask(member, "Hello, is anybody here?"))
    return member


def reply(member, thread, text):
    post = posting.post_reply(member, thread, text, uuid4())
    thread.refresh_from_db()
    return post


def count_alarms():
    return Notification.objects.filter(kind="urgent").count()


def test_the_table_is_long_enough():
    assert min(len(POSTS["urgent"]), len(POSTS["calm"])) >= 25


@pytest.mark.parametrize("text", POSTS["urgent"])
def test_an_emergency_raises_the_alarm_wherever_it_stands(text, ann, staff):
    asked = ask(ann, "Please help me with this", text)
    assert asked.urgent
    assert "emergency number" in asked.notices[0]
    assert count_alarms() == 1
    page = Client().get(asked.get_absolute_url()).content.decode()
    assert page.index(asked.notices[0]) < page.index("<h1>")
    if len(text) <= 200:
        assert ask(ann, text, "").urgent
    thread = publish(ask(staff))
    reply(ann, thread, text)
    assert thread.urgent
    page = Client().get(thread.get_absolute_url()).content.decode()
    assert page.index(thread.notices[0]) < page.index("<h1>")


@pytest.mark.parametrize("text", POSTS["calm"])
def test_what_only_sounds_like_one_does_not(text, ann, staff):
    assert not ask(ann, "Please help me with this", text).urgent
    thread = publish(ask(staff))
    reply(ann, thread, text)
    assert (thread.urgent, thread.notices, count_alarms()) == (False, [], 0)


def test_staff_hears_of_it_by_mail_at_once(ann, staff, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        ask(ann, "Please help me with this", URGENT)
    (message,) = mail.outbox
    assert message.to == [staff.email]
    assert "emergency" in message.subject
    assert "arm" not in message.body


def test_an_edit_raises_the_alarm_once(ann, staff):
    thread = ask(ann)
    post = posting.edit_post(ann, thread.posts.get(), URGENT)
    assert count_alarms() == 1
    posting.edit_post(ann, post, f"{URGENT}, please!")
    assert count_alarms() == 1
    thread.refresh_from_db()
    assert len(thread.notices) == 1


def test_two_kinds_bring_two_notices(ann, staff):
    thread = ask(ann, "Please help me with this", URGENT)
    reply(ann, thread, SAD)
    assert len(thread.notices) == 2
    reply(ann, thread, SAD)
    assert len(thread.notices) == 2


def test_a_quotation_and_advice_of_staff_are_no_alarm(ann, staff):
    thread = publish(ask(ann))
    reply(ann, thread, f"> @bob wrote:\n>\n> {URGENT}\n\nI hope you are well.")
    reply(staff, thread, "If you have crushing chest pain now, call 112.")
    assert (thread.urgent, count_alarms()) == (False, 0)


def test_the_notice_outlives_a_withdrawn_answer_and_a_merge(ann, staff):
    thread, into = ask(ann, "Please help me with this", URGENT), publish(ask(ann))
    reviewing.review(staff, thread.draft, "withdrawn", "Not helpful here")
    publish(thread)
    page = Client().get(thread.get_absolute_url()).content.decode()
    assert page.index(thread.notices[0]) < page.index("<h1>")
    moderating.merge_threads(staff, thread, into)
    page = Client().get(into.get_absolute_url()).content.decode()
    assert page.index(thread.notices[0]) < page.index("<h1>")


def test_moderators_take_it_away_with_a_reason_in_the_log(ann, staff):
    thread = ask(ann, "Please help me with this", URGENT)
    publish(thread)
    client = Client()
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    url = f"/forum/thread/{thread.pk}/tools/"
    assert "Take the urgent notice away" in client.get(url).content.decode()
    client.post(url, {"step": "alarm", "alarm-reason": "She is in hospital"})
    thread.refresh_from_db()
    assert (thread.urgent, thread.notices) == (False, [])
    assert AuditEntry.objects.get(action="end-alarm").reason == "She is in hospital"
    assert "Take the urgent notice away" not in client.get(url).content.decode()


def test_the_migration_takes_over_the_notices(ann, staff):
    from importlib import import_module

    from django.apps import apps

    thread = ask(ann, "Please help me with this", URGENT)
    kept = thread.notices
    Thread.objects.update(notices=[])
    import_module("pellucid.web.forum.migrations.0003_thread_notices").keep_notices(apps, None)
    thread.refresh_from_db()
    assert thread.notices == kept
