"""What each role may see. Views and feeds read through these functions only.

Everyone: visible threads and posts. The author too: their own that are held or hidden. Reviewers
too: threads that wait, so that an answer is reviewed in time. Moderators: everything.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Case, Count, Exists, OuterRef, Q, QuerySet, When
from django.db.models.functions import Left
from django.utils import timezone

from pellucid.web.accounts.access import Viewer, get_blocked_ids, is_moderator, is_reviewer
from pellucid.web.accounts.models import User
from pellucid.web.forum.limits import get_limit
from pellucid.web.forum.models import (
    Bookmark,
    Category,
    Draft,
    Flag,
    Follow,
    Notification,
    Post,
    Revision,
    State,
    Thread,
    Vote,
)

_AWAITED = (State.HELD, State.HIDDEN)


def find_categories() -> QuerySet[Category]:
    """All categories, in the order that staff gave."""
    return Category.objects.all()


def find_threads(viewer: Viewer) -> QuerySet[Thread]:
    """Threads that the viewer may open."""
    threads = Thread.objects.select_related("author", "category").prefetch_related("concepts")
    return threads.filter(_may_see(viewer))


def list_threads(viewer: Viewer) -> QuerySet[Thread]:
    """Threads for a list: what all see, but for those of members whom the viewer blocked."""
    threads = Thread.objects.select_related("author", "category").prefetch_related("concepts")
    threads = threads.filter(state=State.VISIBLE)
    blocked = get_blocked_ids(viewer)
    return threads.exclude(author_id__in=blocked) if blocked else threads


def find_posts(viewer: Viewer) -> QuerySet[Post]:
    """Posts that the viewer may see, in threads that the viewer may open."""
    seen = Post.objects.filter(_may_see(viewer))
    if is_moderator(viewer):
        return seen
    return seen.filter(_may_see(viewer, "thread__"))


def find_thread_posts(viewer: Viewer, thread: Thread) -> QuerySet[Post]:
    """A thread's posts with votes and what the viewer did; ``blocked`` ones are to be folded."""
    posts = (
        Post.objects.filter(_may_see(viewer), thread=thread)
        .select_related("author", "endorsed_by", "quotes__author")
        .annotate(helpful=Count("votes"))
    )
    if not isinstance(viewer, User):
        return posts
    blocked = get_blocked_ids(viewer)
    return posts.annotate(
        voted=Exists(Vote.objects.filter(post=OuterRef("pk"), member=viewer)),
        blocked=Case(
            When(author_id__in=blocked, then=True), default=False, output_field=BooleanField()
        ),
    )


def list_replies(viewer: Viewer, thread: Thread) -> list[tuple[int, str]]:
    """The numbers of a thread's replies, and how each begins."""
    replies = find_posts(viewer).filter(thread=thread, opening=False).order_by("id")
    return list(replies.values_list("pk", Left("source", 80)))


def find_member_posts(viewer: Viewer, member: User) -> QuerySet[Post]:
    """What a member wrote, as far as the viewer may see it."""
    return find_posts(viewer).filter(author=member).select_related("thread")


def get_sent_post(member: User, token: UUID) -> Post:
    """The post that a member made with a form or an idempotency key."""
    return Post.objects.get(author=member, token=token)


def find_revisions(viewer: Viewer, post: Post) -> QuerySet[Revision]:
    """What a post said before: for those who may edit it, and reviewers.

    Others do not see it: what an author took out (a name, a date) shall be gone for them.
    """
    revisions = Revision.objects.filter(post=post).select_related("editor")
    mine = isinstance(viewer, User) and post.author_id == viewer.pk
    return revisions if mine or is_reviewer(viewer) else revisions.none()


def find_draft(viewer: Viewer, thread: Thread) -> Draft | None:
    """The automatic answer of a thread that the viewer may open; a withdrawn one, for reviewers."""
    drafts = Draft.objects.filter(thread=thread).select_related("reviewer")
    if not is_reviewer(viewer):
        drafts = drafts.exclude(state=Draft.State.WITHDRAWN)
    return drafts.first()


def find_merged(viewer: Viewer, number: int) -> Thread | None:
    """The thread that another was merged into, for those who may open it."""
    return find_threads(viewer).filter(thread=number).first()


def find_late_members() -> QuerySet[User]:
    """Members to whom email is due now: at once for most, once a day for those who want that."""
    due = timezone.now() - timedelta(hours=23)
    daily = Q(email_frequency=User.EmailFrequency.DAILY) & (
        Q(digest_sent_at=None) | Q(digest_sent_at__lt=due)
    )
    waiting = Notification.objects.filter(member=OuterRef("pk"), emailed_at=None)
    return User.objects.filter(
        Exists(waiting), daily | Q(email_frequency=User.EmailFrequency.IMMEDIATELY), is_active=True
    )


def count_unread(viewer: Viewer) -> int:
    """How many notifications the viewer has not read."""
    if not isinstance(viewer, User):
        return 0
    return Notification.objects.filter(member=viewer, read_at=None).count()


def find_unreviewed(viewer: Viewer) -> QuerySet[Draft]:
    """Automatic answers that wait for a reviewer, the oldest first: what waits too long stands before the rest."""
    drafts = Draft.objects.filter(state=Draft.State.AUTOMATIC).exclude(thread__state=State.DELETED)
    late = timezone.now() - timedelta(hours=get_limit("REVIEW_WITHIN_HOURS"))
    drafts = drafts.select_related("thread__category", "thread__author").annotate(
        late=Case(When(created__lt=late, then=True), default=False, output_field=BooleanField())
    )
    return drafts.order_by("created", "id") if is_reviewer(viewer) else drafts.none()


def list_unreviewed(viewer: Viewer, most: int) -> list[Draft]:
    """The top of the review queue: emergencies before everything."""
    drafts = find_unreviewed(viewer)
    # Asked for apart: each part comes in the order of an index, however long the queue is.
    urgent = list(drafts.filter(thread__in=Thread.objects.filter(urgent=True).values("pk"))[:most])
    rest = drafts.exclude(pk__in=[d.pk for d in urgent]).filter(thread__urgent=False)
    return urgent + list(rest[: most - len(urgent)])


def find_reported(viewer: Viewer) -> QuerySet[Post]:
    """The moderation queue: posts held, hidden, or with flags not looked at; oldest first."""
    flagged = Flag.objects.filter(resolved_at=None).values("post_id")
    posts = Post.objects.filter(Q(state__in=_AWAITED) | Q(id__in=flagged)).exclude(
        state=State.DELETED
    )
    posts = posts.select_related("thread", "author").prefetch_related("flags__member")
    return posts.order_by("id") if is_moderator(viewer) else posts.none()


def find_notifications(viewer: User) -> QuerySet[Notification]:
    """What happened for the viewer, in threads that the viewer may still open."""
    return Notification.objects.filter(_may_see(viewer, "thread__"), member=viewer).select_related(
        "thread", "post", "actor"
    )


def find_bookmarked(viewer: User) -> QuerySet[Thread]:
    """Threads that the viewer kept."""
    return find_threads(viewer).filter(bookmarks__member=viewer)


def count_published(members: set[int]) -> dict[int, int]:
    """How many visible posts each of some members has."""
    rows = Post.objects.filter(author_id__in=members, state=State.VISIBLE).order_by()
    return dict(rows.values_list("author_id").annotate(Count("id")))


def get_marks(viewer: Viewer, thread: Thread) -> dict[str, bool]:
    """Whether the viewer follows and keeps a thread."""
    if not isinstance(viewer, User):
        return {"followed": False, "bookmarked": False}
    return {
        "followed": Follow.objects.filter(thread=thread, member=viewer).exists(),
        "bookmarked": Bookmark.objects.filter(thread=thread, member=viewer).exists(),
    }


def may_edit(viewer: Viewer, post: Post) -> bool:
    """The author of a post that is not deleted, in a thread that is open; moderators."""
    if is_moderator(viewer):
        return True
    mine = isinstance(viewer, User) and post.author_id == viewer.pk
    return mine and post.state != State.DELETED and not post.thread.locked


def may_accept(viewer: Viewer, thread: Thread) -> bool:
    """Who asked, and moderators, say which reply is the answer."""
    mine = isinstance(viewer, User) and thread.author_id == viewer.pk
    return mine or is_moderator(viewer)


def export_corrections() -> list[dict[str, Any]]:
    """What reviewers changed in automatic answers, for the authors of the pack; no member's words."""
    drafts = Draft.objects.filter(
        state__in=(Draft.State.EDITED, Draft.State.REPLACED, Draft.State.WITHDRAWN)
    ).order_by("reviewed_at")
    return [
        {
            "concepts": [focus["concept"] for focus in draft.answer["focus"]],
            "decision": draft.state,
            "reason": draft.reason,
            "reviewer_role": draft.reviewer_role,
            "date": draft.reviewed_at.date().isoformat() if draft.reviewed_at else None,
            "diff": draft.diff,
        }
        for draft in drafts
    ]


def _may_see(viewer: Viewer, of: str = "") -> Q:
    visible, author = Q(**{f"{of}state": State.VISIBLE}), {f"{of}author": viewer}
    if is_moderator(viewer):
        return Q()
    if is_reviewer(viewer):
        return ~Q(**{f"{of}state": State.DELETED})
    if isinstance(viewer, User):
        return visible | Q(**{f"{of}state__in": _AWAITED}, **author)
    return visible
