"""What each role may do with feedback and the queue."""

from django.db import migrations

from accounts.auth.roles import build_grant_operation
from accounts.models import Role

GRANTS = {
    Role.USER: ["add_feedback"],
    Role.CLIENT: ["add_feedback"],
    Role.REVIEWER: ["add_feedback", "view_feedback", "view_reviewitem", "change_reviewitem"],
    Role.LEAD: ["add_feedback", "view_feedback", "view_reviewitem", "change_reviewitem"],
    Role.MODEL_ENGINEER: ["view_feedback"],
    Role.AUDITOR: ["view_feedback", "view_reviewitem"],
    Role.ADMINISTRATOR: ["view_feedback", "view_reviewitem"],
}


class Migration(migrations.Migration):
    dependencies = [("feedback", "0001_initial"), ("accounts", "0003_roles")]

    operations = [build_grant_operation("feedback", GRANTS)]
