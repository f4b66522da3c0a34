"""A section -> its sentences, as the people who dictate reports write them."""

import re
from collections.abc import Iterable

# A label begins a line of a template ("Effusion: small"), and its answer may stand on the next ("Effusion:\nnone").
_LABEL = r"[ \t]*[A-Z][^\n:.;]{1,60}(?::|[ \t][-–][ \t])"
# Characters before and behind a line's end within which other lines show how wide a line may be.
_AROUND = 500
_FIRST_WORD = re.compile(r"\s*(\S+)")


class SentenceSplitter:
    """Ends sentences, with the words of one language.

    ``abbreviated``: words whose point ends nothing; ``answers``: what a line that denies a label says
    ("none"); ``unfinished``: words with which a sentence does not end.
    """

    def __init__(
        self, abbreviated: Iterable[str], answers: Iterable[str], unfinished: Iterable[str]
    ) -> None:
        whole = "".join(rf"(?<!\b{re.escape(word)}\.)" for word in abbreviated)
        answer = rf"[ \t]*(?i:{_join(answers)})[ \t]*[.;]?[ \t]*(?:\n|\Z)"
        # All that may end a sentence begins with one of these characters: the search leaps to the next.
        self._end = re.compile(
            rf"[.!?;:\n](?:(?<=[.!?])(?<![\s(\[/,:-]\?)(?<!^\?)(?=\s|$|[A-Z])(?i:{whole}(?<!\b[a-z]\.))(?<!^\d\.)(?<!^\d\d\.)"
            r"|(?<=;)|(?<=\n)(?:\s*\n|(?=\s*(?:[-*•·]|\d{1,2}[.)])\s)"
            rf"|(?={_LABEL})|(?P<line>)(?=[ \t]*[A-Z]))|(?<=:)[ \t]*\n(?!{answer})\s*)",
            re.MULTILINE,
        )
        self._open = re.compile(rf"(?:[,:/&(-]|\b(?:{_join(unfinished)}))[ \t]*\Z", re.IGNORECASE)

    def split(self, text: str, start: int, end: int) -> list[tuple[int, int]]:
        """Places (half-open) of the sentences between two offsets, one behind the other."""
        ends = [
            match.end()
            for match in self._end.finditer(text, start, end)
            if match["line"] is None or self._is_over(text, match.start())
        ]
        if not ends or ends[-1] < end:
            ends.append(end)
        return list(zip([start, *ends], ends, strict=False))

    def _is_over(self, text: str, place: int) -> bool:
        """Whether a statement ends with its line, though no point does: "No mass", and below "Cyst in the liver".

        The next line begins with a capital. Where all is in capitals, a line that had room for the next word
        was not broken for want of room.
        """
        begin = text.rfind("\n", 0, place) + 1
        line = text[begin:place]
        if self._open.search(line):
            return False
        following = text.find("\n", place + 1)
        after = text[place + 1 : following if following >= 0 else len(text)]
        if not (line.isupper() and after.isupper()):
            return True
        first = _FIRST_WORD.match(after)
        width = max(map(len, text[max(0, place - _AROUND) : place + _AROUND].split("\n")))
        return first is not None and len(line) + 1 + len(first[1]) <= width


def _join(words: Iterable[str]) -> str:
    return "|".join(map(re.escape, words)) or "(?!)"  # no words: nothing
