"""Settings of the test suite: its own embedded servers under `var/test`, whatever the environment says.

Importing them starts nothing: the ports are reserved here, and the first test that needs the servers starts
them (`tests/conftest.py`).
"""

import os
from ipaddress import ip_network

from config.local.embedded import EmbeddedServers, get_home_folder

for name in ("DATABASE_URL", "DATABASE_URL_FILE", "DATABASE_OWNER_URL_FILE", "REDIS_URL", "REDIS_URL_FILE"):
    os.environ.pop(name, None)
# Before scikit-learn is loaded: the test processes share the cores, and OpenMP threads that wait for a core
# make training six times slower.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["VAR_DIR"] = (
    str(get_home_folder() / "test") if get_home_folder().name != "test" else str(get_home_folder())
)

TEST_SERVERS = EmbeddedServers(get_home_folder(), durable=False)
TEST_SERVERS.reserve_ports()

os.environ["DATABASE_OWNER_URL"] = TEST_SERVERS.postgres.build_url()
from config.settings import *  # noqa: E402,F403
from config.settings import CACHES, REDIS_URL  # noqa: E402

del os.environ["DATABASE_OWNER_URL"]  # programs that a test starts have servers of their own

# Each pytest-xdist process has its own database (tests/conftest.py) and its own cache numbers.
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
CELERY_BROKER_URL = f"{REDIS_URL}/{2 + 2 * (_worker % 7)}"
CACHES["default"]["LOCATION"] = f"{REDIS_URL}/{3 + 2 * (_worker % 7)}"
WEBHOOK_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8"), ip_network("::1/128")]  # the receivers of the tests
# Most tests are not about signing in: those that are turn the policy on.
SECOND_FACTOR_ROLES = []
STEP_UP_MINUTES = 0
SESSION_IDLE_MINUTES = 0
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # for speed; never in production
