"""Which roles may see what challengers and shadows would have answered."""

from django.db import migrations

from accounts.auth.roles import build_grant_operation
from accounts.models import Role

VIEW = ["view_shadowscore"]
GRANTS = dict.fromkeys(
    (Role.LEAD, Role.MODEL_ENGINEER, Role.APPROVER, Role.AUDITOR, Role.ADMINISTRATOR), VIEW
)


class Migration(migrations.Migration):
    dependencies = [("matching", "0009_rescoring_roles"), ("accounts", "0003_roles")]

    operations = [build_grant_operation("matching", GRANTS)]
