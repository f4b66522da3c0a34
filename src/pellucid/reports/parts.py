"""What containers (FHIR, HL7, CDA, DICOM) need to read the files that they carry."""

import base64
import binascii
from collections.abc import Callable

from pellucid.errors import PellucidError
from pellucid.reports.limits import MAX_PARTS
from pellucid.values.report import Report

OpenPart = Callable[[bytes], Report]


def decode_base64(text: str) -> bytes:
    """Bytes of base64 text, line breaks and missing padding allowed; b"" if it is none."""
    packed = "".join(text.split()).rstrip("=")
    try:
        return base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


class Parts:
    """The files inside a container: opens them, and remembers what could not be opened."""

    def __init__(self, open_part: OpenPart) -> None:
        self._open_part = open_part
        self._count = 0
        self.skipped: list[str] = []
        self.error: PellucidError | None = None

    def open(self, data: bytes, name: str) -> str:
        """Text of one part; "" and a line in ``skipped`` if it cannot be read."""
        self._count += 1
        if self._count > MAX_PARTS:
            self.skip(f"{name}: more than {MAX_PARTS} attachments, the rest was not read")
            return ""
        try:
            report = self._open_part(data)
        except PellucidError as error:
            self.error = self.error or error
            self.skip(f"{name}: {error}")
            return ""
        for line in report.skipped:
            self.skip(f"{name}: {line}")
        return report.text

    def skip(self, line: str) -> None:
        """Note what was not used, once."""
        if line not in self.skipped:
            self.skipped.append(line)
