"""Text recognition in pictures, offline: RapidOCR's models come in its package."""

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from pellucid.reports.extras import needs

if TYPE_CHECKING:
    from PIL.Image import Image


class _Box(NamedTuple):
    """A piece of recognised text and where it stands, in pixels from the upper left."""

    text: str
    left: float
    top: float
    bottom: float


@cache
def get_engine(what: str = "reading a picture") -> Any:
    """The recogniser; MissingExtraError if it is not installed."""
    with needs(what, "rapidocr", "ocr"):
        import onnxruntime  # type: ignore[import-untyped]  # noqa: F401
        from rapidocr import RapidOCR
    return _make_engine(RapidOCR)


@cache
def _make_engine(kind: Any) -> Any:
    return kind(params={"Global.log_level": "critical", "Global.max_side_len": 2600})


def read_picture(picture: "Image") -> str:
    """Lines of a picture of a page, from the top down, each from left to right."""
    import numpy

    result = get_engine()(numpy.asarray(_flatten(picture)))
    if result is None or result.boxes is None or result.txts is None:
        return ""
    boxes = [
        _Box(text, min(x for x, _ in box), min(y for _, y in box), max(y for _, y in box))
        for box, text in zip(result.boxes.tolist(), result.txts, strict=True)
    ]
    return "\n".join(
        "\t".join(box.text for box in sorted(row, key=lambda b: b.left)) for row in _get_rows(boxes)
    )


def _get_rows(boxes: list[_Box]) -> list[list[_Box]]:
    """Group what stands side by side: the middle of one lies within the other."""
    rows: list[list[_Box]] = []
    for box in sorted(boxes, key=lambda b: (b.top + b.bottom) / 2):
        middle = (box.top + box.bottom) / 2
        if rows and rows[-1][0].top < middle < rows[-1][0].bottom:
            rows[-1].append(box)
        else:
            rows.append([box])
    return rows


def _flatten(picture: "Image") -> "Image":
    """The picture in 8-bit colour, transparent parts white."""
    from PIL import Image

    if picture.mode.startswith("I;16"):
        picture = picture.point(lambda value: value / 256).convert("L")
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        paper = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(paper, picture)
    return picture.convert("RGB")
