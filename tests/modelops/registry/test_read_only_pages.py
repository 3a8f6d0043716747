"""Addresses and programs of MLflow's pages."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from sqlalchemy import URL, create_engine, text
from sqlalchemy.exc import InternalError, OperationalError

from modelops.registry.read_only_pages import (
    PagesError,
    build_command,
    build_environment,
    build_read_only_address,
)


def test_a_sqlite_store_is_read_and_refuses_writes(tmp_path: Path) -> None:
    own = create_engine(f"sqlite:///{tmp_path}/mlflow.db")
    with own.begin() as session:
        session.execute(text("CREATE TABLE runs (id INTEGER)"))
    store = create_engine(build_read_only_address(f"sqlite:///{tmp_path}/mlflow.db"))
    with store.connect() as session:
        assert session.execute(text("SELECT count(*) FROM runs")).scalar() == 0
        with pytest.raises(OperationalError, match="readonly"):
            session.execute(text("INSERT INTO runs VALUES (1)"))


@pytest.mark.django_db
def test_a_postgresql_store_refuses_writes() -> None:
    here = connection.settings_dict
    own = f"postgresql+psycopg2://{here['USER']}:{here['PASSWORD']}@{here['HOST']}:{here['PORT']}/{here['NAME']}"
    with create_engine(build_read_only_address(own)).connect() as session:
        assert session.execute(text("SELECT 1")).scalar() == 1
        with pytest.raises(InternalError, match="read-only transaction"):
            session.execute(text("CREATE TABLE written (id integer)"))


def test_other_stores_and_missing_pages_are_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(PagesError, match="PostgreSQL or SQLite"):
        build_read_only_address("mysql://somewhere/mlflow")
    with pytest.raises(CommandError, match="make mlflow-ui"):
        call_command("models", "ui", "--python", str(tmp_path / "python"))


def test_pages_listen_on_loopback_and_the_password_is_no_argument(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.touch()
    command = build_command(python, 5005)
    assert command[command.index("--host") + 1] == "127.0.0.1"
    address = URL.create("postgresql+psycopg2", "mlflow", "hidden", "127.0.0.1", database="mlflow")
    assert "hidden" not in " ".join(command)
    assert (
        "hidden"
        in build_environment(address.render_as_string(hide_password=False))["MLFLOW_BACKEND_STORE_URI"]
    )
