"""Answers of a forum's staff: Discourse topics or archives, XenForo threads.

Read are Discourse's topics as its API gives them (``/t/ID.json``), the archive of a staff member's
own posts (``user_archive.csv``), and XenForo's threads as its API gives them
(``/threads/ID/?with_posts=1``). Only what staff wrote in public is taken, and no name; what users
asked is kept as the topic's title alone, and what staff quote of them is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pellucid.collections.intake import Intake
from pellucid.collections.markup import Page, parse_html, parse_markdown, split_sections
from pellucid.collections.source import File, Source
from pellucid.collections.table import read_csv
from pellucid.errors import CollectionError
from pellucid.values.passage import Passage

_QUOTES = frozenset(("aside", "blockquote"))
_STAFF = ("staff", "admin", "moderator")


def read(source: Source, intake: Intake) -> Iterator[Passage]:
    """A passage for each public post of staff that is not the first of its topic.

    Raises
    ------
    CollectionError
        If a file is damaged or of another format.
    """
    for file in source.find(".json", ".csv"):
        with intake.skipping():
            if file.name.lower().endswith(".csv"):
                yield from _read_archive(file, intake)
            else:
                yield from list(_read_json(file, intake))


def _read_archive(file: File, intake: Intake) -> Iterator[Passage]:
    needed = ("topic_title", "is_pm", "post_cooked", "url")
    for number, row in read_csv(file, needed):
        intake.read += 1
        if row["is_pm"].strip().lower() not in ("no", "false", ""):
            intake.left_out["private"] += 1
            continue
        page = parse_html(row["post_cooked"], _QUOTES)
        yield from _make(page, row["topic_title"], f"{file.name}:{number}", row["url"], intake)


def _read_json(file: File, intake: Intake) -> Iterator[Passage]:
    try:
        data = json.loads(file.read())
        for topic in data if isinstance(data, list) else [data]:
            if "post_stream" in topic:
                yield from _read_topic(topic, intake)
            else:
                yield from _read_thread(topic["thread"], topic["posts"], intake)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise CollectionError(
            f"{file.name} is neither a Discourse topic nor a XenForo thread in JSON"
        ) from error


def _read_topic(topic: dict[str, Any], intake: Intake) -> Iterator[Passage]:
    base = intake.terms["url"].rstrip("/")
    private = topic.get("archetype") == "private_message"
    for post in topic["post_stream"]["posts"]:
        staff = any(post.get(key) for key in _STAFF)
        # Type 1 is a post; others are notes of what moderators did, and whispers among them.
        public = post.get("post_type", 1) == 1 and not post.get("hidden") and not private
        if _takes(post["post_number"] > 1, staff, public, intake):
            number = post["post_number"]
            url = f"{base}/t/{topic['slug']}/{topic['id']}/{number}" if base else ""
            page = (
                parse_html(post["cooked"], _QUOTES)
                if "cooked" in post
                else parse_markdown(post["raw"], _QUOTES)
            )
            yield from _make(page, topic["title"], f"t{topic['id']}/{number}", url, intake)


def _read_thread(
    thread: dict[str, Any], posts: list[dict[str, Any]], intake: Intake
) -> Iterator[Passage]:
    for post in posts:
        staff = (post.get("User") or {}).get("is_staff", False)
        public = post.get("message_state", "visible") == "visible"
        if _takes(not post.get("is_first_post"), staff, public, intake):
            page = parse_html(post["message_parsed"], _QUOTES)
            url = post.get("view_url") or thread.get("view_url") or ""
            yield from _make(page, thread["title"], f"p{post['post_id']}", url, intake)


def _takes(answers: bool, staff: bool, public: bool, intake: Intake) -> bool:
    intake.read += 1
    reason = (
        "private"
        if not public
        else "not by staff"
        if not staff
        else ""
        if answers
        else "first post"
    )
    if reason:
        intake.left_out[reason] += 1
    return not reason


def _make(page: Page, title: str, identifier: str, url: str, intake: Intake) -> Iterator[Passage]:
    sections = [s for s in split_sections(page.blocks) if s.text]
    if not sections:
        intake.left_out["no text"] += 1
    for number, section in enumerate(sections, 1):
        yield intake.make_passage(
            id=identifier if len(sections) == 1 else f"{identifier}#{number}",
            focus=title,
            question=title,
            answer=section.text,
            title=title,
            url=url,
        )
