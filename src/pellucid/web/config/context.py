"""What every template knows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    """The site's name, and the address of this page without its query."""
    try:
        address = request.build_absolute_uri(request.path)
    except DisallowedHost:
        address = ""  # the page that says so
    return {"site_name": settings.SITE_NAME, "canonical": address}
