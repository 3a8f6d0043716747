"""Tests of the engine use neither Django, servers nor files."""

import pytest


@pytest.fixture(autouse=True)
def isolated_state() -> None:
    """Leave out the isolation that tests with Django need."""


@pytest.fixture(autouse=True)
def own_job_files() -> None:
    """Make no folder: the engine writes nothing."""
