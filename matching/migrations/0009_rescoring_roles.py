"""What each role may do with replays."""

from django.db import migrations

from accounts.auth.roles import build_grant_operation
from accounts.models import Role

GRANTS = {
    Role.LEAD: ["view_replay"],
    Role.MODEL_ENGINEER: ["view_replay", "add_replay"],
    Role.APPROVER: ["view_replay", "add_replay"],
    Role.AUDITOR: ["view_replay"],
    Role.ADMINISTRATOR: ["view_replay"],
}


class Migration(migrations.Migration):
    dependencies = [("matching", "0008_shadows_and_replays"), ("accounts", "0003_roles")]

    operations = [build_grant_operation("matching", GRANTS)]
