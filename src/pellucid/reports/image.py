"""PNG, JPEG and TIFF: a photo or scan of a report, read by OCR."""

import io

from pellucid.errors import ReportFormatError
from pellucid.reports import ocr
from pellucid.reports.extras import needs
from pellucid.reports.limits import MAX_PIXELS, MAX_SCANNED_PAGES
from pellucid.values.report import Report

_MIN_SIDE = 16
_TOO_LARGE = f"the picture has over {MAX_PIXELS // 1_000_000} million pixels, the limit"


def read(data: bytes) -> Report:
    """The report in a picture, or in the pages of a TIFF."""
    ocr.get_engine()
    with needs("reading a picture", "Pillow", "ocr"):
        from PIL import Image, ImageOps, ImageSequence
    Image.init()
    texts = []
    try:
        opened = Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "TIFF"))
    except Image.DecompressionBombError:
        opened = None
    if opened is None:
        raise ReportFormatError(_TOO_LARGE)
    with opened as picture:
        for number, page in enumerate(ImageSequence.Iterator(picture)):
            if number >= MAX_SCANNED_PAGES:
                raise ReportFormatError(f"this TIFF has more than {MAX_SCANNED_PAGES} pages")
            if page.width * page.height > MAX_PIXELS:
                raise ReportFormatError(_TOO_LARGE)
            if min(page.size) >= _MIN_SIDE:
                texts.append(ocr.read_picture(ImageOps.exif_transpose(page)))
            if picture.format != "TIFF":
                break
    text = "\n".join(texts)
    if not text.strip():
        raise ReportFormatError("no text was found in the picture: is it sharp and upright?")
    return Report(text, "image")
