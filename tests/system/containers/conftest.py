"""One engine and one installation for all tests of this folder, and both images built once."""

import shutil
from collections.abc import Iterator

import pytest

from tests.project.test_house_rules import ROOT
from tests.system.containers.engine import Engine
from tests.system.containers.test_installation import Installation


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    engine = Engine()
    engine.build_product()
    with engine.running():
        yield engine


@pytest.fixture(scope="session")
def installation(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    engine.build_servers()
    installation = Installation(engine, tmp_path_factory.mktemp("installation"))
    shutil.rmtree(ROOT / "deploy" / "edge" / "run", ignore_errors=True)
    try:
        done = installation.run("deploy/bin/up")
        assert done.returncode == 0, done.stdout + done.stderr
        assert '"verdict":"immaterial"' in done.stdout.replace(" ", "")
        yield installation
    finally:
        installation.run("deploy/bin/down", "--with-data")
