"""What a process loads: the web process stays light, the engine is a library."""

import subprocess
import sys

import pytest
from django.conf import settings

from tests.config.test_supply_chain import pins

HEAVY = ("mlflow", "sklearn", "scipy", "pandas", "skops", "matplotlib")
REFUSE_OTHER_PACKAGES = """
import sys
from importlib.metadata import packages_distributions

class Refusal:
    packages, owners = set({}), packages_distributions()

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        owners = {{owner.lower().replace("_", "-").replace(".", "-") for owner in cls.owners.get(name, ())}}
        if owners and not owners & cls.packages:
            raise ModuleNotFoundError(f"No module named {{name}}", name=name)

sys.meta_path.insert(0, Refusal)
"""


def loaded_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "module", ["matching.engine", "matching.training.synthetic", "experiments.assignment"]
)
def test_pure_package_loads_no_framework(module: str) -> None:
    assert loaded_after(f"import {module}") & {"django", "rest_framework", "celery", *HEAVY} == set()


def test_web_process_loads_neither_mlflow_nor_scikit_learn() -> None:
    statement = "import config.wsgi; from django.urls import get_resolver; get_resolver().url_patterns"
    statement += "; from modelops.validation.validator import get_validator; get_validator()"
    assert loaded_after(statement) & set(HEAVY) == set()


def test_web_process_starts_where_only_its_own_packages_are_installed() -> None:
    statement = REFUSE_OTHER_PACKAGES.format(sorted(pins("requirements-web.lock")))
    statement += "import config.wsgi; from django.core.checks import run_checks; assert not run_checks()"
    loaded = loaded_after(statement)
    assert {"django", "numpy"} <= loaded
    assert loaded & {*HEAVY, "pyarrow", "sqlalchemy", "boto3"} == set()


def test_tests_of_the_engine_alone_load_no_django() -> None:
    collect = "import pytest; assert pytest.main(['tests/matching/engine', '--collect-only', '-qq']) == 0"
    assert loaded_after(collect) & {"django", "psycopg", "redis", "config"} == set()
