"""Fetching a collection, when the user asks for it: resumed after a break, whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from pellucid.app.settings import get_cache_folder
from pellucid.errors import DownloadError

MAX_BYTES = 4_000_000_000
_CHUNK = 1 << 18
_SECONDS = 60.0
_LOCAL = ("localhost", "127.0.0.1", "::1")


def is_url(text: str) -> bool:
    """Whether a text is the address of something on the web."""
    return text.startswith(("https://", "http://"))


@contextmanager
def fetch(url: str, progress: Callable[[str, int, int], None]) -> Iterator[str]:
    """Path of a file with what is at a URL; it is deleted when the block ends without an error.

    What a broken connection or a kill left of an earlier call is not fetched again, if the server
    still has the same file (RFC 9110, sections 13.1.5 and 14.2).

    Raises
    ------
    DownloadError
        If the address is not safe, or the file does not come whole.
    """
    _check_address(url)
    folder = os.path.join(get_cache_folder(), "downloads", sha256(url.encode()).hexdigest()[:16])
    name = os.path.basename(urlsplit(url).path) or "collection"
    path = os.path.join(folder, name)
    try:
        os.makedirs(folder, exist_ok=True)
        _fetch(url, path, progress)
    except HTTPError as error:
        raise DownloadError(f"{url}: the server says {error.code} {error.reason}") from error
    except (URLError, HTTPException, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", error)
        raise DownloadError(f"{url} does not come: {reason}; the same command goes on") from error
    except OSError as error:
        raise DownloadError(f"cannot write to {folder}: {error.strerror or error}") from error
    yield path
    for leftover in (path, f"{path}.state"):
        with suppress(OSError):
            os.unlink(leftover)
    with suppress(OSError):
        os.rmdir(folder)


def _check_address(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOCAL:
        raise DownloadError(f"{url} is not https: what comes could have been changed on the way")


def _fetch(url: str, path: str, progress: Callable[[str, int, int], None]) -> None:
    done, validator = _get_state(path)
    headers = {"User-Agent": "pellucid", "Accept-Encoding": "identity"}
    if done and validator:
        headers |= {"Range": f"bytes={done}-", "If-Range": validator}
    with urlopen(Request(url, headers=headers), timeout=_SECONDS) as response:
        _check_address(response.url)
        resumed = response.status == 206 and _get_start(response) == done
        if response.status == 206 and not resumed:
            raise DownloadError(f"{url}: the server sent another part than was asked for")
        done = done if resumed else 0
        length = int(response.headers.get("Content-Length") or 0)
        total = done + length
        validator = response.headers.get("ETag") or response.headers.get("Last-Modified") or ""
        with open(f"{path}.state", "w", encoding="utf-8") as file:
            json.dump("" if validator.startswith("W/") else validator, file)
        with open(path, "ab" if resumed else "wb") as file:
            while chunk := response.read(_CHUNK):
                done += len(chunk)
                if done > MAX_BYTES:
                    raise DownloadError(f"{url} is over {MAX_BYTES // 10**9} GB, the limit")
                file.write(chunk)
                progress("fetching", done, total or done)
    if length and done < total:
        raise DownloadError(f"{url} came only in part; the same command goes on")


def _get_state(path: str) -> tuple[int, str]:
    """Bytes that are there, and the server's mark of the file that they belong to."""
    try:
        with open(f"{path}.state", encoding="utf-8") as file:
            return os.path.getsize(path), str(json.load(file))
    except (OSError, ValueError):
        return 0, ""


def _get_start(response: Any) -> int:
    """Where a part begins, by its Content-Range: ``bytes 100-199/200``."""
    start = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("-")[0]
    return int(start) if start.isdecimal() else -1
