"""What moderators decide about posts and threads; each decision is in the log."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from pellucid.web.accounts.audit import write_audit
from pellucid.web.accounts.models import User
from pellucid.web.forum.actions.notifying import Kind, announce, notify
from pellucid.web.forum.actions.posting import keep_draft, make_slug
from pellucid.web.forum.actions.states import lock_post, lock_thread, refresh_thread, set_state
from pellucid.web.forum.drafting import draft_answer
from pellucid.web.forum.errors import Refused
from pellucid.web.forum.models import (
    Bookmark,
    Category,
    Flag,
    Follow,
    Post,
    State,
    Thread,
    ThreadConcept,
)

DECISIONS = {
    "publish": State.VISIBLE,
    "hide": State.HIDDEN,
    "delete": State.DELETED,
    "restore": State.VISIBLE,
}


@transaction.atomic
def decide_post(actor: User, post: Post, decision: str, reason: str = "") -> None:
    """Publish, hide, delete or restore a post; its flags are done with."""
    _check(actor)
    post = lock_post(post)
    before, after = post.state, DECISIONS[decision]
    Flag.objects.filter(post=post, resolved_at=None).update(
        resolved_at=timezone.now(), resolved_by=actor
    )
    if before != after:
        set_state(post, after)
    write_audit(actor, decision, post, reason, before=before)
    if before == State.HELD and after == State.VISIBLE:
        if post.author:
            notify(Kind.PUBLISHED, [post.author], post.thread, post, actor)
        announce(post)


@transaction.atomic
def set_locked(actor: User, thread: Thread, on: bool, reason: str = "") -> None:
    """Take no more replies, or take them again."""
    _check(actor)
    thread = lock_thread(thread)
    if thread.locked != on:
        thread.locked = on
        thread.save(update_fields=["locked"])
        write_audit(actor, "lock" if on else "unlock", thread, reason)


@transaction.atomic
def end_alarm(actor: User, thread: Thread, reason: str = "") -> None:
    """Take the urgent notices away from a thread: no emergency, or no longer."""
    _check(actor)
    thread = lock_thread(thread)
    if thread.urgent:
        thread.urgent, thread.notices = False, []
        thread.save(update_fields=["urgent", "notices"])
        write_audit(actor, "end-alarm", thread, reason)


@transaction.atomic
def move_thread(actor: User, thread: Thread, category: Category, reason: str = "") -> None:
    """Put a thread into another category."""
    _check(actor)
    thread = lock_thread(thread)
    if thread.category_id != category.pk:
        before, thread.category = thread.category.slug, category
        thread.save(update_fields=["category"])
        write_audit(actor, "move", thread, reason, before=before, after=category.slug)


@transaction.atomic
def set_terms(actor: User, thread: Thread, terms: Mapping[str, str], reason: str = "") -> None:
    """Say what a thread is about: ids of terms, each with its name."""
    _check(actor)
    thread = lock_thread(thread)
    before = sorted(thread.concepts.values_list("concept", flat=True))
    if before == sorted(terms):
        return
    thread.concepts.exclude(concept__in=terms).delete()
    ThreadConcept.objects.bulk_create(
        [ThreadConcept(thread=thread, concept=c, name=n) for c, n in terms.items()],
        ignore_conflicts=True,
    )
    write_audit(actor, "terms", thread, reason, before=before, after=sorted(terms))


@transaction.atomic
def merge_threads(actor: User, thread: Thread, into: Thread, reason: str = "") -> None:
    """Put the posts of a thread into another; its address leads there from then on."""
    _check(actor)
    if thread.pk == into.pk:
        raise Refused("A thread cannot be merged into itself: give the number of another.")
    # In one order, so that two merges at once do not wait for each other.
    locked = {t.pk: t for t in map(lock_thread, sorted((thread, into), key=lambda t: t.pk))}
    thread, into = locked[thread.pk], locked[into.pk]
    if into.state == State.DELETED or into.merged_into_id:
        raise Refused("That thread was deleted or merged: give the number of another.")
    moved = list(thread.posts.values_list("pk", flat=True))
    thread.posts.update(thread=into, opening=False)
    _take_along(Follow, thread, into)
    _take_along(Bookmark, thread, into)
    Thread.objects.filter(merged_into=thread).update(merged_into=into)
    thread.merged_into, thread.state = into, State.DELETED
    thread.save(update_fields=["merged_into", "state"])
    into.urgent = into.urgent or thread.urgent
    into.notices += [n for n in thread.notices if n not in into.notices]
    into.save(update_fields=["urgent", "notices"])
    refresh_thread(thread)
    refresh_thread(into)
    write_audit(actor, "merge", thread, reason, into=into.pk, posts=moved)


def split_thread(
    actor: User, thread: Thread, posts: Collection[int], title: str, category: Category
) -> Thread:
    """Make a thread of its own out of some replies; the first of them asks."""
    _check(actor)
    first = thread.posts.filter(pk__in=posts, opening=False).order_by("id").first()
    if first is None:
        raise Refused("Choose the replies that shall be a thread of their own.")
    drafted = draft_answer(title, first.source)
    with transaction.atomic():
        thread = lock_thread(thread)
        chosen = thread.posts.filter(pk__in=posts, opening=False)
        moved = list(chosen.order_by("id").values_list("pk", flat=True))
        if not moved or moved[0] != first.pk:
            raise Refused("The thread has changed meanwhile: choose again.")
        made = Thread.objects.create(
            title=title,
            slug=make_slug(title),
            category=category,
            author=first.author,
            state=first.state,
            created=first.created,
            urgent=bool(drafted and drafted.urgent),
            notices=list(drafted.notices) if drafted else [],
        )
        Post.objects.filter(pk__in=moved).update(thread=made)
        Post.objects.filter(pk=first.pk).update(opening=True)
        authors = set(made.posts.exclude(author=None).values_list("author_id", flat=True))
        Follow.objects.bulk_create([Follow(thread=made, member_id=a) for a in authors])
        if drafted:
            keep_draft(made, drafted)
        refresh_thread(thread)
        refresh_thread(made)
        write_audit(actor, "split", thread, into=made.pk, posts=moved)
    return made


def _take_along(kind: type[Follow | Bookmark], thread: Thread, into: Thread) -> None:
    for member in kind.objects.filter(thread=thread).values_list("member_id", flat=True):
        kind.objects.get_or_create(thread=into, member_id=member)


def _check(actor: User) -> None:
    if not actor.is_moderator:
        raise PermissionDenied("Only moderators decide about posts.")
