"""PgBouncer in transaction mode: web processes share a few connections, others say that they cannot."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.parse import urlsplit

import psycopg2
import pytest
from django.conf import settings

from config.local.embedded import EmbeddedServers
from config.local.ports import find_free_port
from tests.system.deploy.debian import find_program
from tests.system.deploy.fleet import Fleet
from tests.system.deploy.installation import build_environment
from tests.system.serving import Web, wait_for

POOL_SIZE = 2
CLIENTS = 8
CONFIGURATION = """
[databases]
* = host={host} port={port} user={user} password={password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own_port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {pool_size}
admin_users = {user}
"""


@pytest.fixture(scope="module")
def servers(fleet: Fleet) -> EmbeddedServers:
    return fleet.servers


@pytest.fixture(scope="module")
def pooled_url(servers: EmbeddedServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running PgBouncer before the database."""
    port = find_free_port()
    there = urlsplit(servers.postgres.build_application_url())
    file = tmp_path_factory.mktemp("pgbouncer") / "pgbouncer.ini"
    file.write_text(
        CONFIGURATION.format(
            host=there.hostname,
            port=there.port,
            user=there.username,
            password=there.password,
            own_port=port,
            pool_size=POOL_SIZE,
        )
    )
    as_nobody = ["-u", "nobody"] if os.geteuid() == 0 else []
    with (file.parent / "log").open("wb") as log:
        process = subprocess.Popen([find_program("pgbouncer"), *as_nobody, str(file)], stdout=log, stderr=log)
    url = f"postgresql://{there.username}@127.0.0.1:{port}{there.path}"
    wait_for(lambda: answers(url))
    yield url
    process.terminate()
    process.wait(60)


def answers(url: str) -> bool:
    try:
        psycopg2.connect(url).close()
    except psycopg2.OperationalError:
        return False
    return True


def started(servers: EmbeddedServers, **changes: str) -> Web:
    web = Web(servers.home, **build_environment(servers, HTTPS="false", NUM_PROXIES="0", **changes))
    web.start()
    return web


def count_connections(pooled_url: str) -> int:
    """Connections from the pool to PostgreSQL, as the console of PgBouncer shows them."""
    console = psycopg2.connect(urlsplit(pooled_url)._replace(path="/pgbouncer").geturl())
    console.autocommit = True  # the console knows no transactions
    with closing(console), console.cursor() as cursor:
        cursor.execute("SHOW SERVERS")
        return len(cursor.fetchall())


def test_web_processes_share_the_connections_of_the_pool(servers: EmbeddedServers, pooled_url: str) -> None:
    web = started(servers, DATABASE_URL=pooled_url, DATABASE_TRANSACTION_POOLING="true")
    try:
        bearer = web.bearer()
        pairs = [{"name1": f"Heron {number} Ltd", "name2": f"Heron {number} Limited"} for number in range(80)]
        with ThreadPoolExecutor(CLIENTS) as pool:
            replies = list(pool.map(lambda pair: web.ask("POST", "/api/v1/compare", pair, **bearer), pairs))
        assert {reply.status for reply in replies} == {201}
        assert 0 < count_connections(pooled_url) <= POOL_SIZE
        exported = web.ask("GET", "/api/v1/predictions/export", **bearer)
        assert exported.status == 200, exported
        assert exported.body.count(b"Heron 7 Limited") == 1
    finally:
        web.stop()


def test_without_the_setting_the_pool_refuses_and_the_process_is_not_ready(
    servers: EmbeddedServers, pooled_url: str
) -> None:
    web = started(servers, DATABASE_URL=pooled_url)
    try:
        assert web.ask("GET", "/ready").status == 503
    finally:
        web.stop()
    with pytest.raises(psycopg2.OperationalError, match="unsupported startup parameter"):
        psycopg2.connect(pooled_url, options="-c statement_timeout=30s")


def test_a_worker_behind_the_pool_does_not_start_and_says_why(
    servers: EmbeddedServers, pooled_url: str
) -> None:
    environment = build_environment(servers, DATABASE_URL=pooled_url, DATABASE_TRANSACTION_POOLING="true")
    done = subprocess.run(
        [sys.executable, "-m", "celery", "--app=config", "worker", "--concurrency=1"],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "VAR_DIR": str(servers.home), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode != 0
    assert "DATABASE_TRANSACTION_POOLING is for web processes, and this is a worker" in done.stderr


def test_limits_of_the_role_hold_behind_the_pool(servers: EmbeddedServers) -> None:
    """What docs/settings.md tells operators to set instead of the options of a connection."""
    role = urlsplit(servers.postgres.build_application_url()).username
    with psycopg2.connect(servers.postgres.build_url()) as owner, owner.cursor() as cursor:
        cursor.execute(f"ALTER ROLE {role} SET statement_timeout = '31s'")
    with psycopg2.connect(servers.postgres.build_application_url()) as direct, direct.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("31s",)
