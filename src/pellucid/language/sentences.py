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
    rf"|\n(?={_LABEL})|:[ \t]*\n(?!{_ANSWER})\s*|(?P<line>\n)(?=[ \t]*[A-Z])",
    re.MULTILINE,
)
# A line that ends so goes on in the next.
_OPEN = re.compile(
    r"(?:[,:/&(-]|\b(?:a|acute|an|and|any|are|as|at|by|compared|de|definite|evidence|focal|for|from|has|have|in|into|is|left|lower|new|no"
    r"|nor|not|of|on|or|other|over|per|prior|right|significant|since|small|some|suspicious|than|that|the|this|to|under|upper|versus|vs"
    r"|was|were|which|with|within|without))[ \t]*\Z",
    re.IGNORECASE,
)
# Characters before and behind a line's end within which other lines show how wide a line may be.
_AROUND = 500
_FIRST_WORD = re.compile(r"\s*(\S+)")


def split_sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Places (half-open) of the sentences between two offsets, one behind the other."""
    ends = [
        match.end()
        for match in _SENTENCE_END.finditer(text, start, end)
        if not match["line"] or _is_over(text, match.start())
    ]
    if not ends or ends[-1] < end:
        ends.append(end)
    return list(zip([start, *ends], ends, strict=False))


def _is_over(text: str, place: int) -> bool:
    """Whether a statement ends with its line, though no point does: "No mass", and below "Cyst in the liver".

    The next line begins with a capital. Where all is in capitals, a line that had room for the next word
    was not broken for want of room.
    """
    begin = text.rfind("\n", 0, place) + 1
    line = text[begin:place]
    if _OPEN.search(line):
        return False
    following = text.find("\n", place + 1)
    after = text[place + 1 : following if following >= 0 else len(text)]
    if not (line.isupper() and after.isupper()):
        return True
    first = _FIRST_WORD.match(after)
    width = max(map(len, text[max(0, place - _AROUND) : place + _AROUND].split("\n")))
    return first is not None and len(line) + 1 + len(first[1]) <= width
