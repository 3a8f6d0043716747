"""Who compares has matters; only administrators, who hold every permission, administer them."""

from django.db import migrations

from accounts.auth.roles import build_grant_operation
from accounts.models import Role

GRANTS = {
    role: ["use_matters"] for role in (Role.USER, Role.CLIENT, Role.REVIEWER, Role.LEAD, Role.MODEL_ENGINEER)
}


class Migration(migrations.Migration):
    dependencies = [("matters", "0001_initial"), ("accounts", "0003_roles")]

    operations = [build_grant_operation("matters", GRANTS)]
