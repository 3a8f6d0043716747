"""What each role may do with models and deployments."""

from django.db import migrations

from accounts.auth.roles import build_grant_operation
from accounts.models import Role

VIEW = [
    "view_modelversion",
    "view_modelmetric",
    "view_deployment",
    "view_liveslot",
    "view_promotionrequest",
    "view_trainingrun",
    "view_jobrun",
]
GRANTS = {
    Role.LEAD: ["view_modelversion", "view_modelmetric", "view_deployment", "view_trainingrun"],
    Role.MODEL_ENGINEER: [
        *VIEW,
        "verify_modelversion",
        "request_deployment",
        "rollback_deployment",
        "add_trainingrun",
    ],
    Role.APPROVER: [*VIEW, "verify_modelversion", "approve_deployment", "rollback_deployment"],
    Role.AUDITOR: VIEW,
    Role.ADMINISTRATOR: [*VIEW, "verify_modelversion"],
}


class Migration(migrations.Migration):
    dependencies = [("modelops", "0002_history_is_append_only"), ("accounts", "0003_roles")]

    operations = [build_grant_operation("modelops", GRANTS)]
