"""The installed packs: list, open, check, remove."""

from __future__ import annotations

import os

from pellucid.app.settings import get_data_folder
from pellucid.collections.shelf import Shelf
from pellucid.collections.store import PassageStore
from pellucid.errors import PackInvalidError
from pellucid.values.passage import InstalledPack


def get_shelf() -> Shelf:
    """The shelf in the user's data folder."""
    return Shelf(os.path.join(get_data_folder(), "packs"))


def list_packs() -> list[InstalledPack]:
    """The installed packs, by name.

    Raises
    ------
    PackInvalidError
        If a manifest is damaged.
    """
    shelf = get_shelf()
    return [shelf.get(name) for name in shelf.list_names()]


def list_names() -> list[str]:
    """Names of the installed packs, in order, be they damaged or not."""
    return get_shelf().list_names()


def is_installed(name: str) -> bool:
    """Whether a pack of this name is installed."""
    return name in list_names()


def get_pack(name: str) -> InstalledPack:
    """An installed pack.

    Raises
    ------
    PackNotFoundError
        If there is none of the name; the message has those that there are.
    """
    return get_shelf().get(name)


def open_pack(name: str) -> PassageStore:
    """Open the passages of an installed pack.

    Raises
    ------
    PackNotFoundError
        If there is none of the name.
    PackInvalidError
        If it is damaged.
    """
    pack = get_pack(name)
    try:
        return PassageStore(pack)
    except PackInvalidError:
        again = get_pack(name)
        if again.folder == pack.folder:
            raise
        return PassageStore(again)  # it was replaced between the two looks


def find_damage(name: str) -> list[str]:
    """One line for each file of an installed pack that is not what was installed."""
    shelf = get_shelf()
    return shelf.find_damage(shelf.get(name))


def remove(name: str) -> None:
    """Remove an installed pack.

    Raises
    ------
    PackNotFoundError
        If there is none of the name.
    PackStoreError
        If it is being changed by another command, or the disk is read-only.
    """
    get_shelf().remove(name)
