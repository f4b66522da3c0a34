"""The forms of the pages; what was typed is always shown again."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib.auth.forms import BaseUserCreationForm
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import MaxLengthValidator

from pellucid.web.accounts.models import User

#: Longest text and largest file that the site reads; the command line reads more.
MAX_TEXT = 200_000
MAX_FILE_MB = 20
# No maxlength in the page: a browser would cut off the end of a pasted report without a word.
_CHECK_LENGTH = MaxLengthValidator(
    MAX_TEXT, f"The text is over {MAX_TEXT:,} characters: send one report at a time."
)


class AskForm(forms.Form):
    """One box for a term, a question or a report."""

    text = forms.CharField(
        label="Type a term, a question, or paste your report",
        validators=[_CHECK_LENGTH],
        error_messages={"required": "Type a term or a question, or paste your report."},
        widget=forms.Textarea(attrs={"rows": 3, "aria-describedby": "ask-help"}),
    )


class ReportForm(forms.Form):
    """A report, pasted or uploaded."""

    text = forms.CharField(
        label="Paste the text of your report",
        required=False,
        validators=[_CHECK_LENGTH],
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12}),
    )
    file = forms.FileField(
        label="Or choose a file",
        required=False,
        max_length=255,
        allow_empty_file=True,  # the engine says it in one line, as of all bad files
        help_text=f"PDF, Word, text, HTML, a picture, FHIR, HL7, CDA or DICOM, at most {MAX_FILE_MB} MB.",
    )

    def clean_text(self) -> str:
        """The text with line feeds only, as browsers send two characters for each."""
        return str(self.cleaned_data["text"]).replace("\r\n", "\n").replace("\r", "\n")

    def clean_file(self) -> UploadedFile[Any] | None:
        """Refuse what is too large."""
        file: UploadedFile[Any] | None = self.cleaned_data["file"]
        if file and (file.size or 0) > MAX_FILE_MB * 1_000_000:
            raise forms.ValidationError(f"The file is over {MAX_FILE_MB} MB, the limit.")
        return file

    def clean(self) -> dict[str, Any]:
        """One of both is needed, and not both: nobody should guess which was read."""
        text, file = self.cleaned_data.get("text", ""), self.cleaned_data.get("file")
        if not self.errors and not text.strip() and not file:
            self.add_error("text", "Paste the text of a report, or choose a file.")
        if text.strip() and file:
            self.add_error("file", "There is a text and a file: send one of them.")
        return self.cleaned_data


class DownloadForm(forms.Form):
    """A report's text sent again, and the form to give its reading in."""

    text = forms.CharField(max_length=2_000_000, strip=False, widget=forms.HiddenInput)
    form = forms.ChoiceField(choices=[(f, f) for f in ("html", "json", "fhir")])

    clean_text = ReportForm.clean_text


class SetupForm(BaseUserCreationForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    """The first administrator."""

    class Meta:
        """Fields of the account."""

        model = User
        fields = ("email", "username")
        widgets: ClassVar = {"email": forms.EmailInput(attrs={"autocomplete": "email"})}
