"""Migrations of the saved app."""
