"""Passages of installed packs that answer a question: condense it, search, fuse, rank, extract.

Knows how people ask, not medicine: the words are in a pack's table ``asking``.
"""
