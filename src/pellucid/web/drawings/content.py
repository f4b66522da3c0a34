"""What to draw and the words for it: the pack's ``drawings`` folder."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pellucid.app.settings import get_core_pack
from pellucid.errors import PackInvalidError


@cache
def load_content(name: str) -> dict[str, Any]:
    """One file of the folder, by its name without ending; read once.

    Raises
    ------
    PackInvalidError
        If it is missing or cannot be read.
    """
    path = Path(get_core_pack(), "drawings", f"{name}.yaml")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise PackInvalidError(
            f"{path}: the drawings cannot be read; install the package again"
        ) from error
    if not isinstance(content, dict):
        raise PackInvalidError(f"{path}: not a list of 'key: value' lines")
    return content
