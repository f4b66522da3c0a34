"""Threads, posts, automatic answers, and what members do with them."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

MEMBER = settings.AUTH_USER_MODEL


class State(models.TextChoices):
    """Who sees a thread or post: all; the author and staff (held, hidden); staff (deleted)."""

    VISIBLE = "visible", "Visible"
    HELD = "held", "Waiting for staff"
    HIDDEN = "hidden", "Hidden"
    DELETED = "deleted", "Deleted"


class Category(models.Model):
    """A shelf of the forum."""

    name = models.CharField(max_length=80, unique=True)
    slug = models.SlugField(max_length=80, unique=True)
    description = models.CharField(max_length=300, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        """In the order that staff gave."""

        ordering = ("position", "name")
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The category's threads."""
        return reverse("forum:category", args=[self.slug])


class Thread(models.Model):
    """A question with its replies; its first post has the same state."""

    title = models.CharField(max_length=200)
    slug = models.SlugField(max_length=80)
    category = models.ForeignKey(Category, models.PROTECT, related_name="threads")
    author = models.ForeignKey(MEMBER, models.SET_NULL, null=True, related_name="threads")
    state = models.CharField(max_length=8, choices=State, default=State.VISIBLE)
    locked = models.BooleanField(default=False)
    urgent = models.BooleanField(default=False, help_text="A post of it reads as an emergency.")
    notices = models.JSONField(
        default=list, blank=True, help_text="Urgent notices: they stand above everything."
    )
    created = models.DateTimeField(default=timezone.now)
    last_activity = models.DateTimeField(default=timezone.now)
    replies = models.PositiveIntegerField(default=0)
    accepted = models.ForeignKey(
        "Post", models.SET_NULL, null=True, blank=True, related_name="accepted_in"
    )
    merged_into = models.ForeignKey("self", models.SET_NULL, null=True, blank=True)

    class Meta:
        """One index for each list."""

        ordering = ("-last_activity", "-id")
        indexes = (
            models.Index(fields=["state", "-last_activity", "-id"], name="thread_newest"),
            models.Index(
                fields=["category", "state", "-last_activity", "-id"], name="thread_category"
            ),
            models.Index(fields=["author", "-last_activity", "-id"], name="thread_author"),
            models.Index(fields=["id"], condition=models.Q(urgent=True), name="thread_urgent"),
        )

    def __str__(self) -> str:
        return f"Thread {self.pk}"

    def get_absolute_url(self) -> str:
        """The thread's page."""
        return reverse("forum:thread", args=[self.pk, self.slug])


class ThreadConcept(models.Model):
    """A concept of the pack that a thread is about."""

    thread = models.ForeignKey(Thread, models.CASCADE, related_name="concepts")
    concept = models.CharField(max_length=100)
    name = models.CharField(max_length=200)

    class Meta:
        """One per pair; lists go by concept."""

        constraints = (
            models.UniqueConstraint(fields=["concept", "thread"], name="one_concept_per_thread"),
        )

    def __str__(self) -> str:
        return self.concept


class Post(models.Model):
    """What a member wrote: Markdown, and the safe HTML made of it."""

    thread = models.ForeignKey(Thread, models.CASCADE, related_name="posts")
    author = models.ForeignKey(MEMBER, models.SET_NULL, null=True, related_name="posts")
    opening = models.BooleanField(default=False)
    source = models.TextField()
    html = models.TextField()
    quotes = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.VISIBLE)
    created = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True, blank=True)
    endorsed_by = models.ForeignKey(
        MEMBER, models.SET_NULL, null=True, blank=True, related_name="endorsements"
    )
    endorsed_role = models.CharField(max_length=120, blank=True)
    endorsed_at = models.DateTimeField(null=True, blank=True)
    token = models.UUIDField(default=uuid.uuid4, help_text="Of the form: sent twice, posted once.")

    class Meta:
        """One index for each list; a form posts once."""

        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["author", "token"], name="one_post_per_form"),
            models.UniqueConstraint(
                fields=["thread"], condition=models.Q(opening=True), name="one_opening_per_thread"
            ),
        )
        indexes = (
            models.Index(fields=["thread", "state", "id"], name="post_thread"),
            models.Index(fields=["author", "state", "-id"], name="post_author"),
            models.Index(fields=["author", "created"], name="post_rate"),
            models.Index(
                fields=["id"],
                condition=models.Q(state__in=("held", "hidden")),
                name="post_queue",
            ),
        )

    def __str__(self) -> str:
        return f"Post {self.pk}"

    def get_absolute_url(self) -> str:
        """The post in its thread, on whatever page it stands."""
        return reverse("forum:post", args=[self.pk])


class Revision(models.Model):
    """What a post said before an edit."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="revisions")
    editor = models.ForeignKey(MEMBER, models.SET_NULL, null=True, related_name="revisions")
    source = models.TextField()
    reason = models.CharField(max_length=200, blank=True)
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        """Oldest first."""

        ordering = ("id",)

    def __str__(self) -> str:
        return f"Revision {self.pk}"


class Draft(models.Model):
    """The engine's answer in a thread, and what a reviewer made of it."""

    class State(models.TextChoices):
        """How far the review has come."""

        AUTOMATIC = "automatic", "Automatic answer, not yet reviewed"
        APPROVED = "approved", "Approved"
        EDITED = "edited", "Edited"
        REPLACED = "replaced", "Replaced"
        WITHDRAWN = "withdrawn", "Withdrawn"

    thread = models.OneToOneField(Thread, models.CASCADE, related_name="draft")
    answer = models.JSONField(help_text="As the engine gave it; schemas/answer.schema.json.")
    source = models.TextField()
    html = models.TextField()
    state = models.CharField(max_length=10, choices=State, default=State.AUTOMATIC)
    reviewer = models.ForeignKey(
        MEMBER, models.SET_NULL, null=True, blank=True, related_name="reviews"
    )
    reviewer_role = models.CharField(max_length=120, blank=True)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    diff = models.TextField(blank=True)
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        """The review queue."""

        indexes = (models.Index(fields=["state", "created"], name="draft_queue"),)

    def __str__(self) -> str:
        return f"Draft {self.pk}"


class _ByMember(models.Model):
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        """Shared by what a member does to a thread or post."""

        abstract = True

    def __str__(self) -> str:
        return f"{type(self).__name__} {self.pk}"


class Vote(_ByMember):
    """A member found a post helpful."""

    member = models.ForeignKey(MEMBER, models.CASCADE, related_name="votes")
    post = models.ForeignKey(Post, models.CASCADE, related_name="votes")

    class Meta:
        """One per member."""

        constraints = (models.UniqueConstraint(fields=["post", "member"], name="one_vote"),)


class Bookmark(_ByMember):
    """A member keeps a thread."""

    member = models.ForeignKey(MEMBER, models.CASCADE, related_name="bookmarks")
    thread = models.ForeignKey(Thread, models.CASCADE, related_name="bookmarks")

    class Meta:
        """One per member."""

        constraints = (models.UniqueConstraint(fields=["member", "thread"], name="one_bookmark"),)


class Follow(_ByMember):
    """A member wants to hear of a thread."""

    member = models.ForeignKey(MEMBER, models.CASCADE, related_name="follows")
    thread = models.ForeignKey(Thread, models.CASCADE, related_name="follows")

    class Meta:
        """One per member."""

        constraints = (models.UniqueConstraint(fields=["thread", "member"], name="one_follow"),)


class Flag(_ByMember):
    """A member tells staff that something is wrong with a post."""

    class Reason(models.TextChoices):
        """What is wrong."""

        UNSAFE = "unsafe", "Unsafe or wrong advice"
        PERSONAL = "personal", "Shows somebody's personal details"
        SPAM = "spam", "Spam or advertising"
        RUDE = "rude", "Rude or hurtful"
        OTHER = "other", "Something else"

    member = models.ForeignKey(MEMBER, models.CASCADE, related_name="flags")
    post = models.ForeignKey(Post, models.CASCADE, related_name="flags")
    reason = models.CharField(max_length=10, choices=Reason)
    note = models.CharField(max_length=500, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(MEMBER, models.SET_NULL, null=True, related_name="+")

    class Meta:
        """One per member; the queue of those not looked at."""

        constraints = (models.UniqueConstraint(fields=["post", "member"], name="one_flag"),)
        indexes = (
            models.Index(fields=["post"], condition=models.Q(resolved_at=None), name="flag_queue"),
        )


class Notification(models.Model):
    """Something happened that a member wants to know."""

    class Kind(models.TextChoices):
        """What happened."""

        REPLY = "reply", "New reply"
        MENTION = "mention", "You were mentioned"
        QUOTE = "quote", "You were quoted"
        REVIEWED = "reviewed", "The automatic answer was reviewed"
        ACCEPTED = "accepted", "Your reply was accepted as the answer"
        ENDORSED = "endorsed", "Your reply was endorsed"
        PUBLISHED = "published", "Your post was published"
        URGENT = "urgent", "A post reads as an emergency"
        FLAGGED = "flagged", "A post was hidden after flags"

    member = models.ForeignKey(MEMBER, models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=10, choices=Kind)
    thread = models.ForeignKey(Thread, models.CASCADE, related_name="+")
    post = models.ForeignKey(Post, models.CASCADE, null=True, blank=True, related_name="+")
    actor = models.ForeignKey(MEMBER, models.SET_NULL, null=True, related_name="+")
    created = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)
    emailed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """A member's list, and what email has still to carry."""

        ordering = ("-id",)
        indexes = (
            models.Index(fields=["member", "-id"], name="notification_member"),
            models.Index(
                fields=["member"], condition=models.Q(emailed_at=None), name="notification_email"
            ),
        )

    def __str__(self) -> str:
        return f"Notification {self.pk}"

    def get_absolute_url(self) -> str:
        """Where it happened."""
        return (self.post or self.thread).get_absolute_url()
