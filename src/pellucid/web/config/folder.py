"""The site's folder and its secret key."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

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
