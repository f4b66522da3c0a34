"""Urgent notices stand with the thread: they outlive a withdrawn answer and a merge."""

from importlib import import_module
from typing import Any

from django.db import migrations, models

create_index = import_module(
    "pellucid.web.forum.migrations.0002_search_and_categories"
).create_index


def keep_notices(apps: Any, schema_editor: Any) -> None:
    """Take over those that stand in the kept answers."""
    drafts = apps.get_model("forum", "Draft").objects.filter(thread__urgent=True)
    for draft in drafts.select_related("thread"):
        notices = [n["text"] for n in draft.answer["notices"] if n["kind"] == "emergency"]
        draft.thread.notices = notices
        draft.thread.save(update_fields=["notices"])


class Migration(migrations.Migration):
    """The field, what was in the answers, and the search index, which goes with an altered table."""

    dependencies = (("forum", "0002_search_and_categories"),)
    operations = (
        migrations.AddField(
            model_name="thread",
            name="notices",
            field=models.JSONField(
                blank=True,
                default=list,
                help_text="Urgent notices: they stand above everything.",
            ),
        ),
        migrations.AlterField(
            model_name="thread",
            name="urgent",
            field=models.BooleanField(
                default=False, help_text="A post of it reads as an emergency."
            ),
        ),
        migrations.AlterField(
            model_name="notification",
            name="kind",
            field=models.CharField(
                choices=[
                    ("reply", "New reply"),
                    ("mention", "You were mentioned"),
                    ("quote", "You were quoted"),
                    ("reviewed", "The automatic answer was reviewed"),
                    ("accepted", "Your reply was accepted as the answer"),
                    ("endorsed", "Your reply was endorsed"),
                    ("published", "Your post was published"),
                    ("urgent", "A post reads as an emergency"),
                    ("flagged", "A post was hidden after flags"),
                ],
                max_length=10,
            ),
        ),
        migrations.RunPython(create_index, migrations.RunPython.noop),
        migrations.RunPython(keep_notices, migrations.RunPython.noop),
    )
