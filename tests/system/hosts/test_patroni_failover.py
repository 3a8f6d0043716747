"""The host of the primary PostgreSQL is lost behind Patroni and HAProxy; clients keep their address."""

import os
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg2

from matching.benchmark.sections import replace_section
from tests.system.hosts.patroni import PASSWORD, TIMES, USER, cluster, find_primary
from tests.system.serving import PATIENCE_SECONDS, wait_for

PAGE = os.environ.get("TWO_HOSTS_PAGE", "")
SECONDS_BEFORE, SECONDS_AFTER = 3.0, 5.0


class Writer:
    """A client that writes numbers and connects again when it must; keeps what was acknowledged, and when."""

    def __init__(self, port: int) -> None:
        self._address: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": port,
            "user": USER,
            "password": PASSWORD,
        }
        self._connection: Any = None
        self._next = 0
        self.stored: list[tuple[float, int]] = []

    def run(self, statement: str, *values: object) -> list[Any]:
        """Run a statement in a transaction of its own and return its rows."""
        if self._connection is None or self._connection.closed:
            self._connection = psycopg2.connect(**self._address, dbname="postgres", connect_timeout=2)
            self._connection.autocommit = True
        with self._connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def write(self) -> None:
        """Write the next number; one that was not acknowledged is not counted."""
        self._next += 1
        try:
            self.run("INSERT INTO numbers VALUES (%s)", self._next)
        except psycopg2.Error:
            time.sleep(0.05)
        else:
            self.stored.append((time.monotonic(), self._next))

    def find_lost(self) -> set[int]:
        """Return the acknowledged numbers that are not there."""
        return {number for _, number in self.stored} - {row[0] for row in self.run("SELECT * FROM numbers")}


def test_clients_keep_their_address_and_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    with cluster(tmp_path) as (port, hosts):
        primary = find_primary(hosts)
        assert primary
        writer = Writer(port)
        wait_for(lambda: takes_writes(writer))
        writer.run("CREATE TABLE numbers (number bigint PRIMARY KEY)")
        began = time.monotonic()
        while time.monotonic() < began + SECONDS_BEFORE:
            writer.write()
        primary.lose()
        lost_at = time.monotonic()
        while not writer.stored or writer.stored[-1][0] < lost_at + SECONDS_AFTER:
            assert time.monotonic() < lost_at + PATIENCE_SECONDS, "no server became the primary"
            writer.write()
        outage = max(later - earlier for (earlier, _), (later, _) in pairwise(writer.stored))
        successor = find_primary([host for host in hosts if host is not primary])
        assert successor
        assert writer.find_lost() == set()
    if PAGE:
        write_figures(outage, len(writer.stored))


def takes_writes(writer: Writer) -> bool:
    """Say whether the address leads to the primary: HAProxy takes all for up until its first checks."""
    try:
        return writer.run("SELECT pg_is_in_recovery()") == [(False,)]
    except psycopg2.Error:
        return False


def write_figures(outage: float, stored: int) -> None:
    replace_section(
        Path(PAGE),
        "postgres-failover",
        f"""## The host of the primary PostgreSQL lost

Written by `make prove-hosts`. Three hosts on one machine, each with etcd, Patroni (`synchronous_mode: true`,
`ttl` {TIMES["ttl"]} s) and PostgreSQL, behind HAProxy (`deploy/edge/postgres.cfg`). One client inserts rows
without end, and everything on the host of the primary is killed (`kill -9`).

| | |
|---|---|
| longest time without an acknowledged row | {outage:.1f} s |
| acknowledged rows that the new primary does not have | 0 of {stored:,} |
""",
    )
