"""Decisions of reviewers answer when the same pair is asked again."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import accounts.ids


class Migration(migrations.Migration):
    dependencies = [
        ("matching", "0013_requests_of_reviews"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PairPrecedent",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "key",
                    models.CharField(
                        blank=True, help_text="Keyed digest of all that was asked.", max_length=64
                    ),
                ),
                ("profile", models.CharField(max_length=20)),
                ("material", models.BooleanField()),
                ("guideline_version", models.CharField(max_length=20)),
                (
                    "active_from",
                    models.DateTimeField(help_text="When the decision could no longer be undone."),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "end_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("replaced", "Decided again"),
                            ("contradicted", "Decided again, differently"),
                            ("reopened", "The decision was reopened"),
                            ("guideline", "Another guideline is in force"),
                            ("revoked", "Revoked by a lead"),
                            ("erased", "The names were erased"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "prediction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pair_precedents",
                        to="matching.prediction",
                    ),
                ),
                (
                    "revoked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        help_text="Whose prediction was decided.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "precedent of a pair",
                "verbose_name_plural": "precedents of pairs",
                "db_table": "pair_precedents",
                "ordering": ("-id",),
            },
        ),
        migrations.AddField(
            model_name="predictionreview",
            name="precedent",
            field=models.ForeignKey(
                blank=True,
                help_text="The precedent that answers, or that did before it was revoked.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="answers",
                to="matching.pairprecedent",
            ),
        ),
        migrations.AddConstraint(
            model_name="predictionreview",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_by", "precedent"), _negated=True),
                    ("precedent__isnull", False),
                    _connector="OR",
                ),
                name="prediction_reviews_name_their_precedent",
            ),
        ),
        migrations.AddConstraint(
            model_name="pairprecedent",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)),
                fields=("key", "user"),
                name="pair_precedents_one_in_force",
            ),
        ),
        migrations.AddConstraint(
            model_name="pairprecedent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("end_reason", ""), ("ended_at", None)),
                    models.Q(("ended_at__isnull", False), models.Q(("end_reason", ""), _negated=True)),
                    _connector="OR",
                ),
                name="pair_precedents_ended_for_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="pairprecedent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("key", ""), _negated=True), ("ended_at__isnull", False), _connector="OR"
                ),
                name="pair_precedents_in_force_have_a_key",
            ),
        ),
        migrations.AddConstraint(
            model_name="pairprecedent",
            constraint=models.CheckConstraint(
                condition=models.Q(("guideline_version", ""), _negated=True),
                name="pair_precedents_under_a_guideline",
            ),
        ),
    ]
