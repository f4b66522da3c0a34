"""Django's admin pages: categories are kept here; the rest is for looking, decisions have pages."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from pellucid.web.forum.models import Category, Draft, Flag, Post, Thread


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The shelves of the forum."""

    list_display = ("name", "slug", "position")
    prepopulated_fields = {"slug": ("name",)}  # noqa: RUF012


class _ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Thread)
class ThreadAdmin(_ReadOnly):
    """Threads."""

    list_display = ("id", "title", "category", "author", "state", "last_activity")
    list_filter = ("state", "category", "urgent", "locked")
    ordering = ("-id",)
    list_select_related = ("category", "author")


@admin.register(Post)
class PostAdmin(_ReadOnly):
    """Posts."""

    list_display = ("id", "thread_id", "author", "state", "created")
    list_filter = ("state",)
    list_select_related = ("author",)


@admin.register(Draft)
class DraftAdmin(_ReadOnly):
    """Automatic answers."""

    list_display = ("id", "thread_id", "state", "reviewer", "reviewed_at")
    list_filter = ("state",)
    list_select_related = ("reviewer",)


@admin.register(Flag)
class FlagAdmin(_ReadOnly):
    """Flags."""

    list_display = ("id", "post_id", "reason", "member", "created", "resolved_at")
    list_filter = ("reason",)
    list_select_related = ("member",)
