"""Clauses name their chapter; those of the starting guideline and of its copies get the title they had."""

from typing import Any

from django.db import migrations, models

_CHAPTERS = {
    "1": "Principles",
    "2": "How to answer",
    "3": "Profiles",
    "4": "Organisations",
    "5": "Individuals",
}
"""Chapters of the starting guideline by number."""

_FIRST_CLAUSE = ("1.1", "Two strings under one regime")
"""Number and title of its first clause, by which a copy of it is known."""


def name_chapters(apps: Any, _editor: Any) -> None:
    """Name the chapters of every version that begins as the starting guideline does."""
    clauses = apps.get_model("feedback", "Clause").objects
    number, title = _FIRST_CLAUSE
    versions = list(clauses.filter(number=number, title=title).values_list("guideline", flat=True))
    for chapter, name in _CHAPTERS.items():
        clauses.filter(guideline__in=versions, number__startswith=f"{chapter}.").update(chapter=name)


class Migration(migrations.Migration):
    dependencies = [("feedback", "0015_urgency_of_items")]

    operations = [
        migrations.AddField(
            "clause",
            "chapter",
            models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Title of the chapter, which the number before the dot names.",
                max_length=80,
            ),
        ),
        migrations.RunPython(name_chapters, migrations.RunPython.noop),
    ]
