"""The contestants of the benchmark of speed: processes of their own that take turns on the same pairs."""

from matching.benchmark.speed import start_task, time_contestants
from matching.engine import EXECUTION

PAIR = ("Tarn Hollow Orchards LLC", "Tarn Hollow Orchards Inc", "organisation")


def test_a_contestant_says_how_it_started_and_measures_every_turn() -> None:
    with start_task("explained") as task:
        assert task.start["engine"] == EXECUTION
        assert task.start["import"] > 0
        assert task.work([PAIR])["seconds"] > 0
        assert task.work([])["seconds"] >= 0


def test_every_contestant_is_timed_once_a_run() -> None:
    timings, starts = time_contestants([PAIR] * 600, ("scored", "floor"), None, 1)
    assert timings.keys() == starts.keys() == {"scored", "floor"}
    assert timings["floor"].median > timings["scored"].median > 0
