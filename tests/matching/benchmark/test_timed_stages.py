"""The API's measurement of processor time names stages of the program as it is."""

from pkgutil import resolve_name

from tests.benchmark_api.cpu_table import STAGES


def test_every_stage_that_is_timed_exists() -> None:
    names = [name for stage in STAGES.values() for name in stage]
    assert [name for name in names if not callable(resolve_name(name))] == []
