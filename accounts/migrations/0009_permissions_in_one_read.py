"""What a person may do, as a function of the database: it keeps its plan as long as a connection lives.

Planning these joins anew cost more than twice as much as running them, on every request.
"""

from django.db import migrations

CREATE = """
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
        ("accounts", "0008_trust_roles"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunSQL(CREATE, "DROP FUNCTION permissions_of(uuid)")]
