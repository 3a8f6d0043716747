"""Who sees the precedents of pairs."""

from django.db import migrations

from accounts.auth.roles import build_grant_operation
from accounts.models import Role

GRANTS = {
    Role.LEAD: ["view_pairprecedent"],
    Role.AUDITOR: ["view_pairprecedent"],
    Role.ADMINISTRATOR: ["view_pairprecedent"],
}


class Migration(migrations.Migration):
    dependencies = [("matching", "0014_precedents_of_pairs"), ("accounts", "0003_roles")]

    operations = [build_grant_operation("matching", GRANTS)]
