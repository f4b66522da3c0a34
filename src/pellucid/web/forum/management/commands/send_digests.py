"""``manage.py send_digests``: email that is due, digests and what could not be sent before."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from pellucid.web.forum.access import find_late_members
from pellucid.web.forum.actions.notifying import deliver_email


class Command(BaseCommand):
    """Send what is due; run it every few minutes (cron, a systemd timer)."""

    help = "Send email about threads that is due: digests, and what could not be sent at once."

    def handle(self, *args: Any, **options: Any) -> None:
        """Send, and say how many."""
        members = list(find_late_members().values_list("pk", flat=True))
        sent = sum(deliver_email(member) for member in members)
        self.stdout.write(f"{sent} sent")
