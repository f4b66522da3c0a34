"""``manage.py rotate_report_keys``: a new key for the saved reports."""

from __future__ import annotations

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pellucid.web.saved.actions import reseal_all
from pellucid.web.saved.keys import VARIABLE, add_key, forget_old_keys


class Command(BaseCommand):
    """Make a new key, seal every report with it, and forget the old ones."""

    help = (
        "Seal all saved reports with a new key. Keys in the site's folder are made and removed by"
        f" this command; of {VARIABLE} the first key is used: put a new one first, then run this."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; the old keys go only when nothing needs them."""
        in_folder = not os.environ.get(VARIABLE)
        if in_folder:
            add_key()
        done, lapsed = reseal_all()
        self.stdout.write(f"{done} reports sealed with the first key")
        if lapsed:
            raise CommandError(f"{lapsed} reports open with no key of the site; old keys are kept")
        if in_folder:
            forget_old_keys()
