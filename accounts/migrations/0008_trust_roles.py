"""Who sees what was erased and how long things are kept; erasing is the administrator's."""

from django.db import migrations

from accounts.auth.roles import build_grant_operation
from accounts.models import Role

VIEW = ["view_erasure", "view_retentionrule"]
GRANTS = {
    Role.AUDITOR: VIEW,
    Role.ADMINISTRATOR: [*VIEW, "erase_names", "change_retentionrule"],
}


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_erasure_and_retention")]

    operations = [build_grant_operation("accounts", GRANTS)]
