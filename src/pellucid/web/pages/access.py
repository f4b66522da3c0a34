"""What the pages read of the database."""

from __future__ import annotations

from django.db import connection
from django.db.models import Q

from pellucid.web.accounts.models import User


def has_administrator() -> bool:
    """Whether anyone can administer the site."""
    return User.objects.filter(
        Q(role=User.Role.ADMINISTRATOR) | Q(is_superuser=True), is_active=True
    ).exists()


def check_database() -> None:
    """Ask the database for one row; raises ``DatabaseError`` if it does not answer."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
