"""`python -m config.process.start PROGRAM`: the entry points of a deployment.

    web                     the pages and the API: gunicorn
    worker [QUEUE ...]      background tasks of these queues, of all queues without any: Celery
    beat                    sends the periodic tasks; there is one in an installation
    prepare                 static files, tables, starting model, guideline, first administrator; repeatable
    manage COMMAND ...      any management command

A missing or wrong setting stops the start with one sentence that names it. The program replaces this process,
so signals reach it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config import deployment_checks, env
from config.local.embedded import get_home_folder

ROOT = Path(__file__).resolve().parents[2]
QUEUES = ("default", "jobs", "monitor", "train", "notify", "webhooks")
PROGRAMS = ("web", "worker", "beat", "prepare", "manage")
WRONG_SETTING, WRONG_USAGE = 78, 64
"""Exit codes as in sysexits.h, so that a supervisor can tell them from a crash."""


def main(arguments: Sequence[str]) -> int:
    """Become a program; return an exit code only when it cannot be started."""
    program, *rest = arguments or ("",)
    if program not in PROGRAMS:
        print(__doc__, file=sys.stderr)
        return WRONG_USAGE
    try:
        command = build_command(program, rest)
        if program != "manage":
            require_settings(program)
        if program == "prepare":
            collect_static_files()
    except (ImproperlyConfigured, ValueError) as error:
        print(f"Cannot start {program}: {error}", file=sys.stderr)
        return WRONG_SETTING
    except subprocess.CalledProcessError as error:  # it has said why
        return error.returncode
    return os.execv(command[0], command)  # noqa: S606 - our own interpreter


def build_command(program: str, arguments: Sequence[str]) -> list[str]:
    """Return the command line of a program. Raises ValueError for a queue that does not exist."""
    celery = [sys.executable, "-m", "celery", "--app=config", "--quiet"]
    match program:
        case "web":
            gunicorn = [sys.executable, "-m", "gunicorn", "--config=python:config.process.gunicorn"]
            return [*gunicorn, "config.wsgi", *arguments]
        case "worker":
            processes = env.read_count("WORKER_PROCESSES", 2)
            options = (f"--queues={_join_queues(arguments)}", f"--concurrency={processes}", "--loglevel=INFO")
            return [*celery, "worker", *options]
        case "beat":
            return [*celery, "beat", "--pidfile=", "--loglevel=INFO", *arguments]
        case "prepare":
            return [sys.executable, str(ROOT / "manage.py"), "prepare", *arguments]
    return [sys.executable, str(ROOT / "manage.py"), *arguments]


def require_settings(program: str) -> None:
    """Read the settings as the program will. Raises ImproperlyConfigured for what is missing or wrong."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if program in {"web", "worker", "beat"}:
        os.environ.setdefault("PROCESS_ROLE", program)
    env.read_required("DATABASE_URL", "the address of PostgreSQL")
    env.read_required("REDIS_URL", "the address of Valkey: broker, rate limits")
    with suppress(OSError):  # whoever writes there says so
        get_home_folder().mkdir(parents=True, exist_ok=True)
    for error in deployment_checks.find_errors():
        raise ImproperlyConfigured(f"{error.msg} {error.hint or ''}".strip())


def collect_static_files() -> None:
    """Collect the static files, unless they lie where nothing can be written: an image has them inside."""
    folder = Path(settings.STATIC_ROOT or "")
    if (folder / "staticfiles.json").exists() and not os.access(folder, os.W_OK):
        return
    print("==> Static files", flush=True)
    command = [sys.executable, str(ROOT / "manage.py"), "collectstatic", "--noinput", "--verbosity=0"]
    subprocess.run(command, cwd=ROOT, check=True)


def _join_queues(names: Sequence[str]) -> str:
    unknown = sorted(set(names) - set(QUEUES))
    if unknown:
        raise ValueError(f"there is no queue {unknown[0]}; the queues are {', '.join(QUEUES)}.")
    return ",".join(names or QUEUES)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
