"""The index of the search, of whichever database there is, and the first categories.

A later migration that alters forum_post or forum_thread on SQLite makes the table anew, and its
triggers go with the old one: end such a migration with ``create_index`` of this one.
"""

from __future__ import annotations

from typing import Any

from django.db import migrations

_TEXTS = (("thread", "title"), ("post", "source"))
# The words of a text are taken out under the text that they came from, then put in anew.
_SQLITE = """
DROP TRIGGER IF EXISTS forum_{t}_added;
DROP TRIGGER IF EXISTS forum_{t}_removed;
DROP TRIGGER IF EXISTS forum_{t}_changed;
DROP TABLE IF EXISTS forum_{t}_words;
CREATE VIRTUAL TABLE forum_{t}_words USING fts5(
    {c}, content='forum_{t}', content_rowid='id', tokenize='porter unicode61');
CREATE TRIGGER forum_{t}_added AFTER INSERT ON forum_{t} BEGIN
    INSERT INTO forum_{t}_words(rowid, {c}) VALUES (new.id, new.{c});
END;
CREATE TRIGGER forum_{t}_removed AFTER DELETE ON forum_{t} BEGIN
    INSERT INTO forum_{t}_words(forum_{t}_words, rowid, {c}) VALUES ('delete', old.id, old.{c});
END;
CREATE TRIGGER forum_{t}_changed AFTER UPDATE OF {c} ON forum_{t} BEGIN
    INSERT INTO forum_{t}_words(forum_{t}_words, rowid, {c}) VALUES ('delete', old.id, old.{c});
    INSERT INTO forum_{t}_words(rowid, {c}) VALUES (new.id, new.{c});
END;
INSERT INTO forum_{t}_words(forum_{t}_words) VALUES ('rebuild');
"""
# A column, not only an index: a search for common words looks at many rows, and would split each anew.
_POSTGRESQL = """
ALTER TABLE forum_{t} ADD COLUMN IF NOT EXISTS words tsvector
    GENERATED ALWAYS AS (to_tsvector('english', {c})) STORED;
CREATE INDEX IF NOT EXISTS forum_{t}_words ON forum_{t} USING gin (words);
"""
_CATEGORIES = (
    ("Questions", "questions", "What does a word or sentence of my report mean?"),
    ("Before and after a scan", "scans", "How a scan goes, and what comes next."),
    ("About this site", "site", "Ideas, praise, and what does not work."),
)


def create_index(apps: Any, schema_editor: Any) -> None:
    """Make the index that the database has."""
    vendor = schema_editor.connection.vendor
    with schema_editor.connection.cursor() as cursor:
        for table, column in _TEXTS:
            if vendor == "sqlite":
                for statement in _split(_SQLITE.format(t=table, c=column)):
                    cursor.execute(statement)
            elif vendor == "postgresql":
                cursor.execute(_POSTGRESQL.format(t=table, c=column))


def drop_index(apps: Any, schema_editor: Any) -> None:
    """Take the index away."""
    vendor = schema_editor.connection.vendor
    with schema_editor.connection.cursor() as cursor:
        for table, _ in _TEXTS:
            if vendor == "sqlite":
                for name in ("added", "removed", "changed"):
                    cursor.execute(f"DROP TRIGGER IF EXISTS forum_{table}_{name}")
                cursor.execute(f"DROP TABLE IF EXISTS forum_{table}_words")
            elif vendor == "postgresql":
                cursor.execute(f"ALTER TABLE forum_{table} DROP COLUMN IF EXISTS words")


def add_categories(apps: Any, schema_editor: Any) -> None:
    """A forum has somewhere to ask; staff changes these as it likes."""
    category = apps.get_model("forum", "Category")
    for position, (name, slug, description) in enumerate(_CATEGORIES):
        category.objects.get_or_create(
            slug=slug, defaults={"name": name, "description": description, "position": position}
        )


def _split(script: str) -> list[str]:
    statements, body = [""], False
    for line in script.strip().splitlines():
        statements[-1] += line + "\n"
        body = (body or line.endswith("BEGIN")) and line != "END;"
        if line.endswith(";") and not body:
            statements.append("")
    return [s for s in statements if s.strip()]


class Migration(migrations.Migration):
    """Search and categories."""

    dependencies = (("forum", "0001_initial"),)
    operations = (
        migrations.RunPython(create_index, drop_index),
        migrations.RunPython(add_categories, migrations.RunPython.noop),
    )
