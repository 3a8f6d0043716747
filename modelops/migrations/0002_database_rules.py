"""The database refuses to rewrite what was live when, what was decided and on which thresholds.

It keeps every profile's champion, and accepts an upgrade only where the features differ.
"""

from django.db import migrations

APPEND_ONLY = "".join(
    f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}"
    " FOR EACH ROW EXECUTE FUNCTION refuse_change();"
    for table in ("deployments", "watch_thresholds", "drift_references")
)
DROP_APPEND_ONLY = "".join(
    f"DROP TRIGGER {table}_append_only ON {table};"
    for table in ("deployments", "watch_thresholds", "drift_references")
)
GUARD = """
CREATE TRIGGER deployments_no_truncate BEFORE TRUNCATE ON deployments
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER live_slots_keep_champion BEFORE DELETE ON live_slots
    FOR EACH ROW WHEN (OLD.role = 'champion') EXECUTE FUNCTION refuse_change();
CREATE TRIGGER training_decisions_kept BEFORE DELETE ON training_decisions
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER training_decisions_unchanged BEFORE UPDATE ON training_decisions
    FOR EACH ROW WHEN (OLD.run_id IS NOT NULL OR OLD.train <> NEW.train OR OLD.because <> NEW.because)
    EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_needless_upgrade() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.upgrade AND (
        SELECT newer.schema_hash = older.schema_hash FROM models newer, models older, deployments before
        WHERE newer.id = NEW.model_id AND before.generation = NEW.previous_id AND older.id = before.model_id
    ) IS NOT FALSE THEN
        RAISE EXCEPTION 'deployments: an upgrade replaces only a model of other features'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER deployments_upgrade_is_needed BEFORE INSERT ON deployments
    FOR EACH ROW EXECUTE FUNCTION refuse_needless_upgrade();
"""
UNGUARD = """
DROP TRIGGER deployments_no_truncate ON deployments;
DROP TRIGGER live_slots_keep_champion ON live_slots;
DROP TRIGGER training_decisions_kept ON training_decisions;
DROP TRIGGER training_decisions_unchanged ON training_decisions;
DROP TRIGGER deployments_upgrade_is_needed ON deployments;
DROP FUNCTION refuse_needless_upgrade();
"""


class Migration(migrations.Migration):
    dependencies = [("modelops", "0001_initial"), ("accounts", "0002_database_rules")]

    operations = [
        migrations.RunSQL(APPEND_ONLY, DROP_APPEND_ONLY),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
