"""System checks of a deployment. An error stops the start of a program; warnings are for `check --deploy`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning

from config import checks, env
from matching.storage.stores import is_bucket

VALKEY_SCHEMES = {"redis", "rediss"}
REGISTRY_SCHEMES = {"sqlite", "postgresql", "postgresql+psycopg2", "http", "https"}
JOB_PROGRAMS = {"web", "worker"}
STORED = ("JOBS_DIR", "EVIDENCE_DIR")
LONGEST_SILENCE_SECONDS = 60
"""Silence after which a lost host must be noticed: its transaction holds rows of jobs until then."""


def check_hosts(**_: Any) -> Sequence[CheckMessage]:
    """Report missing host names: every request would be refused."""
    if settings.ALLOWED_HOSTS:
        return []
    return [Error("ALLOWED_HOSTS is not set.", hint="List the host names of this service.", id="config.E008")]


def check_valkey(**_: Any) -> Sequence[CheckMessage]:
    """Report an address of Valkey that no client understands."""
    if urlsplit(settings.REDIS_URL).scheme in VALKEY_SCHEMES:
        return []
    hint = "Write redis://:password@host:6379, or rediss:// for TLS."
    return [Error("REDIS_URL does not begin with redis:// or rediss://.", hint=hint, id="config.E009")]


def check_encryption_keys(**_: Any) -> Sequence[CheckMessage]:
    """Report encryption keys that are none: the first name would fail to be stored."""
    try:
        for key in settings.FIELD_ENCRYPTION_KEY:
            Fernet(key)
    except ValueError:
        hint = "Each is 32 bytes in URL-safe base64, as cryptography.fernet.Fernet.generate_key makes them."
        return [Error("FIELD_ENCRYPTION_KEYS holds a value that is no key.", hint=hint, id="config.E010")]
    return []


def check_job_folder(**_: Any) -> Sequence[CheckMessage]:
    """Report a folder of bulk jobs in which a web process or a worker cannot write."""
    is_used = settings.PROCESS_ROLE in JOB_PROGRAMS and not is_bucket(settings.JOBS_DIR)
    if not is_used or _is_writable(Path(settings.JOBS_DIR)):
        return []
    hint = "Mount the folder that web processes and workers share, for the user of this process."
    return [
        Error(f"JOBS_DIR {settings.JOBS_DIR} cannot be written by this process.", hint=hint, id="config.E011")
    ]


def check_buckets(**_: Any) -> Sequence[CheckMessage]:
    """Report an address of a bucket that names none, and a bucket without the client of S3.

    Whether the store answers is not asked: while it does not, comparisons still do.
    """
    named = [name for name in STORED if "://" in getattr(settings, name)]
    wrong = [name for name in named if not _names_bucket(getattr(settings, name))]
    if wrong:
        hint = "Write a folder, or s3://bucket/folder."
        return [Error(f"{wrong[0]} names no folder and no bucket.", hint=hint, id="config.E013")]
    if named and not (find_spec("boto3") and find_spec("storages")):
        hint = "Install the extra s3, or name a folder."
        return [Error(f"{named[0]} names a bucket, and S3's client is missing.", hint=hint, id="config.E014")]
    return []


def check_registry(**_: Any) -> Sequence[CheckMessage]:
    """Report a store of MLflow that cannot be opened."""
    if urlsplit(settings.MLFLOW_TRACKING_URI).scheme in REGISTRY_SCHEMES:
        return []
    hint = "Write postgresql+psycopg2://user@host:5432/mlflow, or the address of an MLflow server."
    return [Error("MLFLOW_TRACKING_URI has an unknown scheme.", hint=hint, id="config.E012")]


def check_shared_jobs(**_: Any) -> Sequence[CheckMessage]:
    """Warn when nobody said where bulk jobs lie: a worker elsewhere would never see them."""
    if settings.EMBEDDED_DATABASE or env.read_text("JOBS_DIR"):
        return []
    hint = "Set it to s3://bucket/folder, or to a folder that every web process and worker has mounted."
    return [Warning("JOBS_DIR is not set.", hint=hint, id="config.W013")]


def check_shared_registry(**_: Any) -> Sequence[CheckMessage]:
    """Warn when MLflow's store is a file of one host: trainings elsewhere would not be in it."""
    if settings.EMBEDDED_DATABASE or urlsplit(settings.MLFLOW_TRACKING_URI).scheme != "sqlite":
        return []
    hint = "Write postgresql+psycopg2://user@host:5432/mlflow, a database of its own."
    return [Warning("MLFLOW_TRACKING_URI names a file of one host.", hint=hint, id="config.W014")]


def check_keepalives(**_: Any) -> Sequence[CheckMessage]:
    """Warn when a lost host would be noticed late, because the database URL changes the keepalives."""
    options = settings.DATABASES["default"]["OPTIONS"]
    idle, interval, count = (int(options.get(name, 0)) for name in env.KEEPALIVES)
    is_watched = str(options.get("keepalives", "1")) != "0" and min(idle, interval, count) > 0
    if is_watched and idle + interval * count <= LONGEST_SILENCE_SECONDS:
        return []
    hint = f"Leave keepalives out of it, or stay below {LONGEST_SILENCE_SECONDS} s in all."
    return [Warning("DATABASE_URL notices a lost host late or never.", hint=hint, id="config.W015")]


def check_public_address(**_: Any) -> Sequence[CheckMessage]:
    """Warn when links in messages lead to the machine of whoever reads them."""
    if settings.EMBEDDED_DATABASE or urlsplit(settings.PUBLIC_URL).hostname != "127.0.0.1":
        return []
    hint = "Set it to the address that people open, https://names.example."
    return [Warning("PUBLIC_URL is not set.", hint=hint, id="config.W016")]


Check = Callable[..., Sequence[CheckMessage]]
ALWAYS: tuple[Check, ...] = (
    check_valkey,
    check_encryption_keys,
    check_job_folder,
    check_buckets,
    check_registry,
)
ON_DEPLOYMENT: tuple[Check, ...] = (
    check_shared_jobs,
    check_shared_registry,
    check_keepalives,
    check_public_address,
)
START: tuple[Check, ...] = (
    check_hosts,
    checks.check_proxies,
    checks.check_keys,
    checks.check_fallback_keys,
    checks.check_audit_receivers,
    *ALWAYS,
)
"""What a program asks before it starts; each needs the settings and nothing else."""


def find_errors() -> Iterator[CheckMessage]:
    """Yield what makes it useless to start a program with these settings."""
    return (message for check in START for message in check() if isinstance(message, Error))


def _is_writable(folder: Path) -> bool:
    """Tell whether a folder can be written, or made where it does not exist."""
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    return nearest.is_dir() and os.access(nearest, os.W_OK)


def _names_bucket(place: str) -> bool:
    """Tell whether an address is one of a bucket that has a name."""
    return is_bucket(place) and bool(urlsplit(place).netloc)
