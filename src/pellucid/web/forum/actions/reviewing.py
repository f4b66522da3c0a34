"""What reviewers make of an automatic answer; each decision has a reason and is in the log."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from pellucid.web.accounts.audit import write_audit
from pellucid.web.accounts.models import User
from pellucid.web.forum import access
from pellucid.web.forum.actions import rules
from pellucid.web.forum.actions.notifying import Kind, notify
from pellucid.web.forum.errors import Refused
from pellucid.web.forum.models import Draft, Follow
from pellucid.web.forum.text import make_diff, render_text

State = Draft.State


def review(
    reviewer: User, draft: Draft, state: str, reason: str, source: str | None = None
) -> Draft:
    """Approve, edit, replace or withdraw; ``source`` is the new text of the latter two.

    Raises
    ------
    Refused
        If a reason or the new text is missing.
    """
    decision = State(state)
    with transaction.atomic():
        draft = (
            Draft.objects.select_for_update(of=("self",), no_key=True)
            .select_related("thread")
            .get(pk=draft.pk)
        )
        if not reviewer.is_reviewer or decision == State.AUTOMATIC:
            raise PermissionDenied
        if not access.find_threads(reviewer).filter(pk=draft.thread_id).exists():
            raise PermissionDenied
        rules.check_may_write(reviewer)
        if not reason.strip():
            raise Refused("Say why: the reason is shown to the author and kept.")
        changes = decision in (State.EDITED, State.REPLACED)
        text = source.strip() if changes and source else draft.source
        if changes and text == draft.source.strip():
            raise Refused("The text is as it was: change it, or approve it.")
        diff = make_diff(draft.source, text) if changes else ""
        draft.source, draft.html = text, render_text(text).html
        draft.state, draft.reason, draft.diff = decision, reason, diff or draft.diff
        draft.reviewer, draft.reviewer_role = reviewer, reviewer.badge
        draft.reviewed_at = timezone.now()
        draft.save()
        write_audit(reviewer, f"draft-{decision}", draft, reason, diff=diff)
        follows = Follow.objects.filter(thread=draft.thread).select_related("member")
        notify(Kind.REVIEWED, [f.member for f in follows], draft.thread, actor=reviewer)
    return draft
