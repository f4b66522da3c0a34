"""Django's admin pages for members; the log can be read, not changed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from pellucid.web.accounts.models import AuditEntry, User


@admin.register(User)
class MemberAdmin(UserAdmin):  # type: ignore[type-arg]
    """Members; roles are given on their page of the site, where the log hears of it."""

    list_display = ("username", "email", "role", "verified_at", "is_active", "date_joined")
    list_filter = ("role", "is_active")
    readonly_fields = ("role", "field", "verified_at", "last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "email", "password")}),
        ("Role", {"fields": ("role", "field", "verified_at")}),
        ("Account", {"fields": ("is_active", "last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "email", "usable_password", "password1", "password2")}),
    )


@admin.register(AuditEntry)
class AuditAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The log."""

    list_display = ("created", "actor", "action", "target", "reason")
    list_filter = ("action",)
    list_select_related = ("actor",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody writes into the log by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nor changes it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nor deletes from it."""
        return False
