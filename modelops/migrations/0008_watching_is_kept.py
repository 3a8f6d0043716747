"""The database refuses to rewrite limits, references and decisions; who sees and does what."""

from django.db import migrations

from accounts.auth.roles import build_grant_operation
from accounts.models import Role

TABLES = ("watch_thresholds", "drift_references")
GUARD = "".join(
    f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}"
    " FOR EACH ROW EXECUTE FUNCTION refuse_change();"
    for table in TABLES
)
GUARD += """
CREATE TRIGGER training_decisions_kept BEFORE DELETE ON training_decisions
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER training_decisions_unchanged BEFORE UPDATE ON training_decisions
    FOR EACH ROW WHEN (OLD.run_id IS NOT NULL OR OLD.train <> NEW.train OR OLD.because <> NEW.because)
    EXECUTE FUNCTION refuse_change();
"""
UNGUARD = "".join(f"DROP TRIGGER {table}_append_only ON {table};" for table in TABLES)
UNGUARD += """
DROP TRIGGER training_decisions_kept ON training_decisions;
DROP TRIGGER training_decisions_unchanged ON training_decisions;
"""
VIEW = ["view_driftreport", "view_reference", "view_threshold", "view_trainingdecision"]
GRANTS = {
    Role.LEAD: VIEW,
    Role.MODEL_ENGINEER: [*VIEW, "accept_driftreport", "add_threshold"],
    Role.APPROVER: [*VIEW, "add_threshold"],
    Role.AUDITOR: VIEW,
    Role.ADMINISTRATOR: [*VIEW, "accept_driftreport", "add_threshold"],
}


class Migration(migrations.Migration):
    dependencies = [("modelops", "0007_watching"), ("accounts", "0003_roles")]

    operations = [migrations.RunSQL(GUARD, UNGUARD), build_grant_operation("modelops", GRANTS)]
