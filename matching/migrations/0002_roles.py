"""What each role may do with comparisons and bulk jobs."""

from django.db import migrations

from accounts.auth.roles import build_grant_operation
from accounts.models import Role

GRANTS = {
    Role.USER: ["add_prediction", "view_prediction"],
    Role.CLIENT: ["add_prediction", "view_prediction", "add_batchjob", "view_batchjob"],
    Role.REVIEWER: ["add_prediction", "view_prediction", "reveal_names"],
    Role.LEAD: ["add_prediction", "view_prediction", "reveal_names", "add_batchjob", "view_batchjob"],
    Role.MODEL_ENGINEER: ["add_prediction", "view_prediction"],
    Role.AUDITOR: ["view_prediction", "view_batchjob"],
    Role.ADMINISTRATOR: ["add_prediction", "view_prediction", "view_batchjob", "reveal_names"],
}


class Migration(migrations.Migration):
    dependencies = [("matching", "0001_initial"), ("accounts", "0003_roles")]

    operations = [build_grant_operation("matching", GRANTS)]
