"""One installation for all tests of this folder: to prepare it costs more than any of them."""

from collections.abc import Iterator

import pytest

from tests.system.deploy.fleet import Fleet, running_fleet


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with running_fleet(tmp_path_factory.mktemp("fleet")) as fleet:
        yield fleet
