"""The database itself refuses to alter the audit trail, and says in one call what a person may do.

``permissions_of`` is a function of the database so that its plan lives as long as a connection: planning these
joins anew cost more than twice as much as running them, on every request.
"""

from django.db import migrations

REFUSE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$
"""

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

PERMISSIONS_OF = """
CREATE FUNCTION permissions_of(person uuid) RETURNS text[] LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN ARRAY(
        SELECT type.app_label || '.' || held.codename
        FROM auth_permission held JOIN django_content_type type ON type.id = held.content_type_id
        WHERE held.id = ANY (ARRAY(
            SELECT permission_id FROM auth_group_permissions
            WHERE group_id = ANY (ARRAY(SELECT group_id FROM users_groups WHERE user_id = person))
            UNION ALL SELECT permission_id FROM users_user_permissions WHERE user_id = person
            UNION ALL SELECT id FROM auth_permission WHERE (SELECT is_superuser FROM users WHERE id = person)
        ))
    );
END $$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION refuse_change()"),
        *(
            migrations.RunSQL(GUARD.format(table=table), UNGUARD.format(table=table))
            for table in ("audit_events", "audit_seals")
        ),
        migrations.RunSQL(PERMISSIONS_OF, "DROP FUNCTION permissions_of(uuid)"),
    ]
