"""Rules of the database about the trail: checkpoints are append-only, schedules and lock-outs leave events.

Schedules and lock-outs belong to other packages and can be changed past this program's pages (a shell, another
client of the database), so the database itself writes the event. Typed user names, which may hold a password,
stay out of it.
"""

from django.db import migrations

GUARD = """
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
UNGUARD = """
DROP TRIGGER {table}_append_only ON {table};
DROP TRIGGER {table}_no_truncate ON {table};
"""

# Arguments of the trigger: action, type of the object, then the columns that the event shows.
RECORD_ROW_CHANGE = """
CREATE FUNCTION record_row_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    shown text[] := TG_ARGV[2:TG_NARGS - 1];
    before jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    after jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    row_id text := COALESCE(after, before) ->> 'id';
BEGIN
    before := (SELECT jsonb_object_agg(key, value) FROM jsonb_each(before) WHERE key = ANY (shown));
    after := (SELECT jsonb_object_agg(key, value) FROM jsonb_each(after) WHERE key = ANY (shown));
    IF before IS DISTINCT FROM after THEN
        INSERT INTO audit_events (at, action, object_type, object_id, detail, request_id)
        VALUES (clock_timestamp(), TG_ARGV[0], TG_ARGV[1], row_id,
                jsonb_build_object('before', before, 'after', after, 'database_role', current_user), '');
    END IF;
    RETURN NULL;
END $$
"""
RECORD_DELETION = """
CREATE FUNCTION record_deletion() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    number bigint := (SELECT count(*) FROM deleted);
BEGIN
    IF number > 0 THEN
        INSERT INTO audit_events (at, action, object_type, object_id, detail, request_id)
        VALUES (clock_timestamp(), TG_ARGV[0], TG_ARGV[1], '',
                jsonb_build_object('rows', number, 'database_role', current_user), '');
    END IF;
    RETURN NULL;
END $$
"""

SCHEDULES = {
    "periodictask": "name task enabled interval_id crontab_id solar_id clocked_id args kwargs queue exchange "
    "routing_key headers priority one_off start_time expires expire_seconds",
    "intervalschedule": "every period",
    "crontabschedule": "minute hour day_of_week day_of_month month_of_year timezone",
    "solarschedule": "event latitude longitude",
    "clockedschedule": "clocked_time",
}
ATTEMPTS = {"accessattempt": "attempts", "accesslog": "log", "accessfailurelog": "failure_log"}


def watch_schedule(model: str, columns: str) -> migrations.RunSQL:
    """Return the operation by which every change of a schedule's columns writes an event."""
    table = f"django_celery_beat_{model}"
    arguments = ", ".join(
        f"'{value}'" for value in ("schedule.changed", f"django_celery_beat.{model}", *columns.split())
    )
    return migrations.RunSQL(
        f"CREATE TRIGGER {table}_audited AFTER INSERT OR UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION record_row_change({arguments})",
        f"DROP TRIGGER {table}_audited ON {table}",
    )


def watch_deletion(model: str, title: str) -> migrations.RunSQL:
    """Return the operation by which deleting rows of django-axes writes an event with their number."""
    table = f"axes_{model}"
    return migrations.RunSQL(
        f"CREATE TRIGGER {table}_deletion_audited AFTER DELETE ON {table} REFERENCING OLD TABLE AS deleted "
        f"FOR EACH STATEMENT EXECUTE FUNCTION record_deletion('sign_in.{title}_deleted', 'axes.{model}')",
        f"DROP TRIGGER {table}_deletion_audited ON {table}",
    )


FEWER_FAILURES = """
CREATE TRIGGER axes_accessattempt_audited AFTER UPDATE ON axes_accessattempt FOR EACH ROW
    WHEN (NEW.failures_since_start < OLD.failures_since_start)
    EXECUTE FUNCTION record_row_change(
        'sign_in.attempts_lowered', 'axes.accessattempt', 'ip_address', 'failures_since_start')
"""

# The seals of an earlier version have no HMAC; sealing this event makes the whole chain before it keyed.
KEY_THE_CHAIN = """
INSERT INTO audit_events (at, action, object_type, object_id, detail, request_id)
SELECT clock_timestamp(), 'audit.keyed', 'accounts.auditseal', max(seq)::text, '{}', ''
FROM audit_seals HAVING count(*) > 0
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_audit_keys"),
        ("axes", "0010_accessattemptexpiration"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [
        *(
            migrations.RunSQL(GUARD.format(table=table), UNGUARD.format(table=table))
            for table in ("audit_checkpoints", "audit_anchors")
        ),
        migrations.RunSQL(RECORD_ROW_CHANGE, "DROP FUNCTION record_row_change()"),
        migrations.RunSQL(RECORD_DELETION, "DROP FUNCTION record_deletion()"),
        *(watch_schedule(model, columns) for model, columns in SCHEDULES.items()),
        *(watch_deletion(model, title) for model, title in ATTEMPTS.items()),
        migrations.RunSQL(FEWER_FAILURES, "DROP TRIGGER axes_accessattempt_audited ON axes_accessattempt"),
        migrations.RunSQL(KEY_THE_CHAIN, migrations.RunSQL.noop),
    ]
