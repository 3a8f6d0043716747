"""What every test may ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache

from config.embedded import Embedded


@pytest.fixture(autouse=True)
def empty_cache() -> Iterator[None]:
    """Give each test a cache and a throttle of its own."""
    yield
    cache.clear()


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Embedded]:
    """Embedded servers that the test may start, stop and kill."""
    embedded = Embedded(tmp_path / "a folder", durable=False)
    yield embedded
    for server in (embedded.postgres, embedded.valkey):
        server.stop()
