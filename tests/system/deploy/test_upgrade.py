"""The database of an earlier program, upgraded by this one: every row is there, and people carry on."""

import base64
import gzip
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from config.local.embedded import EmbeddedServers
from tests.system.deploy.installation import KEYS, build_environment
from tests.system.deploy.schema import (
    Columns,
    connect,
    count_lost_rows,
    keep_earlier,
    list_contractions,
    read_columns,
)
from tests.system.deploy.test_backup import POSTGRES_PROGRAMS
from tests.system.serving import Web

DUMP = Path(__file__).parent / "upgrade" / "before-1.0.0.sql.gz"
API_KEY = "lnc_5644ef67fca8_lfckD4xd1Bszkb_7Er0FE2IbhBVkJp6kM9KV16LeH_g"  # pragma: allowlist secret
VERIFY = """
from accounts.audit import trail, verification
while trail.seal_events():
    pass
report = verification.verify_chain()
print(report.sealed_count, "seals, fault", report.fault)
"""
RELEASED = False
"""Whether the dump is that of a release, whose programs work on beside this one during an upgrade."""

RENAMES = {
    "auth_permission.codename": "",  # closing alerts became resolving them
    "auth_permission.name": "",
    "predictions.confidence": "",  # reviews have none any more
    "exam_sets": "validation_sets",
    "alert_channels.least": "minimum_severity",
    "alerts.bad": "bad_count",
    "alerts.good": "good_count",
    "alerts.seen_at": "observed_at",
    "alerts.times_told": "notification_count",
    "alerts.told_at": "notified_at",
    "alerts.what": "observation",
    "bulk_samples.answers": "snapshots",
    "drift_references.frame": "binning",
    "drift_reports.believed": "persistent_figures",
    "drift_reports.moved": "changed_verdicts",
    "drift_reports.seen": "shifted_figures",
    "drift_reports.worst": "largest_psi",
    "erasures.answer": "prediction_id",
    "feedback.answer_shown": "prediction_shown",
    "models.answers": "golden_predictions",
    "models.exam_id": "validation_set_id",
    "precedents.word_id": "adjudication_id",
    "predictions.mix": "traits",
    "training_decisions.because": "reason",
    "training_decisions.train": "should_train",
}
"""What the migrations up to 1.0.0 rename, and (without a name) change; a release after it renames nothing."""


@dataclass
class Upgrade:
    """An upgraded database, what it was before, and the settings of its programs."""

    cursor: Any
    before: Columns
    after: Columns
    environment: dict[str, str]
    home: Path


@pytest.fixture(scope="module")
def upgrade(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upgrade]:
    home = tmp_path_factory.mktemp("upgrade")
    servers = EmbeddedServers(home, durable=False)
    keys = {name: f"{name}-of-this-check-only-0123456789-abcdefghijk" for name in KEYS}
    keys["FIELD_ENCRYPTION_KEYS"] = base64.b64encode(b"0123456789abcdef" * 2).decode()
    servers.acquire()
    try:
        environment = build_environment(
            servers, HTTPS="false", NUM_PROXIES="0", OMP_NUM_THREADS="1", VAR_DIR=str(home), **keys
        )
        owner = servers.postgres.build_url()
        load(owner)
        with closing(connect(owner)) as connection, connection.cursor() as cursor:
            before = keep_earlier(cursor)
            manage({**environment, "DATABASE_OWNER_URL": owner}, "prepare")
            yield Upgrade(cursor, before, read_columns(cursor, "public"), environment, home)
    finally:
        servers.release()


def load(address: str) -> None:
    command = [
        str(POSTGRES_PROGRAMS / "psql"),
        "--quiet",
        "--no-psqlrc",
        "--set=ON_ERROR_STOP=1",
        f"--dbname={address}",
    ]
    subprocess.run(command, input=gzip.decompress(DUMP.read_bytes()), check=True, capture_output=True)


def manage(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_row_is_there_as_it_was(upgrade: Upgrade) -> None:
    assert count_lost_rows(upgrade.cursor, upgrade.before, RENAMES) == {}
    upgrade.cursor.execute("SELECT count(*) FROM earlier.predictions")
    assert upgrade.cursor.fetchone() == (120,)


def test_statements_of_the_release_before_fit_the_upgraded_schema(upgrade: Upgrade) -> None:
    contractions = list_contractions(upgrade.before, upgrade.after)
    assert contractions == [] or not RELEASED


def test_what_old_statements_would_stumble_over_is_found(upgrade: Upgrade) -> None:
    upgrade.cursor.execute(
        "CREATE SCHEMA old CREATE TABLE birds (id bigint, name text, kept text, wings int);"
        "CREATE SCHEMA new CREATE TABLE birds (id bigint, kept text NOT NULL, wings bigint, free text,"
        " preset text NOT NULL DEFAULT '', needed text NOT NULL) CREATE TABLE nests (id int NOT NULL)"
    )
    old, new = read_columns(upgrade.cursor, "old"), read_columns(upgrade.cursor, "new")
    assert list_contractions(old, new) == [
        "birds.kept must be named",
        "birds.name is gone",
        "birds.needed must be named",
        "birds.wings is int8, was int4",
    ]
    assert list_contractions(old, old) == []


def test_people_and_programs_carry_on(upgrade: Upgrade) -> None:
    web = Web(upgrade.home, **upgrade.environment)
    web.start()
    try:
        key = {"Authorization": f"Api-Key {API_KEY}"}
        pair = {"name1": "Avocet Ltd", "name2": "Avocet Limited"}
        assert web.ask("POST", "/api/v1/compare", pair, **key).status == 201
        stored = web.ask("GET", "/api/v1/predictions", **key).body["results"]
        assert {row["name1"].split()[0] for row in stored} >= {"Avocet", "Bittern", "Jackdaw"}
        assert web.sign_in().status == 200
    finally:
        web.stop()
    # The seals of that program have no HMAC yet: the first that this one makes vouches for them.
    said = manage(upgrade.environment, "shell", "--no-imports", "--command", VERIFY)
    assert re.search(r"^(\d+) seals, fault None$", said, re.MULTILINE), said
