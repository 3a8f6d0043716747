"""A run of ``compare_file`` that was ended goes on where it was, and the output is the same to the byte."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from matching.jobs.compare_file import FileProgress, compare_file
from matching.jobs.formats.rows import FileError
from matching.jobs.offline import partial_file
from matching.jobs.offline.scores import FileCompareOptions

PLAN = FileCompareOptions(("name_a", "name_b"))


class StoppedError(Exception):
    """The run was ended on purpose."""


def stop_after(rows: int) -> Callable[[FileProgress], None]:
    def stop(progress: FileProgress) -> None:
        if progress.rows >= rows:
            raise StoppedError

    return stop


def quiet(_: FileProgress) -> None:
    """Show no progress."""


def csv_file(path: Path, rows: int) -> Path:
    names = "".join(f'{at},"Acme\n{at % 5}, Ltd",ACME {at % 3} Limited\n' for at in range(rows))
    path.write_text(f"id,name_a,name_b\n{names}", encoding="utf-8")
    return path


def stopped_run(source: Path, target: Path) -> None:
    with pytest.raises(StoppedError):
        compare_file(source, target, PLAN, 1, stop_after(800))


def test_a_run_goes_on_after_the_rows_that_it_wrote(tmp_path: Path) -> None:
    source, whole, target = csv_file(tmp_path / "in.csv", 1_500), tmp_path / "whole.csv", tmp_path / "out.csv"
    compare_file(source, whole, PLAN, 1, quiet)
    stopped_run(source, target)
    assert not target.exists()
    seen: list[FileProgress] = []
    totals = compare_file(source, target, PLAN, 1, seen.append, resume=True)
    assert (totals.rows, totals.resumed, seen[0].rows) == (1_500, 800, 1_200)
    assert target.read_bytes() == whole.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv", "whole.csv"]


def test_a_parquet_run_goes_on_in_the_middle_of_a_row_group(tmp_path: Path) -> None:
    source, whole, target = (tmp_path / f"{name}.parquet" for name in ("in", "whole", "out"))
    table = pa.table({"name_a": [f"Acme {at}" for at in range(1_500)], "name_b": ["ACME 7"] * 1_500})
    pq.write_table(table, source, row_group_size=500)
    compare_file(source, whole, PLAN, 1, quiet)
    stopped_run(source, target)
    assert compare_file(source, target, PLAN, 1, quiet, resume=True).resumed == 800
    assert pq.read_table(target) == pq.read_table(whole)


def test_bytes_that_were_written_after_the_last_state_are_written_again(tmp_path: Path) -> None:
    source, whole, target = csv_file(tmp_path / "in.csv", 1_500), tmp_path / "whole.csv", tmp_path / "out.csv"
    compare_file(source, whole, PLAN, 1, quiet)
    stopped_run(source, target)
    with (tmp_path / ".out.csv.partial").open("ab") as partial:
        partial.write(b"half a row")
    compare_file(source, target, PLAN, 1, quiet, resume=True)
    assert target.read_bytes() == whole.read_bytes()


def test_without_a_run_to_go_on_with_the_file_is_begun(tmp_path: Path) -> None:
    source, target = csv_file(tmp_path / "in.csv", 3), tmp_path / "out.csv"
    assert compare_file(source, target, PLAN, 1, quiet, resume=True) == (3, 0, 0)


def test_without_resume_a_run_begins_anew(tmp_path: Path) -> None:
    source, target = csv_file(tmp_path / "in.csv", 1_500), tmp_path / "out.csv"
    stopped_run(source, target)
    assert compare_file(source, target, PLAN, 1, quiet) == (1_500, 0, 0)


def test_another_input_or_profile_is_not_gone_on_with(tmp_path: Path) -> None:
    source, target = csv_file(tmp_path / "in.csv", 1_500), tmp_path / "out.csv"
    stopped_run(source, target)
    with pytest.raises(FileError, match="another profile; begin anew without --resume"):
        compare_file(source, target, PLAN._replace(profile="kyc"), 1, quiet, resume=True)
    csv_file(source, 1_501)
    with pytest.raises(FileError, match="another input file"):
        compare_file(source, target, PLAN, 1, quiet, resume=True)


def test_two_runs_do_not_write_one_output(tmp_path: Path) -> None:
    source, target = csv_file(tmp_path / "in.csv", 3), tmp_path / "out.csv"
    with (
        partial_file.open_partial_file(target, {}, 0, False, lambda *_: None),
        pytest.raises(FileError, match="Another run is writing"),
    ):
        compare_file(source, target, PLAN, 1, quiet)


def test_a_pipe_cannot_be_gone_on_with(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="what came through a pipe is gone"):
        compare_file(Path("-"), tmp_path / "out.csv", PLAN, 1, quiet, resume=True)
