"""Email about threads: what happened and where, never what somebody wrote there."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.urls import reverse

from pellucid.web.accounts.models import User
from pellucid.web.forum.models import Notification

_SALT = "pellucid.forum.unsubscribe"
_SECONDS = 10  # for a mail server that does not answer


def get_site_url() -> str:
    """Where the site is: ``SITE_URL`` of the settings, or its first host."""
    if settings.SITE_URL:
        return str(settings.SITE_URL).rstrip("/")
    host = next((h.lstrip(".") for h in settings.ALLOWED_HOSTS if h != "*"), "localhost")
    return f"{'https' if settings.SECURE_SSL_REDIRECT else 'http'}://{host}"


def make_unsubscribe_url(member: User) -> str:
    """A link that stops the member's email without signing in; it works for good."""
    token = signing.dumps(member.pk, salt=_SALT)
    return get_site_url() + reverse("accounts:unsubscribe", args=[token])


def read_unsubscribe_token(token: str) -> int | None:
    """The member's id in a link that this site signed."""
    try:
        return int(signing.loads(token, salt=_SALT))
    except (signing.BadSignature, ValueError, TypeError):
        return None


def send_notifications(member: User, notifications: Sequence[Notification]) -> None:
    """Send one email about all of them."""
    url = make_unsubscribe_url(member)
    rows = [(n, get_site_url() + n.get_absolute_url()) for n in notifications]
    context = {"member": member, "rows": rows, "site": settings.SITE_NAME, "unsubscribe": url}
    subject = render_to_string("forum/email/subject.txt", context)
    EmailMessage(
        " ".join(subject.split()),  # a title must not end the header
        render_to_string("forum/email/body.txt", context),
        to=[member.email],
        headers={
            "List-Unsubscribe": f"<{url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
        connection=get_connection(timeout=_SECONDS),
    ).send()
