"""What each role may do with the processes that serve."""

from django.db import migrations

from accounts.auth.roles import build_grant_operation
from accounts.models import Role

VIEW = ["view_servingprocess", "view_rollbackdrill"]
GRANTS = {
    Role.MODEL_ENGINEER: [*VIEW, "drill_rollback"],
    Role.APPROVER: [*VIEW, "drill_rollback"],
    Role.AUDITOR: VIEW,
    Role.ADMINISTRATOR: VIEW,
}


class Migration(migrations.Migration):
    dependencies = [("modelops", "0010_serving_processes"), ("accounts", "0003_roles")]

    operations = [build_grant_operation("modelops", GRANTS)]
