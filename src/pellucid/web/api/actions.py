"""All that the interfaces write."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from pellucid.errors import InputError
from pellucid.web.accounts.models import User
from pellucid.web.api.access import hash_secret
from pellucid.web.api.models import AnsweredTopic, ApiToken, RequestCount

#: How every secret begins, so that a scanner of leaked keys can know it.
PREFIX = "plc_"
_USE_NOTED_EVERY = timedelta(minutes=1)
_CLAIM_LASTS = timedelta(minutes=2)


def make_token(
    owner: User, name: str, scopes: Iterable[str], expires: datetime | None = None
) -> tuple[ApiToken, str]:
    """Make a token; the secret is given back here and never again.

    Raises
    ------
    InputError
        If there is no such scope, or none.
    PermissionDenied
        If the owner may not write, or asks for metrics without being an administrator.
    """
    chosen = sorted(set(scopes))
    if unknown := set(chosen) - set(ApiToken.Scope.values):
        raise InputError(
            f"unknown scope {', '.join(sorted(unknown))}; known: {', '.join(ApiToken.Scope.values)}"
        )
    if not chosen or not name.strip():
        raise InputError("a token needs a name and at least one scope")
    if not owner.is_active:
        raise PermissionDenied
    is_administrator = owner.is_superuser or owner.role == User.Role.ADMINISTRATOR
    if ApiToken.Scope.METRICS in chosen and not is_administrator:
        raise PermissionDenied
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        owner=owner,
        name=name.strip()[:100],
        scopes=chosen,
        digest=hash_secret(secret),
        hint=secret[:8],
        expires=expires,
    )
    return token, secret


def revoke_token(actor: User, token: ApiToken) -> None:
    """End a token at once; its owner and administrators may. Twice is as once."""
    if actor.pk != token.owner_id and actor.role != User.Role.ADMINISTRATOR:
        raise PermissionDenied
    ApiToken.objects.filter(pk=token.pk).delete()


def note_use(token: ApiToken) -> None:
    """Keep when a token was last used, to the minute: not every request need write."""
    now = timezone.now()
    if token.last_used is None or now - token.last_used > _USE_NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used=now)


def count_request(key: str, window: int) -> int:
    """Count one request; how many it makes in this window, over all processes."""
    with transaction.atomic():
        row, is_new = RequestCount.objects.get_or_create(key=key, window=window)
        RequestCount.objects.filter(pk=row.pk).update(count=F("count") + 1)
        row.refresh_from_db(fields=["count"])
    if is_new:
        # Nothing is asked of windows that are over.
        RequestCount.objects.filter(window__lt=window).delete()
    return row.count


def claim_topic(topic: int) -> bool:
    """Take a topic to answer it; False if it is answered, or another process is at it.

    A claim whose process died is free again after two minutes.
    """
    with transaction.atomic():
        _, is_new = AnsweredTopic.objects.get_or_create(topic=topic)
        if is_new:
            return True
        now = timezone.now()
        stale = AnsweredTopic.objects.filter(
            topic=topic, post=None, claimed_at__lt=now - _CLAIM_LASTS
        )
        return stale.update(claimed_at=now) == 1


def keep_answer(topic: int, post: int) -> None:
    """Note the post that answers a topic."""
    AnsweredTopic.objects.filter(topic=topic).update(post=post)


def release_topic(topic: int) -> None:
    """Give a topic back that could not be answered, so that a second delivery can."""
    AnsweredTopic.objects.filter(topic=topic, post=None).delete()
