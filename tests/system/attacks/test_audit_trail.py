"""Attacks on the audit trail of a running product: by its processes, an administrator, the owner."""

import json
import re
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings

from accounts.audit.database_role import APPEND_ONLY_TABLES
from config.local.embedded import EmbeddedServers
from tests.system.serving import EMAIL, PASSWORD, Web, prepared

# What somebody who runs code inside a web process or worker would try.
STATEMENTS = [
    statement
    for table in APPEND_ONLY_TABLES
    for statement in (
        f"DELETE FROM {table}",  # noqa: S608 - our own tables
        f"TRUNCATE {table} CASCADE",
        f"ALTER TABLE {table} DISABLE TRIGGER ALL",
        f"DROP TRIGGER {table}_append_only ON {table}",
        f"DROP TABLE {table} CASCADE",
    )
] + [
    "UPDATE audit_events SET detail = '{}'",
    "UPDATE audit_seals SET hash = '', mac = ''",
    "UPDATE audit_checkpoints SET note = ''",
    "UPDATE audit_anchors SET token = ''",
    "SET session_replication_role = replica",
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "DROP TRIGGER django_celery_beat_periodictask_audited ON django_celery_beat_periodictask",
    "GRANT legal_names TO legal_names_app",
    "ALTER ROLE legal_names_app SUPERUSER",
    "DELETE FROM django_migrations",
]
TRY_STATEMENTS = """
import json, sys, django
django.setup()
from django.db import DatabaseError, connection, transaction
done = []
for statement in json.loads(sys.argv[1]):
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
        done.append(statement)
    except DatabaseError as error:
        code = error.__cause__.pgcode
        done += [] if code in ("42501", "23000") else [f"{statement}: {code}"]
print(json.dumps(done))
"""


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    home = tmp_path_factory.mktemp("product")
    servers = prepared(home)
    product = Web(home)
    product.start()
    yield product
    product.stop()
    servers.release()


class Administrator:
    """An administrator's browser without scripts."""

    def __init__(self, web: Web) -> None:
        self.base = f"http://127.0.0.1:{web.port}"
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self.post("/sign-in", {"login": EMAIL, "password": PASSWORD})

    def get(self, path: str) -> str:
        with self.opener.open(self.base + path) as answer:
            return str(answer.read().decode())

    def post(self, path: str, fields: dict[str, str]) -> int:
        """Send a form with its token; return the status."""
        token = re.search(
            r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get("/password" if "admin" in path else path)
        )
        assert token
        body = urllib.parse.urlencode({"csrfmiddlewaretoken": token[1], **fields}).encode()
        try:
            with self.opener.open(urllib.request.Request(self.base + path, body)) as answer:  # noqa: S310 - loopback
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code


def run(web: Web, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=settings.BASE_DIR, env=web.environment, capture_output=True, text=True, check=False
    )


def as_owner(web: Web, statement: str) -> list[tuple[object, ...]]:
    url = EmbeddedServers(Path(web.environment["VAR_DIR"])).postgres.build_url()
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement)
        rows = cursor.fetchall() if cursor.description else []
    connection.close()
    return rows


def test_code_inside_the_product_can_append_to_the_trail_and_nothing_else(web: Web) -> None:
    assert run(web, "manage.py", "audit", "seal").returncode == 0
    assert run(web, "manage.py", "audit", "anchor").returncode == 0
    before = as_owner(web, "SELECT count(*), min(hash), max(hash) FROM audit_seals")
    done = run(web, "-c", TRY_STATEMENTS, json.dumps(STATEMENTS))
    assert json.loads(done.stdout.splitlines()[-1]) == [], done.stderr
    assert as_owner(web, "SELECT count(*), min(hash), max(hash) FROM audit_seals") == before
    verified = run(web, "manage.py", "audit", "verify")
    assert (verified.returncode, "Warning" in verified.stderr) == (0, False), verified.stderr


def test_an_administrator_cannot_switch_off_sealing_on_the_pages(web: Web) -> None:
    as_owner(
        web,
        "INSERT INTO django_celery_beat_intervalschedule (every, period) VALUES (10, 'seconds');"
        "INSERT INTO django_celery_beat_periodictask (name, task, interval_id, args, kwargs, headers, "
        "enabled, one_off, total_run_count, date_changed, description) SELECT 'seal audit trail', "
        "'accounts.tasks.seal_audit_trail', max(id), '[]', '{}', '{}', true, false, 0, now(), '' "
        "FROM django_celery_beat_intervalschedule",
    )
    ((pk,),) = as_owner(web, "SELECT id FROM django_celery_beat_periodictask")
    boss, page = Administrator(web), "/admin/django_celery_beat/periodictask/"
    assert "seal audit trail" in boss.get(page)
    assert boss.post(f"{page}{pk}/change/", {"name": "seal audit trail", "enabled": ""}) == 403
    assert boss.post(f"{page}{pk}/delete/", {"post": "yes"}) == 403
    boss.post(page, {"action": "disable_tasks", "_selected_action": str(pk)})
    assert boss.post("/admin/django_celery_beat/intervalschedule/1/change/", {"every": "999999"}) == 404
    assert as_owner(web, "SELECT enabled FROM django_celery_beat_periodictask") == [(True,)]
    refused = "SELECT count(*) FROM audit_events WHERE action = 'request.refused'"
    assert as_owner(web, refused)[0][0] == 2
    code = "from django_celery_beat.models import PeriodicTask; PeriodicTask.objects.update(enabled=False)"
    assert run(web, "manage.py", "shell", "-c", code).returncode == 0
    recorded = as_owner(
        web,
        "SELECT detail->'after'->>'enabled', detail->>'database_role' FROM audit_events "
        "WHERE action = 'schedule.changed' ORDER BY id DESC LIMIT 1",
    )
    assert recorded == [("false", "legal_names_app")]


def test_a_trail_that_the_owner_of_the_database_made_anew_does_not_verify(web: Web) -> None:
    """The owner rewrites an event and every SHA-256 after it; the key is what the owner lacks."""
    assert run(web, "manage.py", "audit", "seal").returncode == 0
    forge = Path(__file__).with_name("forge_chain.py")
    url = EmbeddedServers(Path(web.environment["VAR_DIR"])).postgres.build_url()
    done = subprocess.run(
        [sys.executable, str(forge), url], capture_output=True, text=True, check=False, cwd=settings.BASE_DIR
    )
    assert done.returncode == 0, done.stderr
    verified = run(web, "manage.py", "audit", "verify")
    assert verified.returncode == 1
    assert "was not made with our key" in verified.stderr
