"""What each role may do with comparisons, bulk jobs, replays and sampling rates."""

from django.db import migrations

from accounts.auth.roles import build_grant_operation
from accounts.models import Role

GRANTS = {
    Role.USER: [
        "add_prediction",
        "view_prediction",
    ],
    Role.CLIENT: [
        "add_prediction",
        "view_prediction",
        "add_batchjob",
        "view_batchjob",
    ],
    Role.REVIEWER: [
        "add_prediction",
        "view_prediction",
        "reveal_names",
    ],
    Role.LEAD: [
        "add_prediction",
        "view_prediction",
        "reveal_names",
        "add_batchjob",
        "view_batchjob",
        "view_reviewpolicy",
        "add_reviewpolicy",
        "view_replay",
        "view_shadowscore",
    ],
    Role.MODEL_ENGINEER: [
        "add_prediction",
        "view_prediction",
        "view_reviewpolicy",
        "view_replay",
        "add_replay",
        "view_shadowscore",
    ],
    Role.AUDITOR: [
        "oversee_batchjobs",
        "view_prediction",
        "view_batchjob",
        "view_reviewpolicy",
        "view_replay",
        "view_shadowscore",
    ],
    Role.ADMINISTRATOR: [
        "add_prediction",
        "view_prediction",
        "view_batchjob",
        "reveal_names",
        "view_reviewpolicy",
        "view_replay",
        "view_shadowscore",
    ],
    Role.APPROVER: [
        "view_replay",
        "add_replay",
        "view_shadowscore",
    ],
}


class Migration(migrations.Migration):
    dependencies = [("matching", "0002_storage"), ("accounts", "0003_roles")]

    operations = [build_grant_operation("matching", GRANTS)]
