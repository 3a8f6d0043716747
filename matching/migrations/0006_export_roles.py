"""Who exports many names, and who approves it."""

from django.db import migrations

from accounts.auth.roles import build_grant_operation
from accounts.models import Role

GRANTS = {
    Role.LEAD: ["export_names", "view_exportrequest"],
    Role.APPROVER: ["approve_export", "view_exportrequest"],
    Role.AUDITOR: ["view_exportrequest"],
    Role.ADMINISTRATOR: ["export_names", "approve_export", "view_exportrequest"],
}


class Migration(migrations.Migration):
    dependencies = [("matching", "0005_export_requests"), ("accounts", "0003_roles")]

    operations = [build_grant_operation("matching", GRANTS)]
