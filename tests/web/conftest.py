"""The site's settings for its tests: a folder of their own, no TLS, no compiled static files."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

# Before Django loads: its settings are read once. Set, not defaulted: never a developer's own site.
_FOLDER = tempfile.TemporaryDirectory(prefix="pellucid-web-", ignore_cleanup_errors=True)
os.environ["PELLUCID_DATA_DIR"] = _FOLDER.name
os.environ["PELLUCID_HTTPS"] = "0"
os.environ["DJANGO_SETTINGS_MODULE"] = "pellucid.web.config.settings"
for _name in ("PELLUCID_DEBUG", "PELLUCID_HOSTS", "PELLUCID_EMAIL_URL"):
    os.environ.pop(_name, None)
(Path(_FOLDER.name) / "static").mkdir()  # WhiteNoise warns where there is none

pytest.importorskip("django", reason="the site's tests need the extra 'web'")

import django  # noqa: E402
from django.test import override_settings  # noqa: E402

django.setup()

PLAIN_STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}


@pytest.fixture(scope="session", autouse=True)
def site_settings() -> Iterator[None]:
    """Fast passwords, no haste, static files without a manifest, which ``collectstatic`` writes."""
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    limits = dict.fromkeys(("ask", "read", "similar"), 1_000_000)
    with override_settings(STORAGES=PLAIN_STORAGES, PASSWORD_HASHERS=hashers, SITE_LIMITS=limits):
        yield


@pytest.fixture(autouse=True)
def empty_cache(request: pytest.FixtureRequest) -> None:
    """Forget counters of rate limits between tests: some are in the database."""
    from django.core.cache import caches

    caches["local"].clear()
    uses_database = request.node.get_closest_marker("django_db")
    if uses_database or {"db", "transactional_db"} & set(request.fixturenames):
        request.getfixturevalue("db" if "db" in request.fixturenames else "_django_db_helper")
        caches["default"].clear()
