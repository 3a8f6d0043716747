"""Engineers ship what approvers concluded; users and clients record outcomes."""

from django.db import migrations

from accounts.auth.roles import build_grant_operation
from accounts.models import Role

GRANTS = {
    Role.USER: ["add_recordedmetric"],
    Role.CLIENT: ["add_recordedmetric"],
    Role.MODEL_ENGINEER: ["ship_experiment", "view_recordedmetric"],
    Role.APPROVER: ["view_recordedmetric"],
    Role.AUDITOR: ["view_recordedmetric"],
    Role.ADMINISTRATOR: ["add_experiment", "change_experiment", "view_recordedmetric"],
}


class Migration(migrations.Migration):
    dependencies = [("experiments", "0005_rules_of_experiments"), ("accounts", "0003_roles")]

    operations = [build_grant_operation("experiments", GRANTS)]
