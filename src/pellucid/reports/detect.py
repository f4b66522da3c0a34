"""What a file is, by its content; names and claimed types do not count."""

import io
import re
import zipfile

from pellucid.errors import ReportFormatError
from pellucid.reports.text import decode_text

_HEAD = 4096
_OTHERS = (
    (b"{\\rtf", "rich text (RTF): save it as Word .docx, PDF or plain text"),
    (b"\x7fELF", "a program, not a report"),
    (b"\xcf\xfa\xed\xfe", "a program, not a report"),
    (b"\xca\xfe\xba\xbe", "a program, not a report"),
    (b"\x1f\x8b", "a compressed archive: unpack it and give the report inside"),
    (b"7z\xbc\xaf\x27\x1c", "a compressed archive: unpack it and give the report inside"),
    (b"Rar!", "a compressed archive: unpack it and give the report inside"),
    (b"BZh", "a compressed archive: unpack it and give the report inside"),
    (b"\xfd7zXZ", "a compressed archive: unpack it and give the report inside"),
    (b"GIF8", "a GIF picture: save it as PNG or JPEG"),
    (b"\x00\x00\x01\x00", "an icon: save it as PNG or JPEG"),
)
_IMAGES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*")
_DICOM_STARTS = (
    b"\x02\x00\x00\x00UL",
    b"\x02\x00\x01\x00OB",
    b"\x08\x00\x05\x00",
    b"\x08\x00\x16\x00",
)
_HL7 = re.compile(r"\s*(?:(?:FHS|BHS)[^\w\s].*\s+)*MSH[^\w\s]")
_JSON = re.compile(r"\s*(?:\{\s*[\"}]|\[\s*[\[{\]])")
_PROLOGUE = re.compile(
    r"(?s)\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>\s*)*"
)
_ROOT = re.compile(r"<(?:[\w.-]+:)?([\w.-]+)[\s/>]")
_HTML_START = re.compile(
    r"(?i)\s*<(?:!doctype\s+html|html|head|body|title|meta|style|div|span|p|pre|table|h[1-6]|ul|ol|"
    r"b|i|u|br|hr|font|center|article|section|main)\b[^<]*>"
)
_HTML_INSIDE = re.compile(r"(?i)<br\s*/?>|</(?:p|div|td|tr|table|li|pre|h[1-6]|b|strong|span)\s*>")


def detect_kind(data: bytes) -> str:
    """Key of the adapter for the bytes; ReportFormatError if there can be none."""
    kind = _detect_binary(data)
    if kind:
        return kind
    text = decode_text(data[:_HEAD]) or ""
    if _HL7.match(text.lstrip("\x0b\x1c")):
        return "hl7"
    if _JSON.match(text):
        return "fhir"
    kind = _detect_markup(text)
    if kind:
        return kind
    return "pdf" if b"%PDF-" in data[:1024] else "text"


def is_html(text: str) -> bool:
    """True if the text is marked up as HTML, be it a fragment."""
    return bool(_HTML_START.match(text) or _HTML_INSIDE.search(text))


def _detect_binary(data: bytes) -> str | None:
    head = data[:_HEAD]
    if head.lstrip()[:5] == b"%PDF-":
        return "pdf"
    if head[128:132] == b"DICM" or head.startswith(_DICOM_STARTS):
        return "dicom"
    if head.startswith(_IMAGES):
        return "image"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _detect_zip(data)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise ReportFormatError("this file is protected by a password: save it without one")
        raise ReportFormatError("this is an old Office file (.doc): save it as Word .docx or PDF")
    if head.startswith(b"MZ") and b"\0" in head[:64]:
        raise ReportFormatError("this is a program, not a report")
    if head[4:8] == b"ftyp":
        raise ReportFormatError(
            "this is a HEIC picture or a video: save the picture as JPEG or PNG"
        )
    if head.startswith(b"RIFF") or (head.startswith(b"BM") and b"\0" in head[:64]):
        raise ReportFormatError(
            "this is a WebP or BMP picture, or sound: save a picture as JPEG or PNG"
        )
    for magic, what in _OTHERS:
        if head.startswith(magic):
            raise ReportFormatError(f"this is {what}")
    return None


def _detect_zip(data: bytes) -> str:
    names: list[str] | None = None
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except Exception:  # zipfile raises many kinds on damaged archives
        names = None
    if names is None:
        raise ReportFormatError("this Word file or archive is damaged or cut short")
    if any(n.startswith("word/") for n in names):
        return "docx"
    if any(n.startswith(("xl/", "ppt/")) for n in names):
        raise ReportFormatError(
            "this is an Excel or PowerPoint file: save the report as Word or PDF"
        )
    if "mimetype" in names and "content.xml" in names:
        raise ReportFormatError("this is an OpenDocument file: save it as Word .docx or PDF")
    raise ReportFormatError("this is a zip archive: unpack it and give the report inside")


def _detect_markup(text: str) -> str | None:
    prologue = _PROLOGUE.match(text)
    body = text[prologue.end() :] if prologue else text
    root = _ROOT.match(body)
    if root and root[1] == "ClinicalDocument":
        return "cda"
    if is_html(body) or re.match(r"(?i)\s*<!doctype\s+html", text):
        return "html"
    is_xml = text.lstrip().startswith("<?xml") or "<!ENTITY" in text
    if is_xml or (root and "xmlns" in body[:500]):
        return "cda"  # which says that it is another kind of XML
    return None
