"""The whole system: it answers from an empty folder, survives what is killed, and leaves nothing behind."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.local.embedded import EmbeddedServers
from tests.system.supervisor import PATIENCE_SECONDS, System, wait_for
from tests.system.template import begin_prepared


class HalfSent:
    """A request of which the server has read the first half."""

    BODY = b"email=nobody%40example.com&password=" + b"x" * 40

    def __init__(self, system: System) -> None:
        self.connection = system.connect()
        head = (
            f"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1:{system.port}\r\nCookie: csrftoken={'a' * 32}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(self.BODY)}\r\n\r\n"
        )
        self.connection.sendall(head.encode() + self.BODY[:20])
        time.sleep(0.5)  # until it has reached a thread of a worker

    def finish(self) -> bytes:
        """Send the rest and return the answer."""
        self.connection.sendall(self.BODY[20:])
        with self.connection, self.connection.makefile("rb") as answer:
            return answer.read()


@pytest.fixture
def new_system(tmp_path: Path) -> Iterator[System]:
    """A system in a folder that is empty."""
    system = System(tmp_path / "var")
    yield system
    if system.process.poll() is None:
        system.stop(signal.SIGKILL)
    for server in (EmbeddedServers(system.home).postgres, EmbeddedServers(system.home).valkey):
        server.stop()


@pytest.fixture
def system(new_system: System) -> System:
    """A system whose folder is prepared."""
    begin_prepared(new_system.home)
    return new_system


def test_it_answers_survives_kill_nine_and_stops_what_it_started(new_system: System) -> None:
    system = new_system
    system.start()
    assert system.answer()["verdict"] == "immaterial"
    assert "Password (shown once" in system.said()

    os.kill(system.processes("worker")[0], signal.SIGKILL)
    wait_for(lambda: len(system.processes("worker")) == 2)

    system.stop(signal.SIGKILL)
    wait_for(lambda: not system.ready())
    system.start()
    assert system.answer()["verdict"] == "immaterial"
    assert "An administrator exists already" in system.said()

    assert system.stop(signal.SIGINT) == 0
    assert not system.ready()
    assert EmbeddedServers(system.home).get_status() == {"PostgreSQL": False, "Valkey": False}


def test_killed_servers_are_started_again(system: System) -> None:
    system.start()
    for name, file in (("Postgres", "postgres/postmaster.pid"), ("Valkey", "valkey/valkey.pid")):
        killed = system.pid(file)
        os.kill(killed, signal.SIGKILL)
        wait_for(lambda name=name: f"{name} ended unexpectedly and was started again" in system.said())  # type: ignore[misc]
        assert system.pid(file) not in (0, killed)
        wait_for(system.ready)
    assert system.stop(signal.SIGTERM) == 0


def test_what_is_made_at_run_time_is_for_its_owner_only(new_system: System) -> None:
    system = new_system
    system.start()
    open_to_others = [
        str(path)
        for path in (system.home, *system.home.rglob("*"))
        if "secrets" not in path.parts and not path.is_symlink() and path.stat().st_mode & 0o077
    ]
    assert open_to_others == []
    assert list((system.home / "valkey").rglob("*.aof"))
    assert (system.home / "gunicorn.ctl").exists()


def test_a_killed_web_master_leaves_no_request_hanging(system: System) -> None:
    system.start()
    request = HalfSent(system)
    os.kill(system.processes("web")[0], signal.SIGKILL)
    assert request.finish().startswith(b"HTTP/1.1 403")
    wait_for(lambda: len(system.processes("web")) == 2)
    assert system.ask_until("200") <= {"200", "refused"}
    wait_for(system.ready)


def test_a_worker_that_is_asked_twice_to_end_finishes_its_request(system: System) -> None:
    """The kernel asks once for each thread of a killed master, an impatient operator as often as he likes."""
    system.start()
    request = HalfSent(system)
    for worker in system.workers():
        os.kill(worker, signal.SIGTERM)
    wait_for(lambda: "Worker exiting" in (system.home / "log" / "web.log").read_text())  # the idle one
    for worker in system.workers():
        os.kill(worker, signal.SIGTERM)
    assert request.finish().startswith(b"HTTP/1.1 403")
    wait_for(system.ready)


def test_on_sigterm_requests_in_flight_are_finished_and_new_ones_refused(system: System) -> None:
    system.start()
    idle = system.connect()
    idle.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert idle.recv(15).startswith(b"HTTP/1.1 200")
    request = HalfSent(system)
    system.process.send_signal(signal.SIGTERM)
    assert system.ask_until("refused") <= {"200", "refused"}
    assert request.finish().startswith(b"HTTP/1.1 403")
    assert system.process.wait(PATIENCE_SECONDS) == 0
    idle.close()
