"""Who sees and sets which answers people look at."""

from django.db import migrations

from accounts.auth.roles import build_grant_operation
from accounts.models import Role

GRANTS = {
    Role.LEAD: ["view_reviewpolicy", "add_reviewpolicy"],
    Role.MODEL_ENGINEER: ["view_reviewpolicy"],
    Role.AUDITOR: ["view_reviewpolicy"],
    Role.ADMINISTRATOR: ["view_reviewpolicy"],
}


class Migration(migrations.Migration):
    dependencies = [("matching", "0003_review_policies"), ("accounts", "0003_roles")]

    operations = [build_grant_operation("matching", GRANTS)]
