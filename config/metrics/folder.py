"""The folder in which the processes of a program keep their metrics for whichever of them is asked.

Imported before ``prometheus_client``, which decides on import whether it writes there.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def prepare() -> Path:
    """Return the folder of this program; made, in memory where there is such a place, when nobody named one.

    A folder of an earlier run would count its processes again, so each program begins with an empty one and
    removes it at its end.
    """
    if VARIABLE not in os.environ:
        memory = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - a new folder for the owner only
        os.environ[VARIABLE] = tempfile.mkdtemp(prefix="legal-names-metrics-", dir=memory)
        atexit.register(_remove, os.environ[VARIABLE], os.getpid())
    folder = Path(os.environ[VARIABLE])
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _remove(folder: str, owner: int) -> None:
    if os.getpid() == owner:  # not in a forked process
        shutil.rmtree(folder, ignore_errors=True)
