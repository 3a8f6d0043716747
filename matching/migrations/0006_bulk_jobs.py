import accounts.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import accounts.ids


class Migration(migrations.Migration):
    dependencies = [
        ("matching", "0005_answers_keep_what_is_watched"),
        ("modelops", "0005_alert_roles"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    # The table has been there since the first migration, and nothing has ever written to it.
    operations = [
        migrations.DeleteModel("BatchJob"),
        migrations.CreateModel(
            name="BatchJob",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "generation",
                    models.BigIntegerField(default=0, help_text="What was live when the job came."),
                ),
                ("rules_version", models.CharField(max_length=40)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("succeeded", "Succeeded"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("profile", models.CharField(max_length=20)),
                ("kind", models.CharField(default="auto", max_length=12)),
                (
                    "format",
                    models.CharField(
                        choices=[("csv", "CSV"), ("xlsx", "XLSX"), ("jsonl", "JSON Lines")],
                        default="csv",
                        max_length=5,
                    ),
                ),
                (
                    "file_name",
                    accounts.fields.EncryptedTextField(
                        blank=True, default="", help_text="As uploaded; it may quote a name."
                    ),
                ),
                ("file_bytes", models.BigIntegerField(default=0)),
                (
                    "file_key",
                    accounts.fields.EncryptedTextField(
                        help_text="Opens the files of this job; without it they are noise."
                    ),
                ),
                (
                    "shape",
                    accounts.fields.EncryptedTextField(
                        help_text="The header, and where the names are, as JSON."
                    ),
                ),
                ("rows_total", models.PositiveIntegerField(blank=True, null=True)),
                ("rows_done", models.PositiveIntegerField(default=0)),
                ("rows_failed", models.PositiveIntegerField(default=0)),
                ("chunks_left", models.PositiveIntegerField(default=0)),
                ("error", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "leased_until",
                    models.DateTimeField(
                        blank=True,
                        help_text="Until then somebody is cutting the file into pieces.",
                        null=True,
                    ),
                ),
                (
                    "served_at",
                    models.DateTimeField(blank=True, help_text="When a piece was last taken.", null=True),
                ),
                (
                    "model",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="modelops.modelversion",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="batch_jobs",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "bulk job",
                "db_table": "batch_jobs",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="BatchChunk",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("number", models.PositiveIntegerField()),
                ("rows", models.PositiveIntegerField()),
                ("begins_at", models.BigIntegerField(help_text="Byte of the file of rows.")),
                ("ends_at", models.BigIntegerField()),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("output", models.CharField(blank=True, max_length=60)),
                ("output_bytes", models.BigIntegerField(default=0)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="chunks",
                        to="matching.batchjob",
                    ),
                ),
            ],
            options={
                "db_table": "batch_chunks",
                "ordering": ("job", "number"),
            },
        ),
        migrations.AddIndex(
            model_name="batchjob",
            index=models.Index(fields=["user", "-id"], name="batch_jobs_of_user"),
        ),
        migrations.AddIndex(
            model_name="batchjob",
            index=models.Index(
                condition=models.Q(("status__in", ("queued", "running"))),
                fields=["status"],
                name="batch_jobs_unfinished",
            ),
        ),
        migrations.AddIndex(
            model_name="batchjob",
            index=models.Index(fields=["finished_at"], name="batch_jobs_finished"),
        ),
        migrations.AddConstraint(
            model_name="batchjob",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("rows_total", None), ("rows_done__lte", models.F("rows_total")), _connector="OR"
                ),
                name="batch_jobs_no_row_twice",
            ),
        ),
        migrations.AddConstraint(
            model_name="batchjob",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "succeeded"), _negated=True),
                    models.Q(("chunks_left", 0), ("rows_done", models.F("rows_total"))),
                    _connector="OR",
                ),
                name="batch_jobs_succeeded_with_every_row",
            ),
        ),
        migrations.AddIndex(
            model_name="batchchunk",
            index=models.Index(
                condition=models.Q(("done_at", None)),
                fields=["job", "attempts", "number"],
                name="batch_chunks_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="batchchunk",
            constraint=models.UniqueConstraint(fields=("job", "number"), name="batch_chunks_once"),
        ),
        migrations.AddConstraint(
            model_name="batchchunk",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("done_at", None), ("output", "")),
                    models.Q(("done_at__isnull", False), models.Q(("output", ""), _negated=True)),
                    _connector="OR",
                ),
                name="batch_chunks_done_with_output",
            ),
        ),
    ]
