"""The database refuses to rewrite what was live when, and to leave a profile without its champion."""

from django.db import migrations

GUARD = """
CREATE TRIGGER deployments_append_only BEFORE UPDATE OR DELETE ON deployments
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER deployments_no_truncate BEFORE TRUNCATE ON deployments
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER live_slots_keep_champion BEFORE DELETE ON live_slots
    FOR EACH ROW WHEN (OLD.role = 'champion') EXECUTE FUNCTION refuse_change();
"""

UNGUARD = """
DROP TRIGGER deployments_append_only ON deployments;
DROP TRIGGER deployments_no_truncate ON deployments;
DROP TRIGGER live_slots_keep_champion ON live_slots;
"""


class Migration(migrations.Migration):
    dependencies = [("modelops", "0001_initial"), ("accounts", "0002_audit_is_append_only")]

    operations = [migrations.RunSQL(GUARD, UNGUARD)]
