"""The engine in an environment of a data team: the wheel, DuckDB, and nothing of the product."""

import subprocess
from pathlib import Path

from tests.data_teams import PROGRAM, expect, run_example
from tests.project.test_house_rules import ROOT

ENDING = "print(json.dumps([list(row) for row in compared.fetchall()]))"


def test_the_answers_of_duckdb_are_those_of_the_engine(tmp_path: Path) -> None:
    subprocess.run(["make", "--silent", "var/data-team/.installed"], cwd=ROOT, check=True)
    assert PROGRAM.exists()
    assert run_example("duckdb", ENDING, tmp_path) == expect()
