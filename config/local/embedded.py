"""The embedded mode: servers and secrets under `var/`, so that a fresh machine needs only Python.

Everybody who uses the servers holds a shared file lock, which the kernel drops even after kill -9.
Whoever leaves last stops them, unless `python -m config.local.embedded start` asked for them to stay.
"""

import base64
import fcntl
import os
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from config.local.servers import Postgres, ServerError, Valkey

# Each embedded server, and the variable that names another instead.
SERVER_VARIABLES = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL"}
# Commands that compare, train and print: they must work where no server can.
COMMANDS_WITHOUT_SERVERS = frozenset(
    {
        "compare",
        "compare_file",
        "evaluate",
        "train",
        "benchmark",
        "collectstatic",
        "diffsettings",
        "findstatic",
        "help",
        "reference",
        "spectacular",
        "version",
    }
)


class EmbeddedServers:
    """The servers and secrets of one folder; several folders run side by side.

    `wanted` names the servers to run; another may be somewhere else.
    """

    def __init__(
        self, home: Path, durable: bool = True, wanted: Collection[str] = tuple(SERVER_VARIABLES)
    ) -> None:
        self.home = home
        self.durable = durable
        self.wanted = wanted
        self._lease_file: IO[str] | None = None

    @property
    def postgres(self) -> Postgres:
        """The PostgreSQL of this folder."""
        return Postgres(self.home, self.load_secret("postgres_password"), self.durable)

    @property
    def valkey(self) -> Valkey:
        """The Valkey of this folder."""
        return Valkey(self.home, self.load_secret("valkey_password"), self.durable)

    def load_secret(self, name: str) -> str:
        """Return a secret of 256 random bits in url-safe base64, made on first use and kept (0600)."""
        path = self.home / "secrets" / name
        if not path.exists():
            _store_secret(path, base64.urlsafe_b64encode(os.urandom(32)).decode())
        return path.read_text(encoding="ascii")

    def acquire(self) -> None:
        """Start what is not running and hold it until `release`. Raises ServerError."""
        with self._acquire_lock():
            for server in self._list_servers():
                if not server.is_running():
                    server.start()
            self._lease_file = _open_lock_file(self.home / "embedded.users")
            fcntl.flock(self._lease_file, fcntl.LOCK_SH)

    def release(self) -> None:
        """Give up the hold; the last one to leave stops the servers."""
        if self._lease_file is None:
            return
        with self._acquire_lock():
            if self._is_last_user() and not self._pin_file.exists():
                self._stop_servers()
            self._lease_file.close()
            self._lease_file = None

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the servers for the length of a block."""
        self.acquire()
        try:
            yield
        finally:
            self.release()

    def pin(self) -> None:
        """Start the servers and let them stay when everybody has left."""
        self.acquire()
        self._pin_file.touch()
        self.release()

    def unpin(self) -> None:
        """Stop the servers. Raises ServerError while somebody uses them."""
        with self._acquire_lock():
            self._lease_file = _open_lock_file(self.home / "embedded.users")
            if not self._is_last_user():
                raise ServerError("The servers are in use by another process of this folder.")
            self._pin_file.unlink(missing_ok=True)
            self._stop_servers()
            self._lease_file.close()
            self._lease_file = None

    def get_status(self) -> dict[str, bool]:
        """Tell which server answers."""
        return {"PostgreSQL": self.postgres.is_running(), "Valkey": self.valkey.is_running()}

    @property
    def _pin_file(self) -> Path:
        return self.home / "embedded.pinned"

    def _list_servers(self) -> list[Postgres | Valkey]:
        servers: dict[str, Postgres | Valkey] = {"postgres": self.postgres, "valkey": self.valkey}
        return [servers[name] for name in self.wanted]

    def _stop_servers(self) -> None:
        for server in self._list_servers():
            server.stop()

    def _is_last_user(self) -> bool:
        """Tell whether nobody else holds the servers."""
        if self._lease_file is None:
            return False
        try:
            fcntl.flock(self._lease_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    @contextmanager
    def _acquire_lock(self) -> Iterator[None]:
        """Let one process at a time start or stop."""
        with _open_lock_file(self.home / "embedded.lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def needs_servers(arguments: list[str]) -> bool:
    """Tell whether a management command line (without the program) uses the database."""
    if not arguments or arguments[0].startswith("-") or "--help" in arguments or "-h" in arguments:
        return False
    return arguments[0] not in COMMANDS_WITHOUT_SERVERS


@contextmanager
def hold_servers(arguments: list[str], home: Path) -> Iterator[None]:
    """Hold the embedded servers around a management command that needs them."""
    wanted = [name for name, variable in SERVER_VARIABLES.items() if not _is_variable_set(variable)]
    if not wanted or not needs_servers(arguments):
        yield
        return
    with EmbeddedServers(home, wanted=wanted).hold():
        yield


def _is_variable_set(variable: str) -> bool:
    return bool(os.environ.get(variable) or os.environ.get(f"{variable}_FILE"))


def _open_lock_file(path: Path) -> IO[str]:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("a")


def _store_secret(path: Path, value: str) -> None:
    # Written aside and linked into place: two first starts agree on one value, a killed one leaves none.
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(value, encoding="ascii")
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def main(arguments: list[str]) -> int:
    """Run `start`, `stop` or `status` and return the exit code."""
    servers = EmbeddedServers(get_home_folder())
    try:
        match arguments:
            case ["start"]:
                servers.pin()
            case ["stop"]:
                servers.unpin()
            case ["status"]:
                pass
            case _:
                print("Usage: python -m config.local.embedded start|stop|status", file=sys.stderr)
                return 2
    except ServerError as error:
        print(error, file=sys.stderr)
        return 1
    for name, running in servers.get_status().items():
        print(f"{name}: {'running' if running else 'stopped'}")
    return 0


def get_home_folder() -> Path:
    """Return the folder of everything that is made at run time: `VAR_DIR`, else `var/`.

    An installed package has no folder of its own to write in, so it uses the current one.
    """
    root = Path(__file__).resolve().parents[2]
    default = root if (root / "manage.py").exists() and (root / "pyproject.toml").exists() else Path.cwd()
    return Path(os.environ.get("VAR_DIR") or default / "var").resolve()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
