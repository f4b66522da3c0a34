"""Every error that Pellucid raises on purpose.

::

    PellucidError
     x InputError           what was typed or given cannot be read as asked
        x ReportFormatError the file is no report that can be read
     x UnknownConceptError  no concept goes by this id or name
     x PackError            a pack cannot be used
        x PackNotFoundError
        x PackInvalidError
     x MissingExtraError    a feature needs an optional dependency

Each carries a stable ``code`` and one line that says what is wrong and what to do.
"""

from __future__ import annotations


class PellucidError(Exception):
    """Base of all errors of Pellucid; ``str(error)`` is one line for the user."""

    code = "error"


class InputError(PellucidError):
    """The question, file or option cannot be read as given."""

    code = "input"


class ReportFormatError(InputError):
    """The file is empty, damaged, protected, too large, or no report that can be read."""

    code = "report-format"


class UnknownConceptError(PellucidError):
    """No concept goes by the id or name that was asked for."""

    code = "unknown-concept"


class PackError(PellucidError):
    """A content pack cannot be used."""

    code = "pack"


class PackNotFoundError(PackError):
    """There is no pack at the path."""

    code = "pack-not-found"


class PackInvalidError(PackError):
    """The pack has errors; ``pellucid pack check PATH`` lists them."""

    code = "pack-invalid"


class MissingExtraError(PellucidError):
    """A feature needs an optional dependency that is not installed."""

    code = "missing-extra"
