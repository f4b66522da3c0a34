"""Writing: threads, replies, edits. Sent twice, each is done once."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from pellucid.web.accounts.access import find_mentioned
from pellucid.web.accounts.audit import write_audit
from pellucid.web.accounts.models import User
from pellucid.web.forum import access
from pellucid.web.forum.actions import rules
from pellucid.web.forum.actions.notifying import (
    Kind,
    announce,
    announce_new_mentions,
    notify_staff,
)
from pellucid.web.forum.actions.states import lock_post, lock_thread, refresh_thread, set_state
from pellucid.web.forum.drafting import Drafted, draft_answer, find_urgent_notices
from pellucid.web.forum.errors import Refused
from pellucid.web.forum.models import (
    Category,
    Draft,
    Follow,
    Post,
    Revision,
    State,
    Thread,
    ThreadConcept,
)
from pellucid.web.forum.personal import find_personal_details, hide_personal_details
from pellucid.web.forum.text import Rendered, render_text


def post_thread(author: User, category: Category, title: str, source: str, token: UUID) -> Thread:
    """Ask the forum; the engine's answer is posted in the same step.

    Raises
    ------
    Refused
        If the author is banned or posts too fast.
    """
    drafted = draft_answer(title, source)  # before the transaction: it needs no lock
    with transaction.atomic():
        author = rules.lock_member(author)
        if made := Post.objects.filter(author=author, token=token).first():
            return made.thread
        rules.check_may_write(author)
        rules.check_rate(author)
        rendered = render_post(source)
        state = rules.choose_state(author, rendered.links)
        thread = Thread.objects.create(
            title=title,
            slug=make_slug(title),
            category=category,
            author=author,
            state=state,
            urgent=bool(drafted and drafted.urgent),
            notices=list(drafted.notices) if drafted else [],
        )
        post = Post.objects.create(
            thread=thread,
            author=author,
            opening=True,
            source=source,
            html=rendered.html,
            state=state,
            token=token,
        )
        Follow.objects.create(thread=thread, member=author)
        if drafted:
            keep_draft(thread, drafted)
        if thread.urgent:
            notify_staff(Kind.URGENT, thread, post)
        if state == State.VISIBLE:
            announce(post)
    return thread


def post_reply(
    author: User, thread: Thread, source: str, token: UUID, quotes: Post | None = None
) -> Post:
    """Reply to a thread, perhaps to one post of it; who replies follows.

    Raises
    ------
    Refused
        If the thread is locked, or the author is banned or posts too fast.
    """
    urgent = _find_urgent(author, source)
    with transaction.atomic():
        author = rules.lock_member(author)
        if made := Post.objects.filter(author=author, token=token).first():
            return made
        rules.check_may_write(author)
        if not access.find_threads(author).filter(pk=thread.pk).exists():
            raise PermissionDenied
        thread = lock_thread(thread)
        if thread.locked and not author.is_moderator:
            raise Refused("This thread is locked: nobody can reply to it now.")
        rules.check_rate(author)
        if quotes and not access.find_posts(author).filter(pk=quotes.pk, thread=thread).exists():
            quotes = None
        rendered = render_post(source)
        post = Post.objects.create(
            thread=thread,
            author=author,
            source=source,
            html=rendered.html,
            quotes=quotes,
            state=rules.choose_state(author, rendered.links),
            token=token,
        )
        refresh_thread(thread)
        Follow.objects.get_or_create(thread=thread, member=author)
        raise_alarm(post, urgent)
        if post.state == State.VISIBLE:
            announce(post)
    return post


def edit_post(editor: User, post: Post, source: str, reason: str = "") -> Post:
    """Change a post; what it said before is kept, but for personal details that are taken out."""
    urgent = _find_urgent(editor, source) - _find_urgent(editor, post.source)
    with transaction.atomic():
        editor = rules.lock_member(editor)
        post = lock_post(post)
        if not access.may_edit(editor, post):
            raise PermissionDenied
        rules.check_may_write(editor)
        if source == post.source:
            return post
        before = post.source
        Revision.objects.create(
            post=post, editor=editor, source=forget_removed(before, source), reason=reason
        )
        rendered = render_post(source)
        post.source, post.html, post.edited_at = source, rendered.html, timezone.now()
        post.save(update_fields=["source", "html", "edited_at"])
        if post.author_id != editor.pk:
            write_audit(editor, "edit", post, reason)
        elif (
            post.state == State.VISIBLE and rules.choose_state(editor, rendered.links) == State.HELD
        ):
            # Links that would have held a new post do not slip in by an edit.
            set_state(post, State.HELD)
        raise_alarm(post, urgent)
        announce_new_mentions(post, before)
    return post


def delete_own_post(author: User, post: Post) -> None:
    """Take one's own post away: a reply, or a question that nobody replied to."""
    with transaction.atomic():
        post = lock_post(post)
        if post.author_id != author.pk:
            raise PermissionDenied
        if post.opening and lock_thread(post.thread).replies:
            raise Refused("Others replied to this question: ask staff by a flag to take it away.")
        if post.state == State.DELETED:
            return
        set_state(post, State.DELETED)
        write_audit(author, "delete-own", post)


def raise_alarm(post: Post, notices: Collection[str]) -> None:
    """Put urgent notices above a post's thread, and alert staff; nothing where there are none."""
    if notices:
        thread = lock_thread(post.thread)
        thread.urgent = True
        thread.notices += [n for n in sorted(notices) if n not in thread.notices]
        thread.save(update_fields=["urgent", "notices"])
        notify_staff(Kind.URGENT, thread, post)


def _find_urgent(author: User, source: str) -> set[str]:
    # Staff and clinicians who tell others when to call for help are in no danger.
    return set() if author.is_reviewer else set(find_urgent_notices(source))


def render_post(source: str) -> Rendered:
    """A post's HTML, with links to the members whom it mentions."""
    return render_text(source, lambda names: [m.username for m in find_mentioned(names).values()])


def keep_draft(thread: Thread, drafted: Drafted) -> Draft:
    """Keep the engine's answer beside the question, and what the question is about."""
    ThreadConcept.objects.bulk_create(
        [ThreadConcept(thread=thread, concept=c, name=n) for c, n in drafted.concepts],
        ignore_conflicts=True,
    )
    return Draft.objects.create(
        thread=thread, answer=drafted.answer, source=drafted.source, html=drafted.html
    )


def forget_removed(before: str, after: str) -> str:
    """What a post said before, without the personal details that it says no more."""
    kept = " ".join(after.split())
    shown = [d.text for d in find_personal_details(before) if d.text in kept]
    return hide_personal_details(before, shown)


def make_slug(title: str) -> str:
    """The readable part of a thread's address."""
    return slugify(title)[:80].strip("-") or "question"
