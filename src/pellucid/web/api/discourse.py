"""Webhooks of a Discourse forum: a new topic gets the engine's draft as its first reply.

``PELLUCID_DISCOURSE_SECRET`` is the webhook's secret; without it the address is not there. The
reply is posted only with ``PELLUCID_DISCOURSE_URL`` and ``PELLUCID_DISCOURSE_KEY``.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.utils.html import strip_tags

from pellucid import Answer, InputError, render
from pellucid.web.api.actions import claim_topic, keep_answer, release_topic
from pellucid.web.api.discourse_client import Client, DeliveryError
from pellucid.web.api.problems import Problem, endpoint, write_json
from pellucid.web.config.engine import get_engine

_LABEL = "*Automatic answer, not yet reviewed by a person.*"
#: Answers that say nothing are left to people.
_SILENT = ("unknown",)


class Topic(NamedTuple):
    """A new topic: its number and what it asks."""

    number: int
    question: str


@endpoint("POST")
def receive(request: HttpRequest) -> HttpResponse:
    """One delivery of a webhook."""
    _check_signature(request)
    if request.headers.get("X-Discourse-Event-Type") == "ping":
        return write_json({"state": "ok"})
    topic = read_topic(request.headers.get("X-Discourse-Event", ""), _read_body(request))
    if topic is None:
        return write_json({"state": "ignored", "detail": "only new public topics are answered"})
    try:
        answer = get_engine().ask(topic.question)
    except InputError as error:
        # A second delivery would fail as well: this one is done.
        return write_json({"state": "ignored", "detail": str(error)})
    draft = write_draft(answer)
    client = Client.from_environment(os.environ)
    if client is None or answer.status in _SILENT:
        return write_json({"state": "draft", "status": answer.status, "draft": draft})
    if not claim_topic(topic.number):
        return write_json({"state": "answered", "detail": "the topic has its reply"})
    try:
        post = client.post_reply(topic.number, draft)
    except DeliveryError as error:
        release_topic(topic.number)
        # Discourse delivers again what was not taken.
        raise Problem(502, "discourse", str(error)) from None
    keep_answer(topic.number, post)
    return write_json({"state": "posted", "status": answer.status, "post": post})


def read_topic(event: str, body: dict[str, Any]) -> Topic | None:
    """The new topic of a delivery: its first post with the title, or the title alone.

    None for any other event, and for private messages.
    """
    if event == "post_created":
        post = body.get("post")
        if not isinstance(post, dict) or post.get("post_number") != 1:
            return None
        number, kind, title = (post.get(k) for k in ("topic_id", "topic_archetype", "topic_title"))
        text = post.get("raw") or strip_tags(str(post.get("cooked") or ""))
    elif event == "topic_created":
        topic = body.get("topic")
        if not isinstance(topic, dict):
            return None
        number, kind, title = (topic.get(k) for k in ("id", "archetype", "title"))
        text = ""
    else:
        return None
    if kind != "regular" or not isinstance(number, int) or number < 1:
        return None
    question = "\n".join(part for part in (title, text) if isinstance(part, str) and part.strip())
    return Topic(number, question) if question else None


def write_draft(answer: Answer) -> str:
    """The reply, in Markdown, labelled for what it is."""
    return f"{_LABEL}\n\n{render(answer, 'markdown')}"


def _check_signature(request: HttpRequest) -> None:
    """X-Discourse-Event-Signature: HMAC-SHA256 of the body with the webhook's secret."""
    secret = os.environ.get("PELLUCID_DISCOURSE_SECRET")
    if not secret:
        raise Problem(404, "not-found", "this site takes no webhooks")
    expected = "sha256=" + hmac.new(secret.encode(), request.body, hashlib.sha256).hexdigest()
    given = request.headers.get("X-Discourse-Event-Signature", "")
    if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")):
        raise Problem(403, "signature", "the signature does not fit the body and the secret")


def _read_body(request: HttpRequest) -> dict[str, Any]:
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise Problem(400, "json", "the body is not a JSON object")
    return body
