"""Reports: from the bytes of a file, of whatever format, to the text of a report."""

from pellucid.reports.open import open_report

__all__ = ["open_report"]
