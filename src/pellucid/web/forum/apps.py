"""The forum app."""

from django.apps import AppConfig


class ForumConfig(AppConfig):
    """Settings of the app."""

    name = "pellucid.web.forum"
    label = "forum"
