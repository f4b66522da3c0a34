"""``manage.py make_token``: a token for the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from pellucid.errors import InputError
from pellucid.web.accounts.models import User
from pellucid.web.api.actions import make_token
from pellucid.web.api.models import ApiToken


class Command(BaseCommand):
    """Make a token and print its secret, once."""

    help = "Make an API token; its secret is printed once and cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        """The options."""
        parser.add_argument("email", help="the member whom the token belongs to")
        parser.add_argument("name", help="what the token is for")
        parser.add_argument(
            "--scope",
            action="append",
            choices=ApiToken.Scope.values,
            required=True,
            help="what it may do (may be given again)",
        )
        parser.add_argument(
            "--days", type=int, default=365, help="how long (default 365; 0: no end)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it."""
        owner = User.objects.filter(email__iexact=options["email"]).first()
        if owner is None:
            raise CommandError("no member has this email address")
        if not 0 <= options["days"] <= 3650:
            raise CommandError("--days is from 0 to 3650")
        end = timezone.now() + timedelta(days=options["days"]) if options["days"] else None
        try:
            _, secret = make_token(owner, options["name"], options["scope"], end)
        except InputError as error:
            raise CommandError(str(error)) from None
        except PermissionDenied:
            raise CommandError("this member may not have such a token") from None
        self.stdout.write(secret)
