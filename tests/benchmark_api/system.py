"""The product as it runs: embedded servers, gunicorn, Celery workers, people and rows to measure with."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.db import connection

from accounts.auth.tokens import AccessToken
from accounts.auth.users import create_user
from accounts.models import Role, User
from config.local.ports import find_free_port
from matching.models import Prediction
from modelops.models import ModelVersion
from tests.benchmark_api.models import Note

ROOT = Path(__file__).resolve().parents[2]
_ENVIRONMENT = {"OMP_NUM_THREADS": "1", "LOG_LEVEL": "ERROR"}

_BULK = """
INSERT INTO predictions (id, user_id, model_id, name1, name2, prediction, confidence, created_at, verdict,
  material_probability, profile, kind, pair_digest, context, differences, words, rules_version, generation,
  variant, latency_ms, cached, stream {extra})
SELECT (lpad(to_hex((extract(epoch FROM made) * 1000)::bigint), 12, '0') || '7' || substr(digest, 1, 3)
    || '8' || substr(digest, 4, 15))::uuid,
  %(user)s, %(model)s, 'sealed', 'sealed', n %% 3 = 0, 0.9, made,
  (ARRAY['immaterial', 'material'])[1 + n %% 2],
  0.1, 'general', 'organisation', digest, '', '[]', 'sealed', 'bulk', 1, '', 3, false, '' {values}
FROM (
  SELECT n, md5(n::text) AS digest, timestamp '2024-01-01' + n * interval '1 second' AS made
  FROM generate_series(1, %(n)s) n
) rows
"""


def prepare() -> tuple[User, User]:
    """Bring up a database with a live model; return an administrator and a client application."""
    call_command("migrate", "--verbosity=0")
    if Note._meta.db_table not in connection.introspection.table_names():
        with connection.schema_editor() as editor:
            editor.create_model(Note)
    call_command("register_starting_model")
    administrator = find_person(Role.ADMINISTRATOR, "administrator@example.com")
    return administrator, find_person(Role.CLIENT, "client@example.com")


def find_person(role: Role, email: str) -> User:
    """Return somebody in a role, new if there is nobody of that address."""
    user = User.objects.filter(email=email).first()
    return user or create_user(email, "a long enough phrase", role, None)


def token_of(user: User) -> str:
    """Return an access token; it lasts a quarter of an hour."""
    return str(AccessToken.for_user(user))


def session_of(user: User) -> str:
    """Return the cookie of a session in the admin."""
    session = SessionStore()
    session["_auth_user_id"] = str(user.pk)
    session["_auth_user_backend"] = "accounts.auth.backends.RoleBackend"
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def fill(user: User, rows: int) -> None:
    """Give a person so many answers, the newest of which can be opened."""
    model = ModelVersion.objects.latest("created_at")
    newest = [_answer(user, model) for _ in range(min(rows, 300))]
    with connection.cursor() as cursor:
        cursor.execute(_statement(), {"user": user.pk, "model": model.pk, "n": rows - len(newest)})
    Prediction.objects.bulk_create(newest)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE predictions")
        cursor.execute("CHECKPOINT")  # or the lists would be read while the rows are still being written out


def _statement() -> str:
    """The insert, with zeros for columns that came since without a default of the database."""
    known = set(_BULK.split("(")[1].split("{", maxsplit=1)[0].replace("\n", " ").replace(" ", "").split(","))
    missing = [
        field for field in Prediction._meta.concrete_fields if not field.null and field.column not in known
    ]
    extra = "".join(f", {field.column}" for field in missing)
    values = "".join(f", {_empty(field.get_internal_type())}" for field in missing)
    return _BULK.format(extra=extra, values=values)


def _empty(kind: str) -> str:
    return {"JSONField": "'{}'", "BooleanField": "false", "BinaryField": "''::bytea"}.get(
        kind, "''" if "Char" in kind or "Text" in kind else "0"
    )


def _answer(user: User, model: ModelVersion) -> Prediction:
    return Prediction(
        user=user,
        model=model,
        name1="Heron Foods Company",
        name2="Heron Foods Co.",
        prediction=False,
        confidence=0.9,
        verdict="immaterial",
        material_probability=0.1,
        profile="general",
        kind="organisation",
        pair_digest="",
        words="{}",
        rules_version="bulk",
        generation=1,
        latency_ms=3,
    )


@contextmanager
def web() -> Iterator[int]:
    """Run gunicorn as `make run` does; yield its port."""
    port = find_free_port()
    command = [sys.executable, "-m", "gunicorn", "--config=python:config.process.gunicorn", "config.wsgi"]
    with _running(command, PORT=str(port)) as process:
        while not _listens(port):
            if process.poll() is not None:
                raise RuntimeError("the web server did not start")
            time.sleep(0.2)
        yield port


@contextmanager
def workers(processes: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run Celery with so many processes for bulk jobs."""
    command = [sys.executable, "-m", "celery", "--app=config", "--quiet", "worker", "--queues=jobs"]
    with _running([*command, f"--concurrency={processes}", "--loglevel=ERROR"]) as process:
        yield process


@contextmanager
def _running(command: list[str], **changes: str) -> Iterator[subprocess.Popen[bytes]]:
    metrics = Path(settings.VAR_DIR) / "metrics"
    shutil.rmtree(metrics, ignore_errors=True)
    metrics.mkdir(parents=True)
    environment = {**os.environ, **_ENVIRONMENT, **changes, "PROMETHEUS_MULTIPROC_DIR": str(metrics)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def memory(process: subprocess.Popen[bytes]) -> int:
    """Return the largest share of memory (MiB, not counting what is shared) of a process and its children."""
    sizes = [_private(pid) for pid in (process.pid, *_children(process.pid))]
    return max(sizes) // 1024


def _children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text().split()] if path.exists() else []


def _private(pid: int) -> int:
    """Private kilobytes of one process; 0 when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(("Private_Clean", "Private_Dirty")))
