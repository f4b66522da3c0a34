"""Where allauth asks the site."""

from __future__ import annotations

import secrets

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.hashers import make_password


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """allauth's own, with one leak of time closed."""

    def send_account_already_exists_mail(self, email: str) -> None:
        """Tell who is a member already; with the work of a new one, so that time tells nobody else."""
        make_password(secrets.token_hex())
        super().send_account_already_exists_mail(email)
