import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_account_rules"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditCheckpoint",
            fields=[
                ("size", models.BigIntegerField(primary_key=True, serialize=False)),
                ("root", models.CharField(max_length=64)),
                ("head", models.CharField(help_text="Hash of the last seal in the tree.", max_length=64)),
                (
                    "frontier",
                    models.JSONField(
                        help_text="Roots of the complete subtrees, largest first, for the next one."
                    ),
                ),
                ("note", models.TextField(help_text="The checkpoint as it is published.")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "db_table": "audit_checkpoints",
                "ordering": ("-size",),
            },
        ),
        migrations.CreateModel(
            name="AuditForwarding",
            fields=[
                (
                    "receiver",
                    models.CharField(
                        help_text="Digest of the address.", max_length=64, primary_key=True, serialize=False
                    ),
                ),
                (
                    "last_seq",
                    models.BigIntegerField(default=0, help_text="Number of the last seal that was accepted."),
                ),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("claimed_until", models.DateTimeField(blank=True, null=True)),
                ("error", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "db_table": "audit_forwardings",
            },
        ),
        migrations.AddField(
            model_name="auditseal",
            name="key_id",
            field=models.CharField(
                blank=True, default="", help_text="Id of the key of the HMAC.", max_length=12
            ),
        ),
        migrations.AddField(
            model_name="auditseal",
            name="mac",
            field=models.CharField(
                blank=True, default="", help_text="HMAC-SHA-256 of the hash.", max_length=64
            ),
        ),
        migrations.CreateModel(
            name="AuditAnchor",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "target",
                    models.CharField(
                        choices=[
                            ("file", "File"),
                            ("email", "E-mail"),
                            ("object store", "Object store"),
                            ("time stamp", "Time-stamp authority (RFC 3161)"),
                        ],
                        max_length=12,
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "receipt",
                    models.CharField(blank=True, help_text="What the target answered.", max_length=300),
                ),
                (
                    "token",
                    models.BinaryField(
                        default=b"", help_text="Time-stamp response in DER; empty for other targets."
                    ),
                ),
                (
                    "checkpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="anchors",
                        to="accounts.auditcheckpoint",
                    ),
                ),
            ],
            options={
                "db_table": "audit_anchors",
                "ordering": ("-id",),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("target", "checkpoint"), name="audit_anchors_once_per_target"
                    )
                ],
            },
        ),
    ]
