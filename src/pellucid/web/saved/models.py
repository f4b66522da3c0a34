"""Saved reports. Not in the administration's pages: there is nothing in them that staff may see."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone


class SavedReport(models.Model):
    """A report of one member; its title and text are sealed (:mod:`pellucid.web.saved.keys`)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_reports"
    )
    title = models.BinaryField()
    text = models.BinaryField()
    token = models.UUIDField(help_text="Of the form: sent twice, saved once.")
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        """A member's list, the newest first; a form saves once."""

        ordering = ("-created", "id")
        constraints = (
            models.UniqueConstraint(fields=["owner", "token"], name="one_report_per_form"),
        )
        indexes = (models.Index(fields=["owner", "-created"], name="report_owner"),)

    def __str__(self) -> str:
        return f"Saved report {self.pk}"

    def get_absolute_url(self) -> str:
        """The reading of the report."""
        return reverse("saved:open", args=[self.pk])
