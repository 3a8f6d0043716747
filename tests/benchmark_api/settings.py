"""The product's settings with allowances that never end, the yardstick, and servers of their own."""

import os

from config.local.embedded import get_home_folder

os.environ.setdefault("VAR_DIR", str(get_home_folder() / "benchmark-api"))

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS, REST_FRAMEWORK

INSTALLED_APPS = [*INSTALLED_APPS, "tests.benchmark_api"]
ROOT_URLCONF = "tests.benchmark_api.urls"
API_RATE = BATCH_RATE = JOB_RATE = "1000000000/min"
REST_FRAMEWORK = {**REST_FRAMEWORK}
