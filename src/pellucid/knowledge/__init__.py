"""Packs: their form, reading, checking, compiling, and looking up and composing concepts."""
