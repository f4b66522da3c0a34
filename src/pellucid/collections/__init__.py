"""Collections: published texts of others, or the user's own, read into passages and kept as packs.

One module a format; :mod:`pellucid.collections.formats` tells them apart.
"""
