"""Erasures name what they erase as the rest of the product does: a prediction, a user."""

from django.db import migrations, models

SUBJECTS = {"answer": "prediction", "person": "user"}
RENAME = "".join(
    f"UPDATE erasures SET subject = '{new}' WHERE subject = '{old}';"  # noqa: S608 - the words above
    for old, new in SUBJECTS.items()
)
RESTORE = "".join(
    f"UPDATE erasures SET subject = '{old}' WHERE subject = '{new}';"  # noqa: S608 - the words above
    for old, new in SUBJECTS.items()
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_audit_roles")]

    operations = [
        migrations.RemoveConstraint("erasure", "erasures_say_of_what"),
        migrations.RenameField("erasure", "answer", "prediction_id"),
        migrations.AlterField(
            "erasure",
            "subject",
            models.CharField(
                choices=[
                    ("prediction", "One prediction"),
                    ("user", "Everything one user sent"),
                    ("name", "One name, whoever sent it"),
                    ("age", "Everything older than the retention rule allows"),
                ],
                max_length=10,
            ),
        ),
        migrations.RunSQL(RENAME, RESTORE),
        migrations.AddConstraint(
            "erasure",
            models.CheckConstraint(
                condition=models.Q(subject="user", user__isnull=False)
                | models.Q(subject="prediction", prediction_id__isnull=False)
                | models.Q(subject="age", before__isnull=False)
                | models.Q(subject="name"),
                name="erasures_say_of_what",
            ),
        ),
    ]
