"""Who compares has webhooks of their own; auditors see all of them."""

from django.db import migrations

from accounts.auth.roles import build_grant_operation
from accounts.models import Role

GRANTS = {
    **{
        role: ["use_webhooks"]
        for role in (Role.USER, Role.CLIENT, Role.REVIEWER, Role.LEAD, Role.MODEL_ENGINEER)
    },
    Role.AUDITOR: [
        "view_webhookendpoint",
        "view_webhookevent",
        "view_webhookdelivery",
        "view_webhookattempt",
    ],
}


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0001_initial"), ("accounts", "0003_roles")]

    operations = [build_grant_operation("webhooks", GRANTS)]
