"""What machines ask: health, readiness, and what they may index."""

from __future__ import annotations

from django.contrib.sitemaps import Sitemap
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pellucid import PellucidError
from pellucid.web.config.engine import get_engine
from pellucid.web.pages.access import check_database
from pellucid.web.pages.catalogue import get_catalogue


@never_cache
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readiness(request: HttpRequest) -> HttpResponse:
    """The database and the engine answer; 503 while one does not."""
    states = {"database": "ok", "engine": "ok"}
    try:
        check_database()
    except DatabaseError:
        states["database"] = "not available"
    try:
        get_engine()
    except PellucidError:
        states["engine"] = "not available"
    ready = set(states.values()) == {"ok"}
    return JsonResponse(states, status=200 if ready else 503)


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What search engines leave alone, and where the list of pages is."""
    context = {"sitemap": request.build_absolute_uri(reverse("pages:sitemap"))}
    return render(request, "pages/robots.txt", context, content_type="text/plain")


class PageMap(Sitemap):  # type: ignore[type-arg]  # not subscriptable when it runs
    """The pages that are there once."""

    def items(self) -> list[str]:
        """Their names."""
        return ["home", "read", "letters", "about"]

    def location(self, item: str) -> str:
        """The address of one."""
        return reverse(f"pages:{item}")


class ConceptMap(Sitemap):  # type: ignore[type-arg]  # not subscriptable when it runs
    """A page for each concept."""

    limit = 1000

    def items(self) -> list[str]:
        """Their ids."""
        return list(get_catalogue().entries)

    def location(self, item: str) -> str:
        """The address of one."""
        return reverse("pages:concept", args=[item])


class BodyMap(Sitemap):  # type: ignore[type-arg]  # not subscriptable when it runs
    """A page for each body part."""

    def items(self) -> list[str]:
        """Their ids."""
        return list(get_catalogue().bodies)

    def location(self, item: str) -> str:
        """The address of one."""
        return reverse("pages:body", args=[item])


SITEMAPS = {"pages": PageMap, "concepts": ConceptMap, "bodies": BodyMap}
