"""Endpoints, events, deliveries and attempts."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import accounts.encryption.fields
import accounts.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="WebhookDelivery",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("delivered", "Delivered"),
                            ("given_up", "Given up"),
                        ],
                        default="waiting",
                        max_length=9,
                    ),
                ),
                (
                    "attempts",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="Attempts since the event, or since it was last asked to be sent again.",
                    ),
                ),
                ("not_before", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "ended_at",
                    models.DateTimeField(
                        blank=True, help_text="When it was delivered or given up.", null=True
                    ),
                ),
                (
                    "status_code",
                    models.PositiveSmallIntegerField(
                        blank=True, help_text="Status of the last answer; empty when none came.", null=True
                    ),
                ),
                (
                    "error",
                    models.CharField(blank=True, help_text="Why the last attempt failed.", max_length=200),
                ),
            ],
            options={
                "verbose_name_plural": "webhook deliveries",
                "db_table": "webhook_deliveries",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="WebhookAttempt",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "status_code",
                    models.PositiveSmallIntegerField(
                        blank=True, help_text="Empty: no answer came.", null=True
                    ),
                ),
                ("error", models.CharField(blank=True, max_length=200)),
                ("milliseconds", models.PositiveIntegerField(help_text="How long it took.")),
                (
                    "delivery",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attempt_log",
                        to="webhooks.webhookdelivery",
                    ),
                ),
            ],
            options={
                "db_table": "webhook_attempts",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="WebhookEndpoint",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "description",
                    models.CharField(blank=True, help_text="What it is for, in words.", max_length=100),
                ),
                (
                    "address",
                    accounts.encryption.fields.EncryptedTextField(
                        help_text="The https address that messages are posted to."
                    ),
                ),
                ("host", models.CharField(help_text="The host of the address.", max_length=255)),
                (
                    "event_types",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("prediction.decided", "Reviewers decided one of your comparisons"),
                                ("review.needs_document", "A reviewer waits for a document from you"),
                                ("job.finished", "One of your bulk jobs is done"),
                                ("job.failed", "One of your bulk jobs failed"),
                                ("model.promoted", "Another model version answers from now on"),
                            ],
                            max_length=30,
                        ),
                        size=None,
                    ),
                ),
                ("secret", accounts.encryption.fields.EncryptedTextField(help_text="Signs every message.")),
                (
                    "previous_secret",
                    accounts.encryption.fields.EncryptedTextField(
                        blank=True,
                        default="",
                        help_text="Signs beside it until the overlap of a rotation ends.",
                    ),
                ),
                ("previous_secret_until", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "not_before",
                    models.DateTimeField(
                        default=django.utils.timezone.now, help_text="No attempt before, after a failure."
                    ),
                ),
                ("failures", models.PositiveIntegerField(default=0, help_text="Failed attempts in a row.")),
                ("failing_since", models.DateTimeField(blank=True, null=True)),
                (
                    "delivered_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="last delivered at"),
                ),
                ("switched_off_at", models.DateTimeField(blank=True, null=True)),
                (
                    "switched_off_by",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("owner", "Switched off by its owner"),
                            ("administrator", "Switched off by an administrator"),
                            ("failures", "Switched off after failing for days"),
                            ("receiver", "Switched off because the receiver answered 410"),
                        ],
                        max_length=13,
                    ),
                ),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="webhook_endpoints",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "webhook_endpoints",
                "ordering": ("-id",),
                "permissions": (
                    ("use_webhooks", "Can have webhooks of their own"),
                    ("switch_off_endpoint", "Can switch off the webhooks of others"),
                ),
            },
        ),
        migrations.AddField(
            model_name="webhookdelivery",
            name="endpoint",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="deliveries",
                to="webhooks.webhookendpoint",
            ),
        ),
        migrations.CreateModel(
            name="WebhookEvent",
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
                        help_text="At most one event exists for it.", max_length=160, unique=True
                    ),
                ),
                ("event_type", models.CharField(max_length=30)),
                ("data", models.JSONField(help_text="Ids, verdicts, counts and dates; never a name.")),
                ("occurred_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "visible_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, help_text="Nobody is told before."
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        help_text="Whom it is about; empty: every subscriber.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "webhook_events",
                "ordering": ("-id",),
            },
        ),
        migrations.AddField(
            model_name="webhookdelivery",
            name="event",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="deliveries",
                to="webhooks.webhookevent",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookendpoint",
            index=models.Index(
                condition=models.Q(("removed_at", None)),
                fields=["user", "-id"],
                name="webhook_endpoints_of_user",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookendpoint",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "event_types__contained_by",
                        [
                            "prediction.decided",
                            "review.needs_document",
                            "job.finished",
                            "job.failed",
                            "model.promoted",
                        ],
                    ),
                    ("event_types__len__gt", 0),
                ),
                name="webhook_endpoints_known_event_types",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookendpoint",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("switched_off_at", None), ("switched_off_by", "")),
                    models.Q(
                        ("switched_off_at__isnull", False), models.Q(("switched_off_by", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="webhook_endpoints_off_by_someone",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookendpoint",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("failing_since", None), ("failures", 0)),
                    models.Q(("failing_since__isnull", False), ("failures__gt", 0)),
                    _connector="OR",
                ),
                name="webhook_endpoints_failing_since",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(fields=["endpoint", "-id"], name="webhook_deliveries_of_endpoint"),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                condition=models.Q(("state", "waiting")),
                fields=["not_before"],
                name="webhook_deliveries_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.UniqueConstraint(fields=("event", "endpoint"), name="webhook_deliveries_once"),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("state", "waiting")),
                    models.Q(("ended_at__isnull", False), ("state__in", ["delivered", "given_up"])),
                    _connector="OR",
                ),
                name="webhook_deliveries_ended_at",
            ),
        ),
    ]
