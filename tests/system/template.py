"""An installation with tables, model and guideline, made once in a run of tests; others begin as a copy.

To make one takes half a minute of processor time, most of it migrations.
"""

import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.project.test_house_rules import ROOT

PREPARE = """
import sys
sys.argv = ["manage.py", "prepare"]
from config.local.embedded import get_home_folder, hold_servers
with hold_servers(sys.argv[1:], get_home_folder()):
    import django
    django.setup()
    from config.management.commands import prepare
    prepare.COMMANDS = [step for step in prepare.COMMANDS if step[0] != "First administrator"]
    from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)
"""
"""What `manage.py prepare` does, but for the administrator: each test names its own."""


def begin_prepared(home: Path) -> None:
    """Fill a folder for ``VAR_DIR`` with a prepared installation, whose servers do not run."""
    home.parent.mkdir(parents=True, exist_ok=True)
    made = Path(_make_template().name) / "var"
    subprocess.run(["cp", "--archive", "--no-target-directory", str(made), str(home)], check=True)


@cache
def _make_template() -> "TemporaryDirectory[str]":
    """Return the folder, which is deleted when the process ends."""
    folder: TemporaryDirectory[str] = TemporaryDirectory(ignore_cleanup_errors=True)
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "VAR_DIR": f"{folder.name}/var",
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", PREPARE],
        cwd=ROOT,
        env=environment,
        umask=0o077,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for file in Path(folder.name).glob("var/*.port"):
        file.unlink()  # a copy draws ports of its own
    return folder
