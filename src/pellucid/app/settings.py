"""Where things are kept on this machine."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Literal

VERSION = "0.1.0"


def get_core_pack() -> str:
    """Folder of the built-in pack."""
    here = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    return os.path.join(here, "pellucid_packs", "core")


def get_data_folder() -> str:
    """Folder for what is kept (installed packs, the site): ``PELLUCID_DATA_DIR``, or the system's usual place."""
    return os.path.abspath(os.environ.get("PELLUCID_DATA_DIR") or _get_usual_folder("data"))


def get_cache_folder() -> str:
    """Folder for compiled packs: ``PELLUCID_CACHE_DIR``, or the system's usual place."""
    return os.environ.get("PELLUCID_CACHE_DIR") or _get_usual_folder("cache")


def _get_usual_folder(use: Literal["data", "cache"]) -> str:
    """Where this system keeps the data or the cache of a program.

    The three rules of :mod:`platformdirs` stand here in short because importing it would take
    a third of the time that a whole ``pellucid ask`` may take.
    """
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local")
        return os.path.join(base, "pellucid", use.capitalize())
    if sys.platform == "darwin":
        folder = {"data": "Application Support", "cache": "Caches"}[use]
        return os.path.join(home, "Library", folder, "pellucid")
    usual = {"data": (".local", "share"), "cache": (".cache",)}[use]
    base = os.environ.get(f"XDG_{use.upper()}_HOME") or os.path.join(home, *usual)
    return os.path.join(base, "pellucid")


def list_manifests() -> tuple[tuple[str, int], ...]:
    """Names of the installed packs, and the time of each one's manifest: what there is, in one look.

    It stands here because a question must not wait for the modules that open packs where there are none.
    """
    found = []
    folder = os.path.join(get_data_folder(), "packs")
    try:
        for name in sorted(os.listdir(folder)):
            with suppress(OSError):
                found.append(
                    (name, os.stat(os.path.join(folder, name, "manifest.json")).st_mtime_ns)
                )
    except OSError:
        pass
    return tuple(found)


def get_store() -> str | None:
    """Address of the PostgreSQL server that keeps the packs: ``PELLUCID_STORE``; else the data folder does."""
    return os.environ.get("PELLUCID_STORE") or None


def use_store(address: str) -> None:
    """Keep the packs of this process on a server, as if ``PELLUCID_STORE`` named it."""
    os.environ["PELLUCID_STORE"] = address


def find_record() -> str | None:
    """The list of files that pip keeps beside an installed Pellucid; None in a checkout."""
    here = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    path = os.path.join(here, f"pellucid-{VERSION}.dist-info", "RECORD")
    return path if os.path.isfile(path) else None
