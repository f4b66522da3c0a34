"""Personal details in what is about to be published: found, and hidden.

Presidio runs the rules: its own recognisers know telephone numbers and numbers with check digits;
the rest, the headers of reports before all, are data of the pack (``language/personal.yaml``). Given
names are those of Faker's lists. Nothing is kept or logged.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Container, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import regex
import yaml
from faker.config import AVAILABLE_LOCALES
from presidio_analyzer import AnalyzerEngine, LocalRecognizer, RecognizerRegistry, RecognizerResult
from presidio_analyzer.nlp_engine import NoOpNlpEngine
from presidio_analyzer.predefined_recognizers import (
    NhsRecognizer,
    PhoneRecognizer,
    UsMbiRecognizer,
    UsSsnRecognizer,
)

from pellucid.app.settings import get_core_pack

Kind = Literal["name", "date", "number", "phone", "email", "address"]

_CAPITAL = r"\p{Lu}(?:[\p{L}'’-]*[\p{L}]|[.]?)"
_PARTICLE = r"(?:(?:de|da|del|della|der|den|di|dos|du|el|la|le|van|von|bin|ter)[ ])*"
_NOT_WORD = r"(?!(?i:\L<never>)(?!\p{L}|(?<=\b\p{L})[.]))"
_MORE = rf"(?:[ ]{_PARTICLE}{_NOT_WORD}{_CAPITAL})"
_NAME = rf"{_PARTICLE}{_NOT_WORD}{_CAPITAL}{_MORE}"
_POSTCODE = (
    r"(?:(?:[A-Z]{2,3}[ ])?\d{4,5}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]?[ ]?\d[A-Z]{2}"
    r"|(?:[A-Z]{2}[ ])?[A-Z]\d[A-Z][ ]?\d[A-Z]\d)"
)
#: What patterns may name besides the lists of words.
_PARTS = {
    "given": r"(?P<given>\p{L}{2,20})(?!\p{L})",
    "not_word": _NOT_WORD,
    "capital": _CAPITAL,
    "more": _MORE,
    "name": rf"{_NAME}{{0,3}}",
    "full_name": rf"{_NAME}{{1,3}}",
    "any_name": rf"(?:{_CAPITAL}{_MORE}{{0,2}},[ ]?{_CAPITAL}{_MORE}{{0,2}}|{_NAME}{{0,3}})",
    # Capitals and digits, four digits at least; groups of them may stand apart.
    "code": r"(?=(?:[A-Z\d/-]*[ ]?[A-Z\d/-]*?\d){4})[A-Z\d][A-Z\d/-]*(?:[ ][A-Z\d-]*\d[A-Z\d-]*)*",
    "postcode": _POSTCODE,
}
#: What Presidio's recognisers and the pack's patterns find, as it is called here.
_KINDS: dict[str, Kind] = {
    **{kind: kind for kind in get_args(Kind)},
    "PHONE_NUMBER": "phone",
    "US_SSN": "number",
    "US_MBI": "number",
    "UK_NHS": "number",
}
#: Countries whose way to write a telephone number without its prefix is known.
_REGIONS = ("US", "CA", "GB", "IE", "AU", "NZ", "IN", "ZA")
#: Stands for the given name of a pattern that asks for none.
_ANY = ""
_LATIN = "abcdefghijklmnopqrstuvwxyz"


class PersonalDetail(NamedTuple):
    """A run of a text that may point to a person; half-open code points, ``text`` on one line."""

    kind: Kind
    start: int
    end: int
    text: str


class _Rules(LocalRecognizer):
    """The patterns of the pack for one kind."""

    def __init__(
        self, kind: str, patterns: Sequence[str], given: Container[str], never: set[str]
    ) -> None:
        self._given = given
        self._patterns = [
            regex.compile(pattern, regex.MULTILINE, ignore_unused=True, never=never)
            for pattern in patterns
        ]
        super().__init__([kind], name=kind)

    def load(self) -> None:
        """Nothing has to be loaded."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: Any = None
    ) -> list[RecognizerResult]:
        """Where the patterns match."""
        kind = self.supported_entities[0]
        return [
            RecognizerResult(kind, match.start(), match.end(), 1.0)
            for pattern in self._patterns
            for match in pattern.finditer(text, overlapped=True)
            if match.groupdict().get("given", _ANY).casefold() in self._given
        ]


def find_personal_details(text: str) -> list[PersonalDetail]:
    """Find names, dates, numbers of records, telephones, emails and addresses, in their order.

    >>> [d.text for d in find_personal_details("Patient: Doe, Jane  MRN: 0048291")]
    ['Doe, Jane', '0048291']
    """
    found: list[PersonalDetail] = []
    for result in sorted(_build_analyzer().analyze(text, "en"), key=lambda r: (r.start, -r.end)):
        kind, start, end = _KINDS[result.entity_type], result.start, result.end
        if found and start < found[-1].end:
            kind, start, end = found[-1].kind, found[-1].start, max(end, found.pop().end)
        found.append(PersonalDetail(kind, start, end, " ".join(text[start:end].split())))
    return found


def hide_personal_details(text: str, shown: Collection[str] = ()) -> str:
    """The text with each detail replaced by its kind, but for those whose words are ``shown``.

    >>> hide_personal_details("My name is Jane Doe.")
    'My name is [name].'
    """
    for detail in reversed(find_personal_details(text)):
        if detail.text not in shown:
            text = f"{text[: detail.start]}[{detail.kind}]{text[detail.end :]}"
    return text


@cache
def _build_analyzer() -> AnalyzerEngine:
    path = Path(get_core_pack(), "language", "personal.yaml")
    table: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    parts = {**table["words"], **_PARTS}
    # A place of an address is written with the others' help.
    parts["place"] = regex.sub(r"\{([a-z_]+)\}", lambda m: f"(?:{parts[m[1]]})", table["place"])
    never, words = set(table["never_names"].split()), set(table["word_names"].split())
    given = (_load_given_names() - words - never) | {_ANY}
    registry = RecognizerRegistry(
        [
            PhoneRecognizer(supported_regions=_REGIONS),
            UsSsnRecognizer(),
            UsMbiRecognizer(),
            NhsRecognizer(),
        ]
    )
    grouped: dict[str, list[str]] = {}
    for row in table["patterns"]:
        pattern = regex.sub(r"\{([a-z_]+)\}", lambda m: f"(?:{parts[m[1]]})", row["pattern"])
        grouped.setdefault(row["kind"], []).append(pattern)
    for kind, patterns in grouped.items():
        registry.add_recognizer(_Rules(kind, patterns, given, never))
    return AnalyzerEngine(registry, NoOpNlpEngine([{"lang_code": "en", "model_name": "none"}]))


def _load_given_names() -> set[str]:
    names: set[str] = set()
    for locale in AVAILABLE_LOCALES:
        try:
            provider = import_module(f"faker.providers.person.{locale}").Provider
        except ModuleNotFoundError:
            continue
        for kind in ("first_names", "first_names_male", "first_names_female"):
            found = getattr(provider, kind, ())
            names.update(found if isinstance(found, tuple | dict) else ())
    parts = {part.casefold() for name in names for part in str(name).split()}
    # Written without its accents a name is the same name.
    plain = {unicodedata.normalize("NFKD", part) for part in parts}
    parts |= {"".join(c for c in part if not unicodedata.combining(c)) for part in plain}
    return {part for part in parts if len(part) > 1 and part[0] in _LATIN}
