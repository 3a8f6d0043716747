"""The database keeps an active administrator, and only administrators give roles."""

from django.db import migrations

from accounts.auth.roles import build_grant_operation
from accounts.models import Role

# The lock makes two administrators who deactivate one another wait: the second sees what the first did.
KEEP_AN_ADMINISTRATOR = """
CREATE FUNCTION keep_an_administrator() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('keep_an_administrator'));
    IF NOT EXISTS (SELECT FROM users WHERE is_superuser AND is_active AND id <> OLD.id) THEN
        RAISE EXCEPTION 'no active administrator would be left' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER users_keep_an_administrator BEFORE UPDATE OF is_superuser, is_active ON users FOR EACH ROW
    WHEN (OLD.is_superuser AND OLD.is_active AND NOT (NEW.is_superuser AND NEW.is_active))
    EXECUTE FUNCTION keep_an_administrator();
"""

DROP = """
DROP TRIGGER users_keep_an_administrator ON users;
DROP FUNCTION keep_an_administrator();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_sign_in")]

    operations = [
        migrations.RunSQL(KEEP_AN_ADMINISTRATOR, DROP),
        build_grant_operation("accounts", {Role.ADMINISTRATOR: ["assign_role"]}),
    ]
