"""Which reports a viewer may open: their own, whatever their role."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from pellucid.web.accounts.models import User
from pellucid.web.saved.keys import LapsedKeyError, unseal
from pellucid.web.saved.models import SavedReport


class Entry(NamedTuple):
    """A line of the list; ``title`` is empty where ``problem`` says why it cannot be opened."""

    report: SavedReport
    title: str
    problem: str = ""


def find_reports(viewer: User | AnonymousUser) -> QuerySet[SavedReport]:
    """The viewer's own reports, the newest first."""
    if not isinstance(viewer, User):
        return SavedReport.objects.none()
    return SavedReport.objects.filter(owner=viewer)


def list_reports(viewer: User) -> list[Entry]:
    """The titles of the viewer's reports; their texts stay sealed."""
    entries = []
    for report in find_reports(viewer).defer("text"):
        try:
            entries.append(Entry(report, unseal(report.owner_id, report.title)))
        except LapsedKeyError as error:
            entries.append(Entry(report, "", str(error)))
    return entries


def read_text(report: SavedReport) -> str:
    """The text of a report that the viewer may open.

    Raises
    ------
    LapsedKeyError
        If its key is gone.
    """
    return unseal(report.owner_id, report.text)


def export_reports(member: User) -> list[dict[str, Any]]:
    """All reports of a member in clear, for the member."""
    rows: list[dict[str, Any]] = []
    for report in find_reports(member):
        row: dict[str, Any] = {"id": report.pk, "created": report.created}
        try:
            row |= {"title": unseal(member.pk, report.title), "text": read_text(report)}
        except LapsedKeyError as error:
            row["problem"] = str(error)
        rows.append(row)
    return rows
