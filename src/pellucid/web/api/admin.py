"""Tokens in the site's administration: seen and revoked there, made elsewhere."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from pellucid.web.api.models import ApiToken


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A token's secret is shown only to whoever makes it, so that none can be made here."""

    list_display = ("name", "hint", "owner", "scopes", "created", "expires", "last_used")
    readonly_fields = list_display
    list_select_related = ("owner",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """No."""
        return False
