"""The threat model and the list of ASVS requirements name tests that exist, and the list is complete."""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.project.test_house_rules import ROOT, functions, sources

THREAT_MODEL = ROOT / "docs" / "threat-model.md"
ASVS = ROOT / "docs" / "security" / "asvs.md"
# Requirements of levels 1 and 2 in OWASP ASVS 5.0.0, by chapter.
REQUIREMENTS = {1: 27, 2: 11, 3: 19, 4: 10, 5: 9, 6: 35, 7: 18, 8: 7, 9: 7, 10: 29, 11: 14, 12: 9, 13: 13}
REQUIREMENTS |= {14: 9, 15: 13, 16: 16, 17: 7}


@pytest.mark.parametrize("page", [THREAT_MODEL, ASVS], ids=lambda page: page.stem)
def test_every_test_that_is_named_exists(page: Path) -> None:
    named = set(re.findall(r"`(test_\w+)`", page.read_text(encoding="utf-8")))
    paths: list[Path] = list(sources("tests"))
    there = {node.name for path in paths for node in functions(path)}
    assert len(named) > 40
    assert named - there == set()


def requirements() -> list[tuple[str, str]]:
    """Id and status of every requirement in the list."""
    rows = re.findall(
        r"^\| (\d+\.\d+\.\d+) \| [12] \| [^|]+ \| ([^|]+) \| [^|]+ \| [^|]+ \|$", ASVS.read_text(), re.M
    )
    return [(number, status) for number, status in rows]


def test_every_requirement_of_levels_1_and_2_is_judged_once() -> None:
    listed = [number for number, _ in requirements()]
    assert Counter(int(number.partition(".")[0]) for number in listed) == REQUIREMENTS
    assert len(set(listed)) == len(listed) == 253


def test_the_summary_counts_and_names_what_is_not_met() -> None:
    text = ASVS.read_text()
    counts = Counter(status for _, status in requirements())
    assert counts == {
        name: int(number) for name, number in re.findall(r"^\| ([a-z ]+) \| (\d+) \|", text, re.M)
    }
    for title, status in (("Not met", "not met"), ("Partly", "partly")):
        (named,) = re.findall(rf"\*\*{title}\*\*: ([\d., ]+)\.", text)
        assert named.split(", ") == [number for number, found in requirements() if found == status]


def test_every_file_that_the_list_names_exists() -> None:
    paths = set(re.findall(r"`((?:tests|docs|config)/[\w/.-]+)`", ASVS.read_text()))
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []
