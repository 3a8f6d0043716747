"""What each role may do with feedback, the review queue, the guideline and gold items."""

from django.db import migrations

from accounts.auth.roles import build_grant_operation
from accounts.models import Role

GRANTS = {
    Role.USER: [
        "add_feedback",
    ],
    Role.CLIENT: [
        "add_feedback",
    ],
    Role.REVIEWER: [
        "add_feedback",
        "view_feedback",
        "view_reviewitem",
        "change_reviewitem",
        "view_guideline",
        "view_precedent",
    ],
    Role.LEAD: [
        "add_feedback",
        "view_feedback",
        "view_reviewitem",
        "change_reviewitem",
        "lead_review",
        "view_guideline",
        "add_guideline",
        "change_guideline",
        "view_clause",
        "add_clause",
        "change_clause",
        "delete_clause",
        "view_precedent",
        "view_goldanswer",
        "add_goldanswer",
        "view_itemevent",
        "view_absence",
        "add_absence",
    ],
    Role.MODEL_ENGINEER: [
        "view_feedback",
    ],
    Role.AUDITOR: [
        "view_feedback",
        "view_reviewitem",
        "view_guideline",
        "view_clause",
        "view_precedent",
        "view_goldanswer",
        "view_itemevent",
    ],
    Role.ADMINISTRATOR: [
        "view_feedback",
        "view_reviewitem",
        "view_guideline",
        "view_clause",
        "view_precedent",
        "view_itemevent",
    ],
}


class Migration(migrations.Migration):
    dependencies = [("feedback", "0001_initial"), ("accounts", "0003_roles")]

    operations = [build_grant_operation("feedback", GRANTS)]
