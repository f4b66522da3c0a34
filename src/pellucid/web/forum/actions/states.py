"""Keeping a thread true to its posts."""

from __future__ import annotations

from django.db.models import Count, Max

from pellucid.web.forum.models import Post, State, Thread

# Locks are taken in one order (member, thread, post), so that nobody waits for each other, and leave
# the key alone: a row that only points to a locked one need not wait.


def lock_thread(thread: Thread) -> Thread:
    """Take a thread's row until the transaction ends."""
    return Thread.objects.select_for_update(no_key=True).get(pk=thread.pk)


def lock_post(post: Post) -> Post:
    """Take a post's row, and its thread's before."""
    lock_thread(post.thread)
    locked = Post.objects.select_for_update(of=("self",), no_key=True)
    return locked.select_related("thread", "author").get(pk=post.pk)


def set_state(post: Post, state: State) -> None:
    """Show, hold, hide or delete a post, and its thread with its first post."""
    post.state = state
    post.save(update_fields=["state"])
    thread = lock_thread(post.thread)
    if post.opening:
        thread.state = state
        thread.save(update_fields=["state"])
    refresh_thread(thread)


def refresh_thread(thread: Thread) -> None:
    """Count a thread's replies again and find its last activity."""
    visible = Post.objects.filter(thread=thread, opening=False, state=State.VISIBLE)
    found = visible.aggregate(size=Count("id"), last=Max("created"))
    thread.replies = found["size"]
    thread.last_activity = found["last"] or thread.created
    if thread.accepted_id and not visible.filter(pk=thread.accepted_id).exists():
        thread.accepted = None
    thread.save(update_fields=["replies", "last_activity", "accepted"])
