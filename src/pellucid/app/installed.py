"""The installed packs: list, open, check, remove."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pellucid.app.settings import get_data_folder, get_store
from pellucid.collections.shelf import Shelf
from pellucid.collections.store import PassageStore
from pellucid.errors import PackInvalidError
from pellucid.values.passage import InstalledPack

if TYPE_CHECKING:
    from typing import TypeAlias

    from pellucid.retrieval.postgres import PostgresIndex
    from pellucid.retrieval.postgres_shelf import PostgresShelf
    from pellucid.retrieval.store import PassageIndex

    OpenedPack: TypeAlias = PassageStore | PostgresIndex


def get_shelf() -> Shelf | PostgresShelf:
    """The shelf in the user's data folder, or on the server that ``PELLUCID_STORE`` names."""
    if address := get_store():
        from pellucid.retrieval.postgres_shelf import PostgresShelf

        return PostgresShelf(address)
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


def open_pack(name: str) -> OpenedPack:
    """Open the passages of an installed pack.

    Raises
    ------
    PackNotFoundError
        If there is none of the name.
    PackInvalidError
        If it is damaged.
    """
    shelf = get_shelf()
    if not isinstance(shelf, Shelf):
        return shelf.open(name)
    pack = shelf.get(name)
    try:
        return PassageStore(pack)
    except PackInvalidError:
        again = get_pack(name)
        if again.folder == pack.folder:
            raise
        return PassageStore(again)  # it was replaced between the two looks


def open_searchable(passages: OpenedPack) -> PassageIndex:
    """What finds the passages of a pack that :func:`open_pack` opened.

    Raises
    ------
    PackInvalidError
        If its index is damaged.
    """
    if isinstance(passages, PassageStore):
        from pellucid.retrieval.embedded import open_index

        return open_index(passages.pack.folder, passages)
    return passages


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
