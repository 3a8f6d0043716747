"""Leads and auditors see the list of requests for review."""

from django.db import migrations

from accounts.auth.roles import build_grant_operation
from accounts.models import Role


class Migration(migrations.Migration):
    dependencies = [("feedback", "0012_messages_of_reviews"), ("accounts", "0003_roles")]

    operations = [
        build_grant_operation(
            "feedback", {Role.LEAD: ["view_reviewrequest"], Role.AUDITOR: ["view_reviewrequest"]}
        )
    ]
