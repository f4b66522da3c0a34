"""Similar threads while a question is typed, and what a thread is about."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.staticfiles import finders
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from pellucid.app.similar import get_question_ranker
from pellucid.web.accounts.models import AuditEntry, User
from pellucid.web.forum.actions import moderating, posting
from pellucid.web.forum.models import Category, State, Thread

pytestmark = pytest.mark.django_db


def log_in(member):
    client = Client()
    client.force_login(member, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def staff():
    return User.objects.create_user("mod", "mod@example.org", "pass-word-12", role="moderator")


def ask(member, title):
    category = Category.objects.get(slug="questions")
    return posting.post_thread(member, category, title, "", uuid4())


def find(title, client=None):
    page = (client or Client()).post(reverse("forum:similar"), {"title": title}).content.decode()
    return re.findall(r'<a href="/forum/thread/(\d+)/', page), page


def test_titles_that_ask_the_same_come_first_and_others_not_at_all(staff):
    same = ask(staff, "What does a calcified granuloma mean?")
    near = ask(staff, "Does a calcified granuloma go away?")
    ask(staff, "Which room is the scanner in?")
    found, page = find("what is meant by calcified granuloma")
    assert found == [str(same.pk), str(near.pk)]
    assert "2 similar questions" in page
    assert find("Who paints the sea?")[1].strip() == ""
    assert find("calc")[1].strip() == ""


def test_what_is_not_visible_is_not_similar(staff):
    thread = ask(staff, "What does a calcified granuloma mean?")
    Thread.objects.update(state=State.HIDDEN)
    assert find(thread.title)[0] == []


def test_similar_threads_are_asked_for_by_post_and_with_a_token(settings):
    assert Client().get(reverse("forum:similar")).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(reverse("forum:similar"), {"title": "x"}).status_code == 403
    settings.SITE_LIMITS = {"similar": 0}
    assert Client().post(reverse("forum:similar"), {"title": "x" * 20}).status_code == 429


def test_the_page_has_all_that_its_script_looks_for_and_works_without(staff):
    page = log_in(staff).get(reverse("forum:new")).content.decode()
    text = Path(finders.find("similar.js")).read_text(encoding="utf-8")
    wanted = re.findall(r'getElementById\("([\w-]+)"\)', text)
    assert len(wanted) == 3
    for name in wanted:
        assert f'id="{name}"' in page
    assert f'data-url="{reverse("forum:similar")}"' in page
    assert re.search(r'<script src="[^"]*similar[^"]*\.js" defer></script>', page)
    assert 'role="status"' in page


def test_a_ranker_puts_the_same_question_first():
    known = ["How long do results take?", "Is it serious?", "Can a cyst in the kidney hurt?"]
    ranked = get_question_ranker().rank("does a kidney cyst cause pain", known)
    assert sorted(i for i, _ in ranked) == [0, 1, 2]
    assert ranked[0][0] == 2
    assert all(0 <= score <= 1 for _, score in ranked)
    assert get_question_ranker().rank("anything", []) == []
    telling = get_question_ranker().find_telling_words("What does a Kidney cyst mean?")
    assert set(telling) == {"Kidney", "cyst"}


def test_terms_need_no_server_of_packs(staff, monkeypatch):
    monkeypatch.setenv("PELLUCID_STORE", "postgres://pellucid@/packs?host=/nowhere")
    thread = ask(staff, "What does nodular calcification mean?")
    url = reverse("forum:tools", args=[thread.pk])
    page = log_in(staff).post(url, {"step": "terms", "terms-terms": "xyzzyx"})
    assert "Nothing is known as" in page.content.decode()


def test_staff_say_what_a_thread_is_about(staff):
    thread = ask(staff, "What does nodular calcification mean?")
    client, url = log_in(staff), reverse("forum:tools", args=[thread.pk])
    assert "Nodular calcification</textarea>" in client.get(url).content.decode()
    terms = "renal calcinosis\n\n nodular-calcification \n"
    client.post(url, {"step": "terms", "terms-terms": terms, "terms-reason": "Both"})
    about = set(thread.concepts.values_list("concept", flat=True))
    assert about == {"nephrocalcinosis", "nodular-calcification"}
    page = Client().get(reverse("forum:concept", args=["nephrocalcinosis"])).content.decode()
    assert thread.get_absolute_url() in page
    page = client.post(url, {"step": "terms", "terms-terms": "xyzzyx"}).content.decode()
    assert "Nothing is known as" in page
    assert "xyzzyx" in page
    assert thread.concepts.count() == 2
    client.post(url, {"step": "terms", "terms-terms": ""})
    assert not thread.concepts.exists()
    first, last = AuditEntry.objects.filter(action="terms").order_by("id")
    assert first.detail["before"] == ["nodular-calcification"]
    assert first.reason == "Both"
    assert last.detail["after"] == []
    member = User.objects.create_user("ann", "ann@example.org", "pass-word-12")
    with pytest.raises(PermissionDenied):
        moderating.set_terms(member, thread, {})
