"""Where an installation runs, and how its commands and the programs of PostgreSQL are called there.

With DATABASE_URL (or DATABASE_URL_FILE) the programs run on this machine with the settings of this
environment; without it the installation is that of deploy/compose. MANAGE_COMMAND, OWNER_MANAGE_COMMAND (as
the role that owns the tables) and POSTGRES_COMMAND (words before pg_dump, pg_restore, psql) replace either.
"""

import os
import shlex
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

ROOT = Path(__file__).resolve().parents[2]
COMPOSE_FILE = "deploy/compose/compose.yaml"
PATIENCE_SECONDS = 300


class BackupError(RuntimeError):
    """The backup or the restore was not done; the message is one sentence."""


@dataclass(frozen=True)
class Database:
    """One database: the words before its programs, how they name it, and what their environment adds."""

    command: list[str]
    name: str
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, program: str, *arguments: str, **options: Any) -> "subprocess.CompletedProcess[bytes]":
        """Run a program of PostgreSQL. Raises :class:`BackupError` with its last line."""
        command = [*self.command, program, f"--dbname={self.name}", *arguments]
        environment = {**os.environ, **self.environment}
        return run(command, env=environment, name=program, **options)

    def count_tables(self) -> int:
        """Return the number of tables outside of the catalogue."""
        question = "SELECT count(*) FROM pg_stat_user_tables"
        said = self.run("psql", "--no-psqlrc", "--tuples-only", "--command", question, stdout=subprocess.PIPE)
        return int(said.stdout)


@dataclass(frozen=True)
class Installation:
    """Commands of the product, as the application and as the owner of its tables, and its databases."""

    manage: list[str]
    owner_manage: list[str]
    database: Database
    mlflow: Database | None
    start_database: list[str] = field(default_factory=list)
    """How PostgreSQL is started where this installation starts it."""

    def start(self) -> None:
        """Start PostgreSQL alone where it is ours to start, and wait until it answers. Raises BackupError."""
        if self.start_database:
            run(self.start_database, os.environ, "postgres", stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                self.database.count_tables()
            except BackupError:
                if not self.start_database or time.monotonic() > deadline:
                    raise
                time.sleep(1)
            else:
                return

    def run(
        self, *arguments: str, owner: bool = False, **options: Any
    ) -> "subprocess.CompletedProcess[bytes]":
        """Run a management command. Raises :class:`BackupError` with the sentence that it says."""
        command = [*(self.owner_manage if owner else self.manage), *arguments]
        return run(command, env=self.build_environment(owner), name=arguments[0], **options)

    def build_environment(self, owner: bool = False) -> dict[str, str]:
        """Return this environment; the address of the owner is only in that of the owner."""
        return {
            name: text
            for name, text in os.environ.items()
            if owner or not name.startswith("DATABASE_OWNER_URL")
        }


def run(
    command: list[str], env: Mapping[str, str], name: str, **options: Any
) -> "subprocess.CompletedProcess[bytes]":
    """Run a command of ours. Raises :class:`BackupError` with the last line that it says."""
    try:
        done = subprocess.run(command, cwd=ROOT, env=env, stderr=subprocess.PIPE, check=False, **options)
    except OSError as error:
        raise BackupError(f"{command[0]} cannot be run: {error.strerror}.") from None
    if done.returncode:
        raise BackupError(describe_failure(name, done.returncode, done.stderr))
    return done


def describe_failure(name: str, code: int, said: bytes) -> str:
    """Return the last line of a program that failed, without the word that Django puts in front."""
    lines = [line for line in said.decode(errors="replace").splitlines() if line.strip()]
    return lines[-1].removeprefix("CommandError: ") if lines else f"{name} ended with exit code {code}."


@contextmanager
def find_installation() -> Iterator[Installation]:
    """Yield the installation of this environment; libpq finds passwords in a file that the block deletes."""
    with tempfile.TemporaryDirectory() as folder:
        services = Path(folder) / "services"
        is_here = bool(read_setting("DATABASE_URL"))
        found = _describe_programs(services) if is_here else _describe_compose()
        manage = _read_words("MANAGE_COMMAND", found.manage)
        yield Installation(
            manage,
            _read_words(
                "OWNER_MANAGE_COMMAND", manage if "MANAGE_COMMAND" in os.environ else found.owner_manage
            ),
            found.database,
            found.mlflow,
            found.start_database,
        )


def read_setting(name: str) -> str:
    """Return a variable, or the content of the file that NAME_FILE names, or nothing. Raises BackupError."""
    path = os.environ.get(f"{name}_FILE")
    if path and name not in os.environ:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise BackupError(f"{name}_FILE cannot be read: {error.strerror}.") from None
    return os.environ.get(name, "")


def _read_words(name: str, default: list[str]) -> list[str]:
    return shlex.split(os.environ[name]) if name in os.environ else default


def _describe_programs(services: Path) -> Installation:
    """Return an installation whose programs run on this machine."""
    manage = [str(ROOT / ".venv/bin/python"), "manage.py"]
    command = _read_words("POSTGRES_COMMAND", [])
    address = read_setting("DATABASE_OWNER_URL") or read_setting("DATABASE_URL")
    sections = {"backup": address}
    registry = read_setting("MLFLOW_TRACKING_URI")
    if registry.startswith("postgresql"):
        sections["backup_mlflow"] = registry
    services.touch(mode=0o600)
    services.write_text(
        "".join(_build_section(name, url) for name, url in sections.items()), encoding="utf-8"
    )
    databases = {
        name: Database(command, f"service={name}", {"PGSERVICEFILE": str(services)}) for name in sections
    }
    return Installation(manage, manage, databases["backup"], databases.get("backup_mlflow"))


def _build_section(name: str, address: str) -> str:
    """Return an address as a section of libpq's service file, where no other user sees its password."""
    parts = urlsplit(address)
    values = {
        "host": parts.hostname and unquote(parts.hostname),
        "port": parts.port,
        "user": parts.username and unquote(parts.username),
        "password": unquote(parts.password or "") or read_setting("DATABASE_PASSWORD"),
        "dbname": unquote(parts.path.lstrip("/")),
        **dict(parse_qsl(parts.query)),
    }
    lines = [f"{key}={value}" for key, value in values.items() if value]
    return "\n".join([f"[{name}]", *lines, ""])


def _describe_compose() -> Installation:
    """Return the installation of deploy/compose, whose PostgreSQL has the programs of its version."""
    compose = [*shlex.split(os.environ.get("COMPOSE", "docker compose")), "--file", COMPOSE_FILE]
    once = [*compose, "run", "--rm", "--no-deps", "--no-TTY"]
    inside = _read_words("POSTGRES_COMMAND", [*compose, "exec", "--no-TTY", "--user", "postgres", "postgres"])
    return Installation(
        [*once, "worker", "manage"],
        [*once, "prepare", "manage"],
        Database(inside, "user=legal_names_owner dbname=legal_names"),
        Database(inside, "user=mlflow dbname=mlflow"),
        [*compose, "up", "--detach", "postgres"],
    )
