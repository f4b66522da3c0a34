"""The pages app."""

from django.apps import AppConfig


class PagesConfig(AppConfig):
    """Settings of the app."""

    name = "pellucid.web.pages"
    label = "pages"
