"""``manage.py make_demo``: example content for a site to be tried on."""

from __future__ import annotations

import secrets
from typing import Any

from django.core.management.base import BaseCommand

from pellucid.web.forum.actions.demonstrating import make_demo


class Command(BaseCommand):
    """Make the example members and what they wrote; a second time changes nothing."""

    help = "Make example members, threads, answers in each state of review, and a flagged post."

    def handle(self, *args: Any, **options: Any) -> None:
        """Make them, and say how to sign in as one."""
        password = secrets.token_urlsafe(12)
        if names := make_demo(password):
            self.stdout.write(f"Example members, each with the password {password}")
            self.stdout.write("  " + ", ".join(f"{name}@example.org" for name in names))
