"""What a process loads: the web process stays light, the engine is a library."""

import subprocess
import sys

import pytest
from django.conf import settings

HEAVY = ("mlflow", "sklearn", "scipy", "pandas", "skops", "matplotlib")


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
