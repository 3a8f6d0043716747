"""MLflow's pages on loopback, over a store that is opened read-only.

The pages come with the full MLflow, which needs pandas and a web server, so they run as a program of an
environment of their own (``make mlflow-ui``). MLflow's server has no permissions: nothing but the store keeps
its visitors from writing, so PostgreSQL and SQLite are told to refuse every write.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy.engine import URL, make_url

_LOOPBACK = "127.0.0.1"


class PagesError(Exception):
    """The pages cannot be shown; the message says why and what to do."""


def build_read_only_address(tracking_uri: str) -> str:
    """Return the address with which every write to a store fails. Raises :class:`PagesError` for others."""
    address = make_url(tracking_uri)
    if address.get_backend_name() == "postgresql":
        return _render(address.update_query_dict({"options": "-c default_transaction_read_only=on"}))
    if address.get_backend_name() == "sqlite" and address.database:
        path = Path(address.database).absolute()
        return f"sqlite:///file:{path}?mode=ro&uri=true"
    raise PagesError("the pages need MLflow's store in PostgreSQL or SQLite; a server of MLflow has its own")


def build_command(python: Path, port: int) -> list[str]:
    """Return the program that serves the pages. Raises :class:`PagesError` where MLflow is not installed."""
    if not python.is_file():
        raise PagesError(
            f"{python} is missing: `make mlflow-ui` installs the pages, or name it with --python"
        )
    server = [str(python), "-m", "mlflow", "server", "--host", _LOOPBACK, "--port", str(port)]
    return [*server, "--workers", "1", "--no-serve-artifacts"]


def build_environment(tracking_uri: str) -> Mapping[str, str]:
    """Return the environment of that program; the address holds a password, so it is no argument."""
    address = build_read_only_address(tracking_uri)
    kept = (
        "PATH",
        "HOME",
        "LANG",
        "TMPDIR",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_DEFAULT_REGION",
    )
    here = {name: os.environ[name] for name in (*kept, "MLFLOW_S3_ENDPOINT_URL") if name in os.environ}
    return {
        **here,
        "MLFLOW_BACKEND_STORE_URI": address,
        "MLFLOW_REGISTRY_STORE_URI": address,
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # eight more processes, for work nobody may start
    }


def _render(address: URL) -> str:
    return address.render_as_string(hide_password=False)
