"""The example in Spark, on two local processes; `make prove-spark` installs Spark first."""

from pathlib import Path

from tests.data_teams import expect, run_example

ENDING = """
rows = [[int(row["id"]), *list(row)[1:]] for row in compared.repartition(2).collect()]
print(json.dumps(sorted(rows)))
spark.stop()
"""


def test_the_answers_of_spark_are_those_of_the_engine(tmp_path: Path) -> None:
    assert run_example("spark", ENDING, tmp_path) == expect()
