"""Programs of the product as processes of their own, on the servers of the tests."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

SECRETS = ("SECRET_KEY", "JWT_SIGNING_KEY", "NAME_DIGEST_KEY", "API_KEY_PEPPER", "ARTEFACT_KEY", "AUDIT_KEY")


def environment(**changes: str) -> dict[str, str]:
    """What a process needs to work on this test's database, with this test's keys."""
    here = connection.settings_dict
    return {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": f"postgresql://{here['USER']}:{quote(here['PASSWORD'])}@{here['HOST']}:{here['PORT']}"
        f"/{here['NAME']}",
        "REDIS_URL": settings.REDIS_URL,
        "VAR_DIR": str(settings.VAR_DIR),
        "ALLOWED_HOSTS": "127.0.0.1",
        "NUM_PROXIES": "0",
        "HTTPS": "false",
        "FIELD_ENCRYPTION_KEYS": ",".join(settings.FIELD_ENCRYPTION_KEY),
        **{name: str(getattr(settings, name)) for name in SECRETS},
        **changes,
    }


def manage(*arguments: str, output: Path, **changes: str) -> "subprocess.Popen[bytes]":
    """Start a management command with its output in a file."""
    with output.open("wb") as kept:
        return subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=settings.BASE_DIR,
            env=environment(**changes),
            stdout=kept,
            stderr=subprocess.STDOUT,
        )
