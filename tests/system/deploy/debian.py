"""Programs of Debian's packages, installed by the test run where a machine lacks them."""

import fcntl
import os
import shutil
import subprocess
from functools import cache

from tests.project.test_house_rules import ROOT

PATIENCE_SECONDS = 600
SEARCHED = os.environ["PATH"] + ":/usr/local/sbin:/usr/sbin:/sbin"


class ProgramMissingError(RuntimeError):
    """A program is not there and cannot be installed; the message is one sentence for people."""


def find_program(name: str, package: str = "") -> str:
    """Return the path of a program, installed now as root if need be. Raises ProgramMissingError."""
    package = package or name
    if path := shutil.which(name, path=SEARCHED):
        return path
    install_packages(package, "--no-install-recommends")
    if path := shutil.which(name, path=SEARCHED):
        return path
    raise ProgramMissingError(f"{name} is missing: install it as root with apt-get install {package}.")


def install_packages(*words: str) -> None:
    """Install packages, where that can be done, with options of apt among their names.

    One run of tests after the other: apt itself waits for nobody.
    """
    if os.geteuid() == 0 and shutil.which("apt-get"):
        (ROOT / "var").mkdir(exist_ok=True)
        with (ROOT / "var" / "packages.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            _update_lists()
            _run_apt("install", "--yes", *words)


@cache
def _update_lists() -> None:
    """Ask once in a run of tests which packages there are."""
    _run_apt("update")


def _run_apt(*arguments: str) -> None:
    subprocess.run(
        ["apt-get", "-qq", *arguments],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        check=False,
        capture_output=True,
        timeout=PATIENCE_SECONDS,
    )
