"""Every error that Pellucid raises on purpose.

::

    PellucidError
     x InputError           what was typed or given cannot be read as asked
        x ReportFormatError the file is no report that can be read
     x UnknownConceptError  no concept goes by this id or name
     x PackError            a pack cannot be used
        x PackNotFoundError
        x PackInvalidError
        x PackStoreError    installed packs cannot be written to
        x CollectionError   a collection cannot be made a pack of
        x DownloadError     a collection cannot be fetched
     x MissingExtraError    a feature needs an optional dependency
     x ModelError           a model's files cannot be used

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


class PackStoreError(PackError):
    """The disk is full, may not be written to, or another installation is under way."""

    code = "pack-store"


class CollectionError(PackError):
    """The collection is damaged, unsafe to read, of no known format, or lacks its terms of use."""

    code = "collection"


class DownloadError(PackError):
    """The network or the server did not give the file, or gave another than was asked for."""

    code = "download"


class MissingExtraError(PellucidError):
    """A feature needs an optional dependency that is not installed."""

    code = "missing-extra"


class ModelError(PellucidError):
    """The files of a model are missing, damaged, or of another model."""

    code = "model"
