"""What the pages write: the first administrator, once."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction

from pellucid.web.accounts.models import User
from pellucid.web.pages.access import has_administrator

# Any number that nothing else of the site locks.
_LOCK = 7_355_608


@transaction.atomic
def create_first_administrator(email: str, username: str, password: str) -> User:
    """Create the administrator of a site that has none; two at once make one.

    Raises
    ------
    PermissionDenied
        If there is one.
    """
    # SQLite's transactions are exclusive already (settings: IMMEDIATE).
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    if has_administrator():
        raise PermissionDenied("this site has an administrator")
    user = User.objects.create_superuser(
        username=username, email=email, password=password, role=User.Role.ADMINISTRATOR
    )
    # Who can read the server's terminal need not prove the address too.
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user
