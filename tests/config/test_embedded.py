"""The embedded servers start on demand, find each other, and survive being killed."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest
import redis

from config.local import process
from config.local.embedded import EmbeddedServers, hold_servers, main, needs_servers
from config.local.process import ServerError, has_exited, wait_until_stopped


def postmaster(servers: EmbeddedServers) -> int:
    return int((servers.postgres.data / "postmaster.pid").read_text().splitlines()[0])


def valkey_pid(servers: EmbeddedServers) -> int:
    with redis.Redis.from_url(servers.valkey.build_url()) as client:
        return int(client.info("server")["process_id"])


def remember(servers: EmbeddedServers, number: int) -> None:
    with psycopg2.connect(servers.postgres.build_url()) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS kept (number int)")
        cursor.execute("INSERT INTO kept VALUES (%s)", [number])
    connection.close()


def remembered(servers: EmbeddedServers) -> list[int]:
    with psycopg2.connect(servers.postgres.build_url()) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT number FROM kept ORDER BY number")
        rows = [row[0] for row in cursor.fetchall()]
    connection.close()
    return rows


def test_servers_run_inside_the_block_and_not_after_it(servers: EmbeddedServers) -> None:
    with servers.hold():
        assert servers.get_status() == {"PostgreSQL": True, "Valkey": True}
    assert servers.get_status() == {"PostgreSQL": False, "Valkey": False}


def test_second_user_finds_the_running_servers_and_the_last_to_leave_stops_them(
    servers: EmbeddedServers,
) -> None:
    second = EmbeddedServers(servers.home, durable=False)
    servers.acquire()
    pid = postmaster(servers)
    second.acquire()
    servers.release()
    assert postmaster(second) == pid
    assert second.get_status() == {"PostgreSQL": True, "Valkey": True}
    second.release()
    assert second.get_status() == {"PostgreSQL": False, "Valkey": False}


def test_rows_and_queues_survive_kill_nine_of_everything(tmp_path: Path) -> None:
    servers = EmbeddedServers(tmp_path)
    servers.acquire()
    remember(servers, 1)
    for pid in (postmaster(servers), valkey_pid(servers)):
        os.kill(pid, signal.SIGKILL)
    servers.release()
    again = EmbeddedServers(tmp_path)
    with again.hold():
        remember(again, 2)
        assert remembered(again) == [1, 2]


def test_stale_lock_file_that_names_another_living_process_does_not_block_the_start(
    servers: EmbeddedServers,
) -> None:
    with servers.hold():
        remember(servers, 7)
        lock = (servers.postgres.data / "postmaster.pid").read_text().splitlines()
    (servers.postgres.data / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lock[1:]]))
    with servers.hold():
        assert remembered(servers) == [7]


def test_servers_whose_starter_was_killed_are_waited_for_and_not_started_twice(
    servers: EmbeddedServers,
) -> None:
    with servers.hold():
        pids = postmaster(servers), valkey_pid(servers)
        servers.postgres.port_file.write_text("9")  # as a second start draws another port
        servers.postgres.start()
        servers.valkey.start()
        assert (postmaster(servers), valkey_pid(servers)) == pids
        assert servers.get_status() == {"PostgreSQL": True, "Valkey": True}


def test_half_made_database_folder_is_made_anew(servers: EmbeddedServers) -> None:
    draft = servers.postgres.data.with_name("postgres.new")
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18")
    with servers.hold():
        assert servers.get_status()["PostgreSQL"]
    assert not draft.exists()


def test_servers_of_two_folders_run_side_by_side(servers: EmbeddedServers, tmp_path: Path) -> None:
    other = EmbeddedServers(tmp_path / "other", durable=False)
    with servers.hold(), other.hold():
        assert servers.postgres.build_url() != other.postgres.build_url()
        assert all(servers.get_status().values())
        assert all(other.get_status().values())


def test_started_by_command_they_stay_until_stopped_by_command(
    servers: EmbeddedServers, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VAR_DIR", str(servers.home))
    assert main(["start"]) == 0
    with servers.hold():
        assert main(["stop"]) == 1
    assert "in use" in capsys.readouterr().err
    assert all(servers.get_status().values())
    assert main(["stop"]) == 0
    assert not any(servers.get_status().values())


def test_password_of_another_folder_gives_one_clear_sentence(servers: EmbeddedServers) -> None:
    with servers.hold():
        stranger = EmbeddedServers(servers.home, durable=False)
        (servers.home / "secrets" / "postgres_password").write_text("another")
        with pytest.raises(ServerError, match="made with another password"):
            stranger.acquire()
        (servers.home / "secrets" / "postgres_password").write_text(servers.postgres.password)
        servers.postgres.stop()


def test_secrets_are_made_once_private_and_different(tmp_path: Path) -> None:
    embedded = EmbeddedServers(tmp_path)
    first = embedded.load_secret("secret_key")
    assert embedded.load_secret("secret_key") == first
    assert embedded.load_secret("jwt_signing_key") != first
    assert stat.S_IMODE((tmp_path / "secrets" / "secret_key").stat().st_mode) == 0o600


def test_full_disk_gives_one_clear_sentence(
    servers: EmbeddedServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.local.process.FREE_BYTES_NEEDED", 2**60)
    with pytest.raises(ServerError, match="is full"):
        servers.acquire()


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        (["migrate"], True),
        (["retrain", "--dry-run"], True),
        (["compare", "A", "B"], False),
        (["compare_file", "in.csv", "out.csv"], False),
        (["migrate", "--help"], False),
        (["--version"], False),
        ([], False),
    ],
)
def test_only_commands_that_use_the_database_start_servers(arguments: list[str], needed: bool) -> None:
    assert needs_servers(arguments) is needed


def test_only_the_server_without_an_address_of_its_own_is_started(
    servers: EmbeddedServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://app@db.example/names")
    monkeypatch.delenv("REDIS_URL", raising=False)
    with hold_servers(["migrate"], servers.home):
        assert servers.get_status() == {"PostgreSQL": False, "Valkey": True}


def test_management_command_starts_what_it_needs_and_stops_it_again(tmp_path: Path) -> None:
    code = (
        "from config.local.embedded import *; home = get_home_folder()\n"
        "with hold_servers(['migrate'], home): print(*EmbeddedServers(home).get_status().values())\n"
        "print(*EmbeddedServers(home).get_status().values())"
    )
    environment = {"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout.splitlines() == ["True True", "False False"]


def test_a_server_whose_parent_has_not_waited_for_it_counts_as_stopped() -> None:
    code = "import subprocess, time; print(subprocess.Popen(['true']).pid, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        wait_until_stopped(lambda: has_exited(child), "the child")
        parent.kill()


def test_a_database_that_never_ends_its_shutdown_is_ended_and_started_again(
    servers: EmbeddedServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stopped connection holds a shutdown up for ever, as PostgreSQL 18 itself did after a crash."""
    monkeypatch.setattr(process, "TIMEOUT_SECONDS", 8.0)  # PostgreSQL gives its processes five to end
    servers.durable = True
    servers.postgres.start()
    remember(servers, 1)
    with psycopg2.connect(servers.postgres.build_url()) as connection:
        os.kill(connection.get_backend_pid(), signal.SIGSTOP)
        hanging = postmaster(servers)
        os.kill(hanging, signal.SIGINT)
        wait_until_stopped(servers.postgres._is_stopping, "The rest of PostgreSQL")
        servers.postgres.start()
    assert postmaster(servers) != hanging
    assert remembered(servers) == [1]
