"""The saved app."""

from django.apps import AppConfig


class SavedConfig(AppConfig):
    """Settings of the app."""

    name = "pellucid.web.saved"
    label = "saved"
