"""Example content, made as members and staff would make it: by the same actions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml
from django.db import transaction

from pellucid.web.accounts.access import find_mentioned
from pellucid.web.accounts.actions import create_member
from pellucid.web.accounts.models import User
from pellucid.web.forum.access import find_categories
from pellucid.web.forum.actions.moderating import decide_post, set_locked
from pellucid.web.forum.actions.posting import post_reply, post_thread
from pellucid.web.forum.actions.reacting import flag, set_accepted, set_endorsed, set_vote
from pellucid.web.forum.actions.reviewing import review
from pellucid.web.forum.models import Draft, Post, State, Thread

_CONTENT = Path(__file__).parent.parent / "demo.yaml"
_MODERATOR = User.Role.MODERATOR


@transaction.atomic
def make_demo(password: str) -> list[str]:
    """Make the example members and what they wrote, all or nothing; the names of those made.

    A site that has them is left as it is.
    """
    content = yaml.safe_load(_CONTENT.read_text(encoding="utf-8"))
    names = [row["username"] for row in content["members"]]
    if find_mentioned(set(names)):
        return []
    members = {
        row["username"]: create_member(
            row["username"], f"{row['username']}@example.org", password, **_get_role(row)
        )
        for row in content["members"]
    }
    for row in content["threads"]:
        _make_thread(row, members)
    return names


def _get_role(row: Mapping[str, str]) -> dict[str, str]:
    return {name: row[name] for name in ("role", "field") if name in row}


def _make_thread(row: Mapping[str, Any], members: Mapping[str, User]) -> None:
    moderator = next(m for m in members.values() if m.role == _MODERATOR)
    category = find_categories().get(slug=row.get("category", "questions"))
    thread = post_thread(members[row["by"]], category, row["title"], row["text"], uuid4())
    _publish(moderator, thread.posts.get())
    thread.refresh_from_db()
    if given := row.get("review"):
        _review(members[given["by"]], thread.draft, given)
    for reply in row["replies"]:
        _make_reply(reply, thread, members, moderator)
    if row.get("locked"):
        set_locked(moderator, thread, True)


def _make_reply(
    row: Mapping[str, Any], thread: Thread, members: Mapping[str, User], moderator: User
) -> None:
    post = post_reply(members[row["by"]], thread, row["text"], uuid4())
    _publish(moderator, post)
    for name in row.get("votes", ()):
        set_vote(members[name], post, True)
    for given in row.get("flags", ()):
        flag(members[given["by"]], post, given["reason"], given["note"])
    post.refresh_from_db()
    if row.get("accepted") and thread.author:
        set_accepted(thread.author, post, True)
    if name := row.get("endorsed"):
        set_endorsed(members[name], post, True)


def _review(reviewer: User, draft: Draft, given: Mapping[str, str]) -> None:
    source = given.get("source")
    if added := given.get("add"):
        source = f"{draft.source.rstrip()}\n\n{added}"
    review(reviewer, draft, given["state"], given["reason"], source)


def _publish(moderator: User, post: Post) -> None:
    if post.state == State.HELD:
        decide_post(moderator, post, "publish")
