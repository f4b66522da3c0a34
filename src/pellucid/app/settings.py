"""Where things are kept on this machine."""

from __future__ import annotations

import os
import sys

VERSION = "0.1.0"


def get_core_pack() -> str:
    """Folder of the built-in pack."""
    here = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    return os.path.join(here, "pellucid_packs", "core")


def get_data_folder() -> str:
    """Folder for what is kept (installed packs, the site): ``PELLUCID_DATA_DIR``, or the system's usual place."""
    if folder := os.environ.get("PELLUCID_DATA_DIR"):
        return os.path.abspath(folder)
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local")
        return os.path.join(base, "pellucid", "Data")
    if sys.platform == "darwin":
        return os.path.join(home, "Library", "Application Support", "pellucid")
    base = os.environ.get("XDG_DATA_HOME") or os.path.join(home, ".local", "share")
    return os.path.join(base, "pellucid")


def find_record() -> str | None:
    """The list of files that pip keeps beside an installed Pellucid; None in a checkout."""
    here = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    path = os.path.join(here, f"pellucid-{VERSION}.dist-info", "RECORD")
    return path if os.path.isfile(path) else None


def get_cache_folder() -> str:
    """Folder for compiled packs: ``PELLUCID_CACHE_DIR``, or the system's usual place.

    The three rules of :mod:`platformdirs` stand here in short because importing it would take
    a third of the time that a whole ``pellucid ask`` may take.
    """
    if folder := os.environ.get("PELLUCID_CACHE_DIR"):
        return folder
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local")
        return os.path.join(base, "pellucid", "Cache")
    if sys.platform == "darwin":
        return os.path.join(home, "Library", "Caches", "pellucid")
    return os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.join(home, ".cache"), "pellucid"
    )
