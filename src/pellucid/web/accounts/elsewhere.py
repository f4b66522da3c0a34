"""Signing in with an account elsewhere: allauth's OpenID Connect, by this site's rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.openid_connect import views
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from requests import RequestException

_AWAY = "socialaccount/authentication_error.html"


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Of an account elsewhere only its number and the email address are kept."""

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: dict[str, Any]) -> Any:
        """Fill in the address alone: the name that others see is the member's own choice."""
        sociallogin.account.extra_data = {}
        return super().populate_user(request, sociallogin, {"email": data.get("email")})


@never_cache
def leave(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Lead to the provider by a page: a form's own redirect may not leave the site (form-action)."""
    response = _reach(views.login, request, provider_id)
    if response.status_code != 302:
        return response
    return render(request, "accounts/leave.html", {"address": response["Location"]})


@never_cache
def come_back(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Take what the provider says of who came back."""
    return _reach(views.callback, request, provider_id)


def _reach(
    view: Callable[..., HttpResponse], request: HttpRequest, provider_id: str
) -> HttpResponse:
    """What allauth's view answers; a page that says so where the provider is away or speaks nonsense."""
    try:
        return view(request, provider_id)
    except (RequestException, KeyError):
        return render(request, _AWAY, status=502)
