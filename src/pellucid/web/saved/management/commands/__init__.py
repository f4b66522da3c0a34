"""Commands of the saved app."""
