"""Everybody is told what concerns them."""

from django.db import migrations

from accounts.auth.roles import build_grant_operation
from accounts.models import Role

GRANTS: dict[Role, list[str]] = {
    role: ["receive_notifications"] for role in Role if role != Role.ADMINISTRATOR
}


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial"), ("accounts", "0003_roles")]

    operations = [build_grant_operation("notifications", GRANTS)]
