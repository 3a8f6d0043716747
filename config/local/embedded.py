"""The embedded mode: servers and secrets under `var/`, so that a new machine needs only Python.

Every process that uses the servers holds a shared file lock, which the kernel releases even after kill -9.
The last process to release it stops the servers, unless `python -m config.local.embedded start` pinned them.
"""

import base64
import fcntl
import os
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from config.local.postgres import Postgres
from config.local.process import ServerError
from config.local.valkey import Valkey

# Each embedded server, and the variable that replaces it by an external one.
SERVER_VARIABLES = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL"}
# Commands that make tables or databases connect as the owner; others cannot rewrite the audit trail.
OWNER_COMMANDS = frozenset({"migrate", "prepare", "flush", "loop"})
# Commands that need no database: they must also work where no server can run.
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
    """The servers and secrets of one folder; several folders can be used at the same time.

    `wanted` names the servers to run; the other one is external.
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
        """Return a secret of 256 random bits in URL-safe base64, created on first use (mode 0600)."""
        path = self.home / "secrets" / name
        if not path.exists():
            _store_secret(path, base64.urlsafe_b64encode(os.urandom(32)).decode())
        return path.read_text(encoding="ascii")

    def acquire(self) -> None:
        """Start the servers that do not run and hold the lock until `release`. Raises ServerError."""
        with self._acquire_lock():
            for server in self._list_servers():
                if not server.is_running():
                    server.start()
            self._lease_file = _open_lock_file(self.home / "embedded.users")
            fcntl.flock(self._lease_file, fcntl.LOCK_SH)

    def restart_ended(self) -> list[str]:
        """Start the servers whose process has ended; return their names. Raises ServerError."""
        with self._acquire_lock():
            ended = [server for server in self._list_servers() if server.has_ended()]
            for server in ended:
                server.start()
        return [type(server).__name__ for server in ended]

    def release(self) -> None:
        """Release the lock; the last process to do so stops the servers unless they are pinned."""
        if self._lease_file is None:
            return
        with self._acquire_lock():
            if self._is_last_user() and not self._pin_file.exists():
                self._stop_servers()
            self._lease_file.close()
            self._lease_file = None

    def reserve_ports(self) -> None:
        """Fix the ports of the servers without starting them, so that settings can name their addresses."""
        with self._acquire_lock():
            for server in self._list_servers():
                if not server.is_running():
                    server.reserve_port()

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Keep the servers running for a block. Raises ServerError."""
        self.acquire()
        try:
            yield
        finally:
            self.release()

    def pin(self) -> None:
        """Start the servers and keep them running when no process uses them. Raises ServerError."""
        self.acquire()
        self._pin_file.touch()
        self.release()

    def unpin(self) -> None:
        """Stop the servers. Raises ServerError while another process uses them."""
        with self._acquire_lock():
            self._lease_file = _open_lock_file(self.home / "embedded.users")
            if not self._is_last_user():
                raise ServerError("The servers are in use by another process of this folder.")
            self._pin_file.unlink(missing_ok=True)
            self._stop_servers()
            self._lease_file.close()
            self._lease_file = None

    def get_status(self) -> dict[str, bool]:
        """Return for each server whether it answers."""
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
        """Tell whether no other process holds the lock."""
        if self._lease_file is None:
            return False
        try:
            fcntl.flock(self._lease_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    @contextmanager
    def _acquire_lock(self) -> Iterator[None]:
        """Hold the exclusive lock under which servers are started and stopped."""
        secure_home_folder(self.home)
        with _open_lock_file(self.home / "embedded.lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def needs_servers(arguments: list[str]) -> bool:
    """Tell whether a management command line (without the program) uses the database."""
    if not arguments or arguments[0].startswith("-") or "--help" in arguments or "-h" in arguments:
        return False
    return arguments[0] not in COMMANDS_WITHOUT_SERVERS


def needs_owner(arguments: list[str]) -> bool:
    """Tell whether a management command changes tables and so connects as their owner."""
    return bool(arguments) and arguments[0] in OWNER_COMMANDS


@contextmanager
def hold_servers(arguments: list[str], home: Path) -> Iterator[EmbeddedServers | None]:
    """Keep the embedded servers running around a management command that needs them; yield them, if any."""
    wanted = [name for name, variable in SERVER_VARIABLES.items() if not _is_variable_set(variable)]
    if not wanted or not needs_servers(arguments):
        yield None
        return
    servers = EmbeddedServers(home, wanted=wanted)
    with servers.hold():
        yield servers


def secure_home_folder(home: Path) -> None:
    """Create the folder and let only its owner in; a database that runs as another user is let through."""
    home.mkdir(parents=True, exist_ok=True)
    data = home / "postgres"
    runs_as_another = data.exists() and data.stat().st_uid != os.geteuid()
    with suppress(PermissionError):  # a folder of somebody else is theirs to protect
        home.chmod(0o711 if runs_as_another else 0o700)


def _is_variable_set(variable: str) -> bool:
    return bool(os.environ.get(variable) or os.environ.get(f"{variable}_FILE"))


def _open_lock_file(path: Path) -> IO[str]:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("a")


def _store_secret(path: Path, value: str) -> None:
    # Written to a draft and linked into place: two concurrent first starts agree on one value, and an
    # interrupted one leaves none.
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
    """Return the folder of all files created at run time: `VAR_DIR`, else `var/` in the checkout.

    An installed package has no checkout and uses `var/` in the current folder.
    """
    root = Path(__file__).resolve().parents[2]
    default = root if (root / "manage.py").exists() and (root / "pyproject.toml").exists() else Path.cwd()
    return Path(os.environ.get("VAR_DIR") or default / "var").resolve()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
