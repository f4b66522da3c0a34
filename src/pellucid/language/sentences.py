"""A section -> its sentences, as the people who dictate reports write them."""

import re

_ABBREVIATED = (
    "dr",
    "mr",
    "mrs",
    "ms",
    "vs",
    "approx",
    "e.g",
    "i.e",
    "st",
    "ca",
    "cf",
    "fig",
    "inc",
)
_WHOLE = "".join([rf"(?<!\b{re.escape(word)}\.)" for word in _ABBREVIATED])
# A label begins a line of a template ("Effusion: small"), and its answer may stand on the next ("Effusion:\nnone").
_LABEL = r"[ \t]*[A-Z][^\n:.;]{1,60}(?::|[ \t][-–][ \t])"
_ANSWER = (
    r"[ \t]*(?i:none|no|nil|absent|negative|neg|unremarkable|n/?a"
    r"|not[ ](?:seen|present|identified|visualized|visualised|evident|detected))[ \t]*[.;]?[ \t]*(?:\n|\Z)"
)
_SENTENCE_END = re.compile(
    rf"(?:[.!]|(?<!\s)\?)(?=\s|$|[A-Z])(?i:{_WHOLE}(?<!\b[a-z]\.))(?<!^\d\.)(?<!^\d\d\.)"
    r"|;|\n\s*\n|\n(?=\s*(?:[-*•·]|\d{1,2}[.)])\s)"
    rf"|\n(?={_LABEL})|:[ \t]*\n(?!{_ANSWER})\s*",
    re.MULTILINE,
)


def split_sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Places (half-open) of the sentences between two offsets, one behind the other."""
    ends = [match.end() for match in _SENTENCE_END.finditer(text, start, end)]
    if not ends or ends[-1] < end:
        ends.append(end)
    return list(zip([start, *ends], ends, strict=False))
