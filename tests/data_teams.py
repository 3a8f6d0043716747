"""The examples of docs/data-teams.md, run as they stand there, in an environment without the product."""

import csv
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

from matching.engine import score_many_with_reasons
from tests.project.test_house_rules import ROOT

PROGRAM = ROOT / "var" / "data-team" / "bin" / "python"
PAIRS = [
    ("Larkspur Shipping, Inc.", "Larkspur Shipping Incorporated"),
    ("Juniper Fund II LP", "Juniper Fund III LP"),
    ("Marta Rey Solano", "Marta Rei Solano"),
    ("株式会社青空商事", "Aozora Shoji K.K."),
    ("Heron " * 200, "Heron Ltd"),
] * 700
"""Enough for several batches of DuckDB, whose vectors hold 2,048 rows."""


def read_example(name: str) -> str:
    """The block of code below the mark of that name."""
    page = (ROOT / "docs" / "data-teams.md").read_text(encoding="utf-8")
    found = re.search(rf"<!-- {name} -->\n```python\n(.*?)```", page, re.S)
    assert found, f"docs/data-teams.md has no example {name}"
    return found[1]


def run_example(name: str, ending: str, folder: Path) -> list[Any]:
    """Run an example and what follows it, which prints rows as JSON; the product is not there."""
    pairs = folder / "pairs.csv"
    with pairs.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(("id", "name1", "name2"))
        rows.writerows((number, *pair) for number, pair in enumerate(PAIRS))
    code = f"PAIRS = {str(pairs)!r}\n{read_example(name)}\nimport json, sys\n{ending}\n"
    code += "assert not {'django', 'config'} & set(sys.modules)\n"
    plain = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYSPARK_PYTHON": str(PROGRAM)}
    done = subprocess.run(
        [str(PROGRAM), "-c", code], cwd=folder, env=plain, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    return list(json.loads(done.stdout.splitlines()[-1]))


def expect() -> list[list[Any]]:
    """What the engine of this checkout says of the pairs."""
    rows: list[list[Any]] = []
    for number, item in enumerate(score_many_with_reasons(PAIRS, "kyc")):
        if isinstance(item, ValueError):
            rows.append([number, None, None, None, str(item)])
        else:
            score = item.score
            rows.append([number, score.verdict.value, float(score.material_probability), item.reason, None])
    return rows
