"""``pellucid pack check`` and ``review``, and ``show --evidence``."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from itertools import groupby
from types import SimpleNamespace

from pellucid.app.packs import Evidence, PackReport, check, list_evidence
from pellucid.app.settings import get_core_pack, use_store
from pellucid.errors import UnknownConceptError


def run_pack(options: SimpleNamespace) -> int:
    """Check a pack, list what is to be checked in it, or change the installed ones."""
    if address := getattr(options, "store", None):
        use_store(address)
    if options.action in ("add", "build", "list", "info", "remove", "update"):
        from pellucid.cli.install import run_install  # its libraries are many

        return run_install(options)
    path = options.path or get_core_pack()
    if options.action == "check" and not os.path.exists(os.path.join(path, "pack.yaml")):
        from pellucid.cli.install import check_installed, check_own, is_installed

        if os.path.exists(path):
            return check_own(path)
        if is_installed(path):
            return check_installed(path)
    if options.action == "review":
        return _print_review(list_evidence(path), options.all)
    report = check(path)
    for problem in report.problems:
        print(f"{problem.path}:{problem.line}: {problem.code}: {problem.message}")
    if options.readability:
        _print_readability(report)
    counts = f"{report.concepts} concepts, {report.statements} statements, {report.sources} sources"
    print(
        f"{counts}: {len(report.problems) or 'no'} error{'' if len(report.problems) == 1 else 's'}"
    )
    return 1 if report.problems else 0


def _print_readability(report: PackReport) -> None:
    print(f"{'section':<12}{'statements':>12}{'median':>9}{'90th pct':>10}{'hardest':>9}")
    for row in report.readability:
        print(
            f"{row.section:<12}{row.statements:>12}{row.median:>9.1f}{row.p90:>10.1f}{row.hardest:>9.1f}"
        )


def _print_review(rows: Sequence[Evidence], all_rows: bool) -> int:
    rows = [row for row in rows if all_rows or row.verdict is None]
    for _, group in groupby(
        sorted(rows, key=lambda r: (r.source.key, r.concept)), key=lambda r: r.source.key
    ):
        pairs = list(group)
        source = pairs[0].source
        print(f"# {source.key}: {source.title}. {source.publisher}. {source.url}")
        for row in dict.fromkeys((r.statement, r.concept, r.section, r.text) for r in pairs):
            print("\t".join(row))
        print()
    print(f"{len(rows)} to check", file=sys.stderr)
    return 0


def print_evidence(concept: str, packs: Sequence[str]) -> int:
    """Print each statement of a concept with its sources and verdicts."""
    for path in (None, *packs):
        try:
            rows = list_evidence(path, concept)
        except UnknownConceptError:
            continue
        for (section, text), group in groupby(rows, key=lambda r: (r.section, r.text)):
            print(f"{section}: {text}")
            for row in group:
                print(
                    f"  {row.statement}  {row.verdict or 'not checked':<12} {row.date or '':<11} {row.source.key}  {row.source.url}"
                )
        return 0
    raise UnknownConceptError(f"no pack here has a concept '{concept}'")
