"""``pellucid pack add``, ``list``, ``info``, ``remove`` and ``update``."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace, TracebackType
from typing import TYPE_CHECKING, Any

from pellucid.app.installed import find_damage, get_pack, is_installed, list_packs, remove
from pellucid.values.passage import InstalledPack

if TYPE_CHECKING:
    from pellucid.app.intake import Request

__all__ = ["check_installed", "check_own", "is_installed", "run_install"]

_TERMS = ("title", "publisher", "licence", "attribution", "url")


def run_install(options: SimpleNamespace) -> int:
    """Run one action on the installed packs; returns the exit code."""
    return {
        "add": _add,
        "build": _build,
        "list": _list,
        "info": _show,
        "remove": _remove,
        "update": _update,
    }[options.action](options)


def check_installed(name: str) -> int:
    """Compare the files of an installed pack with their checksums."""
    damage = find_damage(name)
    for line in damage:
        print(line)
    print(f"{name}: {f'damaged: pellucid pack update {name} --force' if damage else 'whole'}")
    return 1 if damage else 0


def check_own(path: str) -> int:
    """Look through a collection that is not installed: what of it could not be read."""
    from pellucid.app.packing import check_collection

    pack = check_collection(path)
    for line in pack.skipped:
        print(line)
    damaged = pack.left_out.get("damaged", 0)
    print(
        f"{pack.format}, {pack.counts['passages']:,} passages: {damaged or 'no'} damaged documents"
    )
    return 1 if damaged else 0


def _add(options: SimpleNamespace) -> int:
    from pellucid.app.collections import install

    request = _make_request(options)._replace(sha256=options.sha256, download=options.download)
    with _Bars() as bars:
        pack = install(request, bars.show)
    _print_pack(pack)
    return 0


def _build(options: SimpleNamespace) -> int:
    from hashlib import file_digest

    from pellucid.app.packing import build

    with _Bars() as bars:
        pack = build(_make_request(options), options.output, bars.show)
    for line in pack.skipped:
        print(f"skipped: {line}", file=sys.stderr)
    with open(options.output, "rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    print(f"{options.output}: {pack.counts['passages']:,} passages, {pack.licence}")
    print(f"sha256 {digest}")
    return 0


def _make_request(options: SimpleNamespace) -> Request:
    from pellucid.app.intake import Request

    terms = {key: value for key in _TERMS if (value := getattr(options, key)) is not None}
    return Request(options.what, options.file, options.name, terms, tolerant=options.skip_damaged)


def _list(options: SimpleNamespace) -> int:
    packs = list_packs()
    if options.json:
        print(json.dumps([_to_json(pack) for pack in packs], ensure_ascii=False, indent=1))
        return 0
    if not packs:
        print("no packs are installed: pellucid pack add --help", file=sys.stderr)
    for pack in packs:
        print(
            f"{pack.name:<16}{pack.counts['passages']:>9,}  {pack.version or pack.installed[:10]:<12}"
            f"{pack.licence:<28}{pack.title}"
        )
    return 0


def _show(options: SimpleNamespace) -> int:
    pack = get_pack(options.name)
    if options.json:
        print(json.dumps(_to_json(pack), ensure_ascii=False, indent=1))
    else:
        _print_pack(pack)
    return 0


def _remove(options: SimpleNamespace) -> int:
    remove(options.name)
    print(f"{options.name} is removed")
    return 0


def _update(options: SimpleNamespace) -> int:
    from pellucid.app.collections import update

    for name in options.names or [pack.name for pack in list_packs()]:
        with _Bars() as bars:
            pack = update(name, options.force, bars.show)
        if pack is None:
            print(f"{name}: nothing has changed")
        else:
            print(f"{name}: {pack.counts['passages']:,} passages, {pack.version or pack.installed}")
    return 0


def _print_pack(pack: InstalledPack) -> None:
    read, passages = pack.counts["read"], pack.counts["passages"]
    left_out = "; ".join(f"{count:,} {reason}" for reason, count in pack.left_out.items())
    rows = {
        "name": pack.name,
        "title": pack.title,
        "version": pack.version,
        "licence": pack.licence,
        "attribution": pack.attribution,
        "publisher": pack.publisher,
        "url": pack.url,
        "passages": f"{passages:,} of {read:,} entries read",
        "left out": left_out,
        "from": f"{pack.source['place']} ({pack.source['bytes']:,} bytes)",
        "sha256": pack.source["sha256"],
        "installed": pack.installed,
        "folder": pack.folder,
    }
    for key, value in rows.items():
        if value:
            print(f"{key:<13}{value}")
    for line in pack.skipped:
        print(f"{'skipped':<13}{line}")


def _to_json(pack: InstalledPack) -> dict[str, Any]:
    return pack._asdict()


class _Bars:
    """A progress bar for each step, on a terminal."""

    def __init__(self) -> None:
        self._step = ""
        self._bar: Any = None

    def __enter__(self) -> _Bars:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def show(self, step: str, done: int, total: int) -> None:
        """Show how much of a step is done."""
        if not sys.stderr.isatty():
            return
        if step != self._step:
            from tqdm import tqdm

            self._close()
            unit = (
                {"unit": " passages"} if step == "indexing" else {"unit": "B", "unit_scale": True}
            )
            self._bar = tqdm(total=total, desc=step, file=sys.stderr, **unit)
            self._step = step
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
