"""Progress of a file: a bar for a person, now and then a line for a log."""

from io import StringIO

import pytest
from django.core.management.base import OutputWrapper

from matching.jobs.compare_file import FileProgress
from matching.management.file_progress import ProgressReport, describe_progress, format_seconds

HALF = FileProgress(rows=500, read=1_000, size=2_000)


class Terminal(StringIO):
    """A stream that a person watches."""

    def isatty(self) -> bool:
        return True


def test_progress_has_rows_share_rate_and_time_left() -> None:
    assert describe_progress(HALF, seconds=5) == "500 rows, 50%, 100/s, 5 s left"


def test_a_pipe_has_neither_share_nor_time_left() -> None:
    assert describe_progress(HALF._replace(size=None), seconds=5) == "500 rows, 100/s"


def test_what_an_earlier_run_did_counts_as_rows_and_not_as_rate() -> None:
    resumed = FileProgress(rows=500, read=1_000, size=2_000, resumed_rows=400, resumed_read=800)
    assert describe_progress(resumed, seconds=5) == "500 rows, 50%, 20/s, 25 s left"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59.4, "59 s"), (125, "2 min 5 s"), (7_380, "2 h 3 min")]
)
def test_durations_are_written_in_two_units_at_most(seconds: float, text: str) -> None:
    assert format_seconds(seconds) == text


def test_a_person_sees_a_bar_that_is_drawn_over() -> None:
    terminal = Terminal()
    report = ProgressReport(OutputWrapper(terminal))
    report.show(HALF)
    report.finish("done")
    assert terminal.getvalue().startswith("\r\x1b[K" + "█" * 15 + " " * 15 + " 500 rows, 50%")
    assert terminal.getvalue().endswith("\r\x1b[Kdone\n")


def test_a_log_gets_whole_lines_and_none_for_a_short_run() -> None:
    log = StringIO()
    report = ProgressReport(OutputWrapper(log))
    report.show(HALF)
    report.finish("done")
    assert log.getvalue() == "done\n"
