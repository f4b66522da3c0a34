"""``manage.py export_corrections``: what reviewers changed, for the authors of the pack."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand

from pellucid.web.forum.access import export_corrections


class Command(BaseCommand):
    """Print each correction as one line of JSON."""

    help = "Print what reviewers changed in automatic answers, one JSON object a line."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print them."""
        for correction in export_corrections():
            self.stdout.write(json.dumps(correction, ensure_ascii=False))
