"""What members and staff may send about members."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from pellucid.web.accounts.models import User


class PreferencesForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a member says of themselves, and when email goes out."""

    class Meta:
        """Two fields."""

        model = User
        fields = ("about", "email_frequency")


class DeleteForm(forms.Form):
    """A member deletes the account, and says so twice."""

    username = forms.CharField(label="Type your user name to confirm")

    def __init__(self, *args: Any, member: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self._member = member

    def clean_username(self) -> str:
        """The member's own name."""
        name: str = self.cleaned_data["username"]
        if name != self._member.username:
            raise forms.ValidationError("This is not your user name.")
        return name


class BanForm(forms.Form):
    """A member may not write for some time."""

    reason = forms.CharField(max_length=500, help_text="The member sees it.")
    until = forms.DateTimeField(
        required=False,
        label="Until (UTC)",
        help_text="Empty: until it is lifted.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )

    def clean_until(self) -> Any:
        """A time to come."""
        until = self.cleaned_data["until"]
        if until is not None and until <= timezone.now():
            raise forms.ValidationError("This time is past.")
        return until


class NoteForm(forms.Form):
    """A note for other staff."""

    text = forms.CharField(
        label="Note for staff", max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class RoleForm(forms.ModelForm):  # type: ignore[type-arg]
    """A member's role."""

    verified = forms.BooleanField(label="The credential was verified", required=False)

    class Meta:
        """The role, and the field of a clinician."""

        model = User
        fields = ("role", "field")
