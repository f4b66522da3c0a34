"""Atom feeds of what everyone may see."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.contrib.syndication.views import Feed
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed

from pellucid.web.forum import access
from pellucid.web.forum.limits import get_limit
from pellucid.web.forum.models import Category, Post, Thread

_ANYONE = AnonymousUser()
# XML 1.0, 2.2: what no document may hold, even escaped. One title with it would end the feed for all.
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class _Atom(Atom1Feed):
    def __init__(self, title: str, link: str, description: str, *args: Any, **options: Any) -> None:
        options["subtitle"] = _clean(options.get("subtitle") or "")
        super().__init__(_clean(title), link, description, *args, **options)

    def add_item(self, title: str, link: str, description: str, *args: Any, **options: Any) -> None:
        super().add_item(_clean(title), link, _clean(description), *args, **options)


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)


class _ThreadsFeed(Feed):  # type: ignore[type-arg]
    feed_type = _Atom

    def item_title(self, item: Any) -> str:
        return str(item.title)

    def item_description(self, item: Thread) -> str:
        return f"{item.replies} replies"

    def item_pubdate(self, item: Thread) -> datetime:
        return item.created

    def item_updateddate(self, item: Thread) -> datetime:
        return item.last_activity

    def item_author_name(self, item: Thread) -> str:
        return item.author.username if item.author else "Former member"


class LatestFeed(_ThreadsFeed):
    """Threads with the newest activity."""

    title = subtitle = "Forum: newest threads"

    def link(self) -> str:
        """The forum's page."""
        return reverse("forum:index")

    def items(self) -> list[Thread]:
        """One page of threads."""
        return list(access.list_threads(_ANYONE)[: get_limit("PAGE_SIZE")])


class CategoryFeed(_ThreadsFeed):
    """Threads of a category."""

    def get_object(self, request: HttpRequest, slug: str) -> Category:
        """The category."""
        return get_object_or_404(access.find_categories(), slug=slug)

    def title(self, category: Category) -> str:
        """Its name."""
        return f"Forum: {category.name}"

    subtitle = title

    def link(self, category: Category) -> str:
        """Its page."""
        return category.get_absolute_url()

    def items(self, category: Category) -> list[Thread]:
        """One page of threads."""
        found = access.list_threads(_ANYONE).filter(category=category)
        return list(found[: get_limit("PAGE_SIZE")])


class ThreadFeed(Feed):  # type: ignore[type-arg]
    """The posts of a thread, the newest first."""

    feed_type = _Atom

    def get_object(self, request: HttpRequest, number: int) -> Thread:
        """The thread, if everyone may see it."""
        return get_object_or_404(access.find_threads(_ANYONE), pk=number)

    def title(self, thread: Thread) -> str:
        """The question."""
        return thread.title

    subtitle = title

    def link(self, thread: Thread) -> str:
        """Its page."""
        return thread.get_absolute_url()

    def items(self, thread: Thread) -> list[Post]:
        """One page of posts."""
        posts = access.find_thread_posts(_ANYONE, thread).order_by("-id")
        return list(posts[: get_limit("PAGE_SIZE")])

    def item_title(self, item: Any) -> str:
        """Who wrote."""
        return f"Post by {self.item_author_name(item)}"

    def item_description(self, item: Post) -> str:
        """What was written, as safe HTML."""
        return item.html

    def item_pubdate(self, item: Post) -> datetime:
        """When it was written."""
        return item.created

    def item_updateddate(self, item: Post) -> datetime:
        """When it was last changed."""
        return item.edited_at or item.created

    def item_author_name(self, item: Post) -> str:
        """Who wrote."""
        return item.author.username if item.author else "Former member"
