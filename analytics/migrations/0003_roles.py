"""Who sees reports and the technical dashboard."""

from django.db import migrations

from accounts.auth.roles import build_grant_operation
from accounts.models import Role

GRANTS = {
    Role.LEAD: ["view_reports"],
    Role.MODEL_ENGINEER: ["view_reports", "view_operations"],
    Role.APPROVER: ["view_reports", "view_operations"],
    Role.AUDITOR: ["view_reports", "view_operations"],
    Role.ADMINISTRATOR: ["view_reports", "view_operations"],
}


class Migration(migrations.Migration):
    dependencies = [("analytics", "0002_mark_imports"), ("accounts", "0003_roles")]

    operations = [build_grant_operation("analytics", GRANTS)]
