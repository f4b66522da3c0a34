"""``pellucid backup`` and ``pellucid restore``, and what they share with ``pellucid serve``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

from pellucid.errors import InputError, MissingExtraError


def run_backup(options: SimpleNamespace) -> int:
    """Write the site to a file."""
    load_site()
    from pellucid.web.backup.site import make_backup

    with explain_failure():
        made = make_backup(Path(options.file))
    print(
        f"{options.file}: the database ({made.vendor}) and {len(made.files) - 1} files of the site."
    )
    print("It holds the site's keys: whoever has it can read everything. Keep it safe.")
    return 0


def run_restore(options: SimpleNamespace) -> int:
    """Make the site what a file holds."""
    load_site()
    from pellucid.web.backup.site import restore_backup

    with explain_failure():
        made = restore_backup(Path(options.file), options.force)
    print(f"The site is as it was on {made.created}. Start its processes anew.")
    return 0


def load_site() -> None:
    """Load Django with the site's settings.

    Raises
    ------
    MissingExtraError
        If the extra ``web`` is not installed.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pellucid.web.config.settings")
    try:
        import django
        import waitress  # noqa: F401

        django.setup()
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("pellucid"):
            raise
        raise MissingExtraError(
            f"the web site needs {error.name}: pip install 'pellucid[web]'"
        ) from None


@contextmanager
def explain_failure() -> Iterator[None]:
    """Make a failure of the database or the disk one line; no connection stays open."""
    import sqlite3

    from django.db import DatabaseError, connections

    try:
        yield
    except (DatabaseError, sqlite3.Error) as error:
        said = (str(error).strip().splitlines() or ["it does not answer"])[0]
        raise InputError(f"the database cannot be used: {said}") from None
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        raise InputError(f"{error.strerror or error}{where}") from None
    finally:
        connections.close_all()
