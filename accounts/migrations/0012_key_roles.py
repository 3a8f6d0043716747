"""Who compares makes API keys of their own."""

from django.db import migrations

from accounts.auth.roles import build_grant_operation
from accounts.models import Role

GRANTS = {
    role: ["use_api_keys"] for role in (Role.USER, Role.CLIENT, Role.REVIEWER, Role.LEAD, Role.MODEL_ENGINEER)
}


class Migration(migrations.Migration):
    dependencies = [("accounts", "0011_key_replacement")]

    operations = [build_grant_operation("accounts", GRANTS)]
