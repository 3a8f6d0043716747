"""Who sees alerts, who answers them, who says where they go."""

from django.db import migrations

from accounts.auth.roles import build_grant_operation
from accounts.models import Role

VIEW = ["view_alert", "view_alertmessage", "view_heartbeat"]
GRANTS = {
    Role.LEAD: ["view_alert", "handle_alert"],
    Role.MODEL_ENGINEER: [*VIEW, "handle_alert", "view_alertchannel", "test_alertchannel"],
    Role.APPROVER: [*VIEW, "handle_alert", "view_alertchannel"],
    Role.AUDITOR: [*VIEW, "view_alertchannel"],
    Role.ADMINISTRATOR: [
        *VIEW,
        "handle_alert",
        "view_alertchannel",
        "add_alertchannel",
        "change_alertchannel",
        "test_alertchannel",
    ],
}


class Migration(migrations.Migration):
    dependencies = [("modelops", "0004_alerts"), ("accounts", "0003_roles")]

    operations = [build_grant_operation("modelops", GRANTS)]
