"""What members may send to the forum."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django import forms
from django.http import QueryDict
from django.utils.crypto import salted_hmac

from pellucid import UnknownConceptError
from pellucid.web.config.engine import get_engine
from pellucid.web.forum import access
from pellucid.web.forum.limits import get_limit
from pellucid.web.forum.models import Draft, Flag
from pellucid.web.forum.personal import (
    PersonalDetail,
    find_personal_details,
    hide_personal_details,
)

_MARKDOWN = "Plain text or Markdown. Please leave out names, birth dates and numbers of records."
_LOOK = (
    "This may tell who somebody is. Look at the list below: what it names is hidden when you send"
    " it again."
)
_MOST_TERMS = 10
#: Details that the author can decide about one by one; any more are hidden.
_MOST_SHOWN = 100
_LARGE = forms.Textarea(attrs={"rows": 10, "spellcheck": "true"})


class TextField(forms.CharField):
    """A long text, as long as a post may be."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=_LARGE, strip=True, **options)

    def clean(self, value: Any) -> Any:
        """The text with line feeds only, not too long."""
        text = super().clean(value).replace("\r\n", "\n").replace("\r", "\n")
        if len(text) > (most := get_limit("TEXT_LENGTH")):
            raise forms.ValidationError(
                f"This has {len(text):,} characters; a post may have {most:,}."
            )
        return text


class GuardedForm(forms.Form):
    """A text that is published: personal details are hidden, once its author has seen which.

    The first time the form is refused and shows what was found. Sent again with ``confirmed``, the
    details are replaced in ``cleaned_data``, but for those in ``shown``; a changed text that holds
    others is shown again. What was typed stays in the author's browser only.
    """

    guarded: ClassVar[tuple[str, ...]] = ("source",)
    details: tuple[tuple[PersonalDetail, bool], ...] = ()
    confirmed = ""
    hidden: tuple[str, ...] = ()

    def clean(self) -> dict[str, Any]:
        """The texts with details hidden, or an error that asks to look at them."""
        texts = {name: str(self.cleaned_data.get(name) or "") for name in self.guarded}
        found = {d.text: d for text in texts.values() for d in find_personal_details(text)}
        if not found:
            return self.cleaned_data
        shown = set(self.data.getlist("shown")) if isinstance(self.data, QueryDict) else set()
        self.details = tuple((detail, text in shown) for text, detail in found.items())[
            :_MOST_SHOWN
        ]
        self.confirmed = salted_hmac(
            __name__, "\n".join(sorted(found)), algorithm="sha256"
        ).hexdigest()
        masked = {name: hide_personal_details(text, shown) for name, text in texts.items()}
        self.hidden = tuple(text for text in masked.values() if text)
        if self.data.get("confirmed") != self.confirmed:
            self.add_error(None, _LOOK)
        return {**self.cleaned_data, **masked}


class ThreadForm(GuardedForm):
    """A question."""

    guarded = ("title", "source")

    title = forms.CharField(
        label="Your question",
        max_length=200,
        min_length=5,
        help_text="One sentence, as you would ask a person.",
    )
    category = forms.ModelChoiceField(access.find_categories(), empty_label=None)
    source = TextField(label="More about it (optional)", required=False, help_text=_MARKDOWN)
    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


class ReplyForm(GuardedForm):
    """A reply."""

    source = TextField(label="Your reply", help_text=_MARKDOWN)
    quotes = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1)
    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


class EditForm(GuardedForm):
    """A change of a post."""

    guarded = ("source", "reason")

    source = TextField(label="Text", help_text=_MARKDOWN, required=False)
    reason = forms.CharField(label="Why (optional)", max_length=200, required=False)


class FlagForm(forms.Form):
    """What is wrong with a post."""

    reason = forms.ChoiceField(
        label="What is wrong?", choices=Flag.Reason.choices, widget=forms.RadioSelect
    )
    note = forms.CharField(label="More about it (optional)", max_length=500, required=False)


class ReviewForm(forms.Form):
    """A reviewer's decision about an automatic answer."""

    state = forms.ChoiceField(
        label="Decision",
        widget=forms.RadioSelect,
        choices=(
            (Draft.State.APPROVED, "Approve: it is right as it is"),
            (Draft.State.EDITED, "Edit: publish the text below, a correction of it"),
            (Draft.State.REPLACED, "Replace: publish the text below, written anew"),
            (Draft.State.WITHDRAWN, "Withdraw: show no answer"),
        ),
    )
    source = TextField(label="Text of the answer", required=False)
    reason = forms.CharField(label="Reason", max_length=500, help_text="Shown with the answer.")


class SearchForm(forms.Form):
    """A search of the forum."""

    q = forms.CharField(label="Words", max_length=200, required=False)
    category = forms.ModelChoiceField(
        access.find_categories(), required=False, empty_label="All", to_field_name="slug"
    )
    answered = forms.BooleanField(label="With an accepted answer", required=False)


class ReasonForm(forms.Form):
    """A reason for the log."""

    reason = forms.CharField(max_length=500, required=False)


class MoveForm(ReasonForm):
    """Where a thread goes."""

    category = forms.ModelChoiceField(access.find_categories(), empty_label=None)


class MergeForm(ReasonForm):
    """Which thread another is merged into."""

    into = forms.IntegerField(
        label="Number of the other thread", min_value=1, help_text="It stands in its address."
    )


class TagsForm(ReasonForm):
    """What a thread is about: terms of the pack, by any of their names."""

    terms = forms.CharField(
        label="Terms, one a line",
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=f"At most {_MOST_TERMS}. Any name that the site knows will do.",
    )

    def clean_terms(self) -> dict[str, str]:
        """The terms' ids, each with its name."""
        engine, found = get_engine(), {}
        for line in filter(None, map(str.strip, self.cleaned_data["terms"].splitlines())):
            try:
                concept = engine.get_concept(line)
            except UnknownConceptError:
                raise forms.ValidationError(
                    f"Nothing is known as “{line}” here. The search above finds what there is."
                ) from None
            found[concept.id] = concept.name
        if len(found) > _MOST_TERMS:
            raise forms.ValidationError(f"A thread may have {_MOST_TERMS} terms.")
        return found


class SplitForm(forms.Form):
    """Which replies become a thread of their own."""

    title = forms.CharField(label="Title of the new thread", max_length=200, min_length=5)
    category = forms.ModelChoiceField(access.find_categories(), empty_label=None)
    posts = forms.TypedMultipleChoiceField(
        label="Replies to move", coerce=int, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, replies: list[tuple[int, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["posts"].choices = replies  # type: ignore[attr-defined]
