"""Members, and what staff or other members decided about them."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.urls import reverse
from django.utils import timezone


class User(AbstractUser):
    """A member; signs in with the email address, is shown by the user name."""

    class Role(models.TextChoices):
        """What the site's owner made of a member; members without one are ranked by activity."""

        MEMBER = "member", "Member"
        CLINICIAN = "clinician", "Clinician"
        MODERATOR = "moderator", "Moderator"
        ADMINISTRATOR = "administrator", "Administrator"

    class EmailFrequency(models.TextChoices):
        """When notifications go out by email."""

        IMMEDIATELY = "immediately", "At once"
        DAILY = "daily", "Once a day, together"
        NEVER = "never", "Never"

    email = models.EmailField("email address", unique=True)
    role = models.CharField(max_length=16, choices=Role, default=Role.MEMBER)
    field = models.CharField(
        "verified field", max_length=100, blank=True, help_text="Shown beside a clinician's name."
    )
    verified_at = models.DateTimeField("credential verified at", null=True, blank=True)
    about = models.TextField("about me", max_length=1000, blank=True)
    email_frequency = models.CharField(
        "email about my threads",
        max_length=16,
        choices=EmailFrequency,
        default=EmailFrequency.IMMEDIATELY,
    )
    digest_sent_at = models.DateTimeField(null=True, blank=True, editable=False)

    def get_absolute_url(self) -> str:
        """The member's page."""
        return reverse("accounts:profile", args=[self.username])

    @property
    def is_moderator(self) -> bool:
        """May decide what is shown and who may write."""
        return self.is_active and self.role in (self.Role.MODERATOR, self.Role.ADMINISTRATOR)

    @property
    def is_clinician(self) -> bool:
        """A clinician whose credential was verified; the role alone is only a request."""
        return self.is_active and self.role == self.Role.CLINICIAN and self.verified_at is not None

    @property
    def is_reviewer(self) -> bool:
        """May review automatic answers and endorse replies."""
        return self.is_moderator or self.is_clinician

    @property
    def badge(self) -> str:
        """What is shown beside the name of staff and verified clinicians; empty for others."""
        if self.is_clinician:
            return f"{self.get_role_display()}, {self.field}" if self.field else "Clinician"
        return self.get_role_display() if self.is_moderator else ""


class Ban(models.Model):
    """A member may not write, until a date or until it is lifted."""

    member = models.ForeignKey(User, models.CASCADE, related_name="bans")
    reason = models.CharField(max_length=500)
    until = models.DateTimeField(null=True, blank=True, help_text="Empty: until it is lifted.")
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created = models.DateTimeField(default=timezone.now)
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Order and indexes."""

        ordering = ("-created",)
        indexes = (models.Index(fields=["member", "lifted_at", "until"], name="ban_active"),)

    def __str__(self) -> str:
        return f"Ban {self.pk}"


class Block(models.Model):
    """A member does not want to see, nor hear of, what another writes."""

    member = models.ForeignKey(User, models.CASCADE, related_name="blocks")
    blocked = models.ForeignKey(User, models.CASCADE, related_name="+")
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        """One per pair."""

        constraints = (
            models.UniqueConstraint(fields=["member", "blocked"], name="one_block_per_pair"),
        )

    def __str__(self) -> str:
        return f"Block {self.pk}"


class StaffNote(models.Model):
    """What staff tell each other about a member; never shown to the member."""

    member = models.ForeignKey(User, models.CASCADE, related_name="staff_notes")
    author = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    text = models.TextField(max_length=2000)
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        """Newest first."""

        ordering = ("-created",)
        indexes = (models.Index(fields=["member", "-created"], name="note_member"),)

    def __str__(self) -> str:
        return f"Note {self.pk}"


class AuditEntry(models.Model):
    """One decision: who did what to what, and why. Written once, never changed."""

    actor = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    action = models.CharField(max_length=40)
    target = models.CharField(max_length=60, help_text="Kind and number, such as post:12.")
    reason = models.CharField(max_length=500, blank=True)
    detail = models.JSONField(default=dict, blank=True)
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        """Newest first."""

        ordering = ("-created", "-id")
        verbose_name_plural = "audit entries"
        indexes = (
            models.Index(fields=["-created", "-id"], name="audit_newest"),
            models.Index(fields=["target", "-created"], name="audit_target"),
        )

    def __str__(self) -> str:
        return f"{self.action} {self.target}"
