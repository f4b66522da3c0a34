"""Which tokens a viewer may see, and whose a secret is."""

from __future__ import annotations

import hashlib

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.utils import timezone

from pellucid.web.accounts.models import User
from pellucid.web.api.models import ApiToken


def find_tokens(viewer: User | AnonymousUser) -> QuerySet[ApiToken]:
    """The viewer's own tokens."""
    if not isinstance(viewer, User):
        return ApiToken.objects.none()
    return ApiToken.objects.filter(owner=viewer)


def find_token(secret: str) -> ApiToken | None:
    """The token of a secret, if it may be used now."""
    return (
        ApiToken.objects.filter(Q(expires=None) | Q(expires__gt=timezone.now()))
        .filter(digest=hash_secret(secret), owner__is_active=True)
        .select_related("owner")
        .first()
    )


def hash_secret(secret: str) -> str:
    """What is kept of a secret. It is long and random: a slow hash would add nothing."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
