"""What is said when a library of an optional extra is not installed."""

from collections.abc import Iterator
from contextlib import contextmanager

from pellucid.errors import MissingExtraError


@contextmanager
def needs(what: str, library: str, extra: str = "formats") -> Iterator[None]:
    """Turn a failed import inside the block into one line that says what to install."""
    try:
        yield
    except ImportError:
        raise MissingExtraError(
            f"{what} needs {library}: pip install 'pellucid[{extra}]'"
        ) from None
