"""Settings of the test suite: its own embedded servers under `var/test`, whatever the environment says.

Importing them starts nothing: the ports are reserved here, and the first test that needs the servers starts
them (`tests/conftest.py`).
"""

import os

from config.local.embedded import EmbeddedServers, get_home_folder

for name in ("DATABASE_URL", "DATABASE_URL_FILE", "REDIS_URL", "REDIS_URL_FILE"):
    os.environ.pop(name, None)
# Before scikit-learn is loaded: the test processes share the cores, and OpenMP threads that wait for a core
# make training six times slower.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["VAR_DIR"] = (
    str(get_home_folder() / "test") if get_home_folder().name != "test" else str(get_home_folder())
)

TEST_SERVERS = EmbeddedServers(get_home_folder(), durable=False)
TEST_SERVERS.reserve_ports()

from config.settings import *  # noqa: E402,F403
from config.settings import CACHES, REDIS_URL  # noqa: E402

# Each pytest-xdist process has its own database (tests/conftest.py) and its own cache numbers.
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
CELERY_BROKER_URL = f"{REDIS_URL}/{2 + 2 * (_worker % 7)}"
CACHES["default"]["LOCATION"] = f"{REDIS_URL}/{3 + 2 * (_worker % 7)}"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # for speed; never in production
