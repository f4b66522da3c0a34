"""Which pages answer a question."""

from typing import NamedTuple

from pellucid.values.concept import Page, Range
from pellucid.values.question import Mention, Number


class Target(NamedTuple):
    """The most specific thing known about one thing that was asked.

    ``pages`` has one page when the combination is known, and several (the most specific first)
    when it had to fall back; ``missing`` then names the combination that has no page.
    """

    pages: tuple[Page, ...]
    missing: str | None
    mention: Mention


class Row(NamedTuple):
    """The row of a score that a number falls in; ``range`` is None when it falls in none."""

    page: Page
    number: Number
    range: Range | None


class Resolution(NamedTuple):
    """Everything that the packs know about a question."""

    targets: tuple[Target, ...]
    rows: tuple[Row, ...]
