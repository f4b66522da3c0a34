"""The audit log: each decision of staff is written in the transaction that makes it."""

from __future__ import annotations

from typing import Any

from django.db import models

from pellucid.web.accounts.models import AuditEntry, User


def write_audit(
    actor: User, action: str, target: models.Model, reason: str = "", **detail: Any
) -> None:
    """Write down who did what to what, and why."""
    AuditEntry.objects.create(
        actor=actor,
        action=action,
        target=f"{target._meta.model_name}:{target.pk}",
        reason=reason[:500],
        detail=detail,
    )
