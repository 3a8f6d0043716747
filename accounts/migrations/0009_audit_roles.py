"""Auditors see schedules, sign-ins and lock-outs."""

from django.db import migrations

from accounts.auth.roles import build_grant_operation
from accounts.models import Role

GRANTS = {
    "axes": {Role.AUDITOR: ["view_accessattempt", "view_accesslog"]},
    "django_celery_beat": {Role.AUDITOR: ["view_periodictask"]},
}


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_key_addresses"),
        ("axes", "0010_accessattemptexpiration"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [build_grant_operation(app, grants) for app, grants in GRANTS.items()]
