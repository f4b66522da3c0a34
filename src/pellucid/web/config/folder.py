"""The site's folder, its secret key, and where its mail goes."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pellucid.app import settings


def get_data_folder() -> Path:
    """The site's folder: ``PELLUCID_DATA_DIR``, or the system's usual place; made if it is not there."""
    folder = Path(settings.get_data_folder())
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def get_secret_key(folder: Path) -> str:
    """``PELLUCID_SECRET_KEY``, or the key in the site's folder; made once, readable by its owner only."""
    if key := os.environ.get("PELLUCID_SECRET_KEY"):
        return key
    path = folder / "secret-key"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(key := secrets.token_urlsafe(50))
    return key


def parse_mail_url(url: str) -> dict[str, Any]:
    """Django's mail settings from ``smtp://`` or ``smtps://user:password@host:port``."""
    parts = urlsplit(url)
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname or "localhost",
        "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp" and bool(parts.username),
    }
