"""The primary of three Valkey servers is killed behind Sentinel and HAProxy; clients keep their address."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.local.ports import find_free_port
from config.local.valkey import _find_valkey_program
from matching.benchmark.sections import replace_section
from tests.project.test_house_rules import ROOT
from tests.system.deploy.debian import find_program
from tests.system.serving import wait_for

PAGE = os.environ.get("TWO_HOSTS_PAGE", "")
PASSWORD = "a password of this test"
SENTINELS = 3
SECONDS_BEFORE, SECONDS_AFTER = 3.0, 8.0
MOST_SECONDS_OF_OUTAGE = 60.0
SERVER = """
port {port}
bind 127.0.0.1
requirepass "{password}"
primaryauth "{password}"
dir "{folder}"
appendonly yes
save ""
{primary}
"""
SENTINEL = """
port {port}
bind 127.0.0.1
dir "{folder}"
sentinel monitor names 127.0.0.1 {primary} 2
sentinel auth-pass names "{password}"
sentinel down-after-milliseconds names 1000
sentinel failover-timeout names 5000
"""


@contextmanager
def program(folder: Path, *command: str, **environment: str) -> Iterator["subprocess.Popen[bytes]"]:
    folder.mkdir(exist_ok=True)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env={"PATH": os.environ["PATH"], **environment}, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def client(port: int, password: str | None = PASSWORD) -> redis.Redis:
    return redis.Redis(
        port=port,
        password=password,
        socket_timeout=2,
        socket_connect_timeout=2,
        decode_responses=True,
        retry=Retry(NoBackoff(), 0),
    )


def answers(port: int, question: str, password: str | None = PASSWORD) -> bool:
    """Say whether a server answers and what it says of itself holds a text."""
    try:
        return question in str(client(port, password).info())
    except redis.RedisError:
        return False


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[tuple[int, list[int], "subprocess.Popen[bytes]"]]:
    """The address of HAProxy, the ports of the servers, the primary first, and its process."""
    ports = [find_free_port() for _ in range(3)]
    valkey = str(_find_valkey_program())
    with ExitStack() as stack:
        processes = []
        for number, port in enumerate(ports):
            folder = tmp_path / f"server-{number}"
            folder.mkdir()
            primary = f"replicaof 127.0.0.1 {ports[0]}" if number else ""
            text = SERVER.format(port=port, password=PASSWORD, folder=folder, primary=primary)
            (folder / "valkey.conf").write_text(text)
            processes.append(stack.enter_context(program(folder, valkey, str(folder / "valkey.conf"))))
        wait_for(lambda: answers(ports[0], "'connected_slaves': 2"))
        start_sentinels(stack, tmp_path, valkey, ports[0])
        bind = find_free_port()
        names = ("VALKEY_ONE", "VALKEY_TWO", "VALKEY_THREE")
        addresses = {name: f"127.0.0.1:{port}" for name, port in zip(names, ports, strict=True)}
        own = {"VALKEY_BIND": f"127.0.0.1:{bind}", "VALKEY_PASSWORD": f'"{PASSWORD}"', **addresses}
        haproxy = (find_program("haproxy"), "-db", "-f", str(ROOT / "deploy/edge/valkey.cfg"))
        stack.enter_context(program(tmp_path / "haproxy", *haproxy, **own))
        wait_for(lambda: answers(bind, "'role': 'master'"))
        yield bind, ports, processes[0]


def start_sentinels(stack: ExitStack, folder: Path, valkey: str, primary: int) -> None:
    ports = []
    for number in range(SENTINELS):
        home = folder / f"sentinel-{number}"
        home.mkdir()
        ports.append(find_free_port())
        text = SENTINEL.format(port=ports[-1], folder=home, primary=primary, password=PASSWORD)
        (home / "sentinel.conf").write_text(text)
        stack.enter_context(program(home, valkey, str(home / "sentinel.conf"), "--sentinel"))
    wait_for(lambda: all(knows_all(port) for port in ports))


def knows_all(port: int) -> bool:
    """Say whether a Sentinel knows both replicas and the other Sentinels."""
    try:
        found: Any = client(port, None).execute_command("SENTINEL", "MASTER", "names")  # type: ignore[no-untyped-call]
    except redis.RedisError:
        return False
    state = found if isinstance(found, dict) else dict(zip(found[::2], found[1::2], strict=True))
    return int(state["num-slaves"]) == 2 and int(state["num-other-sentinels"]) == SENTINELS - 1


def test_clients_keep_their_address_and_lose_seconds_when_the_primary_is_killed(
    servers: tuple[int, list[int], "subprocess.Popen[bytes]"],
) -> None:
    bind, ports, primary = servers
    one_address = client(bind)
    stored: list[tuple[float, int]] = []
    began, killed_at, number = time.monotonic(), 0.0, 0
    while not killed_at or stored[-1][0] < killed_at + SECONDS_AFTER:
        assert not killed_at or time.monotonic() < killed_at + MOST_SECONDS_OF_OUTAGE
        if not killed_at and time.monotonic() > began + SECONDS_BEFORE:
            primary.kill()
            killed_at = time.monotonic()
        number += 1
        try:
            one_address.set(f"key {number}", number)
            stored.append((time.monotonic(), number))
        except redis.RedisError:
            time.sleep(0.02)
    outage = max(later - earlier for (earlier, _), (later, _) in pairwise(stored))
    lost = [at for at, number in stored if one_address.get(f"key {number}") != str(number)]
    assert outage < MOST_SECONDS_OF_OUTAGE
    assert all(abs(at - killed_at) < 1 for at in lost)  # replication is asynchronous: the last moment at most
    assert sum(answers(port, "'role': 'master'") for port in ports) == 1
    if PAGE:
        write_figures(outage, len(lost), len(stored))


def write_figures(outage: float, lost: int, stored: int) -> None:
    replace_section(
        Path(PAGE),
        "valkey-failover",
        f"""## The primary Valkey killed

Written by `make prove-hosts`. Three servers and three Sentinels behind HAProxy (`deploy/edge/valkey.cfg`);
one client writes without end, and the primary is killed (`kill -9`).

| | |
|---|---|
| longest time without an answered write | {outage:.1f} s |
| answered writes that the new primary does not have, all of the last moment before | {lost} of {stored:,} |
""",
    )
