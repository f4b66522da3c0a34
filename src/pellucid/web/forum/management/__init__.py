"""Management of the forum."""
