"""What a member sends to save a report."""

from __future__ import annotations

from django import forms

from pellucid.web.pages.forms import ReportForm


class SaveForm(forms.Form):
    """A text that was read, its title in the list, and the form's token."""

    text = forms.CharField(max_length=2_000_000, strip=False)
    title = forms.CharField(max_length=100, required=False)
    token = forms.UUIDField()

    clean_text = ReportForm.clean_text
