"""Who asks a reviewer."""

from django.db import migrations

from accounts.auth.roles import build_grant_operation
from accounts.models import Role

GRANTS = {
    Role.USER: ["add_reviewrequest"],
    Role.CLIENT: ["add_reviewrequest"],
    Role.REVIEWER: ["add_reviewrequest"],
    Role.LEAD: ["add_reviewrequest"],
}


class Migration(migrations.Migration):
    dependencies = [("feedback", "0008_review_requests"), ("accounts", "0003_roles")]

    operations = [build_grant_operation("feedback", GRANTS)]
