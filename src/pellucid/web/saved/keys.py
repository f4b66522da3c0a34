"""Sealing: what is saved is encrypted with keys that are not in the database.

Keys are those of ``PELLUCID_REPORT_KEYS`` (commas between), else of the file ``report-keys`` in the
site's folder (one a line; made at the first need). The first one seals, each of them opens: a key is
renewed by putting another before it, sealing all anew, and taking the old one away
(``manage.py rotate_report_keys``).
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from pellucid.errors import PellucidError
from pellucid.web.config.folder import get_or_make_secret, replace_secret

VARIABLE = "PELLUCID_REPORT_KEYS"


class LapsedKeyError(PellucidError):
    """What was sealed with a key that the site has no more."""

    code = "lapsed-key"


def seal(owner: int, text: str) -> bytes:
    """Encrypt a text for one member; sealed again for another, it does not open."""
    return _get_cipher().encrypt(json.dumps([owner, text]).encode())


def unseal(owner: int, sealed: bytes | memoryview) -> str:
    """Decrypt what was sealed for a member.

    Raises
    ------
    LapsedKeyError
        If no key of the site opens it, or it is another member's.
    """
    try:
        known, text = json.loads(_get_cipher().decrypt(bytes(sealed)))
    except InvalidToken:
        known, text = None, ""
    if known != owner:
        raise LapsedKeyError(
            "This report cannot be opened: its key is no longer on this server. You can delete it."
        )
    return str(text)


def reseal(sealed: bytes | memoryview) -> bytes:
    """The same, sealed with the first key.

    Raises
    ------
    LapsedKeyError
        If no key of the site opens it.
    """
    try:
        return _get_cipher().rotate(bytes(sealed))
    except InvalidToken:
        raise LapsedKeyError("no key of the site opens this") from None


def add_key() -> None:
    """Put a new key before those of the site's folder."""
    replace_secret(_get_path(), "\n".join([_make_key(), *_get_keys()]))


def forget_old_keys() -> None:
    """Keep only the first key of the site's folder."""
    replace_secret(_get_path(), _get_keys()[0])


def _get_cipher() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in _get_keys()])


def _get_keys() -> list[str]:
    if given := os.environ.get(VARIABLE):
        return [key.strip() for key in given.split(",") if key.strip()]
    return get_or_make_secret(_get_path(), _make_key).split()


def _get_path() -> Path:
    return Path(settings.DATA) / "report-keys"


def _make_key() -> str:
    return Fernet.generate_key().decode()
