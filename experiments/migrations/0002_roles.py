"""What each role may do with experiments."""

from django.db import migrations

from accounts.auth.roles import build_grant_operation
from accounts.models import Role

GRANTS = {
    Role.LEAD: [
        "view_experiment",
    ],
    Role.MODEL_ENGINEER: [
        "view_experiment",
        "add_experiment",
        "change_experiment",
        "view_exposure",
    ],
    Role.APPROVER: [
        "view_experiment",
        "view_exposure",
        "run_experiment",
    ],
    Role.AUDITOR: [
        "view_experiment",
        "view_exposure",
    ],
    Role.ADMINISTRATOR: [
        "view_experiment",
        "view_exposure",
        "run_experiment",
    ],
}


class Migration(migrations.Migration):
    dependencies = [("experiments", "0001_initial"), ("accounts", "0003_roles")]

    operations = [build_grant_operation("experiments", GRANTS)]
