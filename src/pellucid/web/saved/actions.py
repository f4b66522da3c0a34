"""Saving, deleting, and sealing anew."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from pellucid.errors import PellucidError
from pellucid.web.accounts.models import User
from pellucid.web.saved.keys import LapsedKeyError, reseal, seal
from pellucid.web.saved.models import SavedReport

#: Reports that one member may save.
MOST = 200
_BATCH = 100


class TooManyReportsError(PellucidError):
    """The member has saved as many reports as one may."""

    code = "too-many-reports"


@transaction.atomic
def save_report(owner: User, title: str, text: str, token: UUID) -> SavedReport:
    """Save a report for its owner; sent twice, it is saved once.

    Raises
    ------
    TooManyReportsError
        If the list is full.
    """
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)  # one after the other
    reports = SavedReport.objects.filter(owner=owner)
    if made := reports.filter(token=token).first():
        return made
    if reports.count() >= MOST:
        raise TooManyReportsError(f"You have saved {MOST} reports: delete one first.")
    title = title.strip() or f"Report read on {timezone.now():%d %B %Y}"
    return SavedReport.objects.create(
        owner=owner, title=seal(owner.pk, title), text=seal(owner.pk, text), token=token
    )


def delete_report(report: SavedReport, owner: User) -> None:
    """Delete a report of one's own, at once and for good; twice is as once."""
    SavedReport.objects.filter(pk=report.pk, owner=owner).delete()


def reseal_all() -> tuple[int, int]:
    """Seal all reports with the first key: how many were, and how many no key opens."""
    done = lapsed = 0
    numbers = list(SavedReport.objects.order_by().values_list("pk", flat=True))
    for start in range(0, len(numbers), _BATCH):
        with transaction.atomic():
            batch = SavedReport.objects.select_for_update(no_key=True)
            for report in batch.filter(pk__in=numbers[start : start + _BATCH]):
                try:
                    report.title, report.text = reseal(report.title), reseal(report.text)
                except LapsedKeyError:
                    lapsed += 1
                    continue
                report.save(update_fields=["title", "text"])
                done += 1
    return done, lapsed
