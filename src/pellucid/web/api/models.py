"""What the interfaces keep: tokens, counts of requests, which topics were answered elsewhere."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class ApiToken(models.Model):
    """A key to the API. Only a hash of the secret is kept: it is shown once."""

    class Scope(models.TextChoices):
        """What a token may be used for."""

        ASK = "ask", "Ask questions"
        READ = "read", "Read reports"
        CONCEPTS = "concepts", "List and search concepts"
        THREADS_READ = "threads:read", "Read the forum as its owner sees it"
        THREADS_WRITE = "threads:write", "Write in the forum as its owner"
        METRICS = "metrics", "Read the site's metrics"

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100, help_text="What it is for.")
    scopes = models.JSONField(default=list)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=8, editable=False, help_text="How the secret begins.")
    created = models.DateTimeField(default=timezone.now)
    expires = models.DateTimeField(null=True, blank=True)
    last_used = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        """Newest first."""

        ordering = ("-created",)

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"


class RequestCount(models.Model):
    """How many requests came from one place within one window of time."""

    key = models.CharField(max_length=64, help_text="A keyed hash, not the address itself.")
    window = models.BigIntegerField(db_index=True)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        """One row for each place and window."""

        constraints = (
            models.UniqueConstraint(fields=["key", "window"], name="one_count_per_window"),
        )

    def __str__(self) -> str:
        return f"{self.count} in {self.window}"


class AnsweredTopic(models.Model):
    """A topic of a Discourse forum that was answered, or is being answered now; no text of it."""

    topic = models.PositiveBigIntegerField(unique=True)
    claimed_at = models.DateTimeField(default=timezone.now)
    post = models.PositiveBigIntegerField(null=True, blank=True, help_text="Set when it is posted.")

    def __str__(self) -> str:
        return f"Topic {self.topic}"
