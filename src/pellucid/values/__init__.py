"""Frozen nouns that the rooms pass to each other.

They are named tuples, not data classes: importing :mod:`dataclasses` alone costs as much as
starting Python. Modules that define them leave out ``from __future__ import annotations``: with it,
each field's annotation is compiled when the module is imported (docs/decisions/0002-fast-start.md).
"""
