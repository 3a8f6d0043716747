"""What each role may do with the guideline, precedents and known answers."""

from django.db import migrations

from accounts.auth.roles import build_grant_operation
from accounts.models import Role

GRANTS = {
    Role.REVIEWER: ["view_guideline", "view_precedent"],
    Role.LEAD: [
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
    Role.AUDITOR: ["view_guideline", "view_clause", "view_precedent", "view_goldanswer", "view_itemevent"],
    Role.ADMINISTRATOR: ["view_guideline", "view_clause", "view_precedent", "view_itemevent"],
}


class Migration(migrations.Migration):
    dependencies = [("feedback", "0003_review_desk"), ("accounts", "0003_roles")]

    operations = [build_grant_operation("feedback", GRANTS)]
