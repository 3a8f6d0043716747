"""Parts of the benchmark that need no labelled set: traffic, hand-written pairs, calibration."""

from collections import Counter
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from matching.benchmark.calibration import report_calibration
from matching.benchmark.properties import report_properties
from matching.benchmark.report import PARTS
from matching.benchmark.traffic import (
    ORGANISATION_MIX,
    PERSON_MIX,
    REVIEW_TARGETS,
    TrafficMix,
    report_review_load,
    sample_traffic,
)
from matching.engine import PROFILE_IDS


@pytest.mark.parametrize("mix", [ORGANISATION_MIX, PERSON_MIX])
def test_traffic_has_the_shares_that_are_written_down(mix: TrafficMix) -> None:
    assert sum(mix.values()) == pytest.approx(100)
    pairs = sample_traffic(mix, 1_000)
    counts = Counter((pair.category.split("+")[0], pair.material) for pair in pairs)
    assert all(counts[key] == round(10 * share) for key, share in mix.items())


def test_the_review_load_is_reported_for_every_kind_and_profile_beside_its_target() -> None:
    lines = list(report_review_load(100))
    rows = [line for line in lines if line.startswith(("| organisation", "| individual"))]
    assert len(rows) == 2 * len(PROFILE_IDS)
    assert sum("at most" in row for row in rows) == len(REVIEW_TARGETS)


def test_properties_are_counted_and_none_is_broken() -> None:
    rows = [line.split(" | ") for line in report_properties(200) if line.startswith("| ")][1:]
    assert len(rows) >= 9
    assert all(int(row[1].replace(",", "")) > 0 for row in rows)
    assert [row[0] for row in rows if row[2] != "0"] == []


def test_calibration_is_reported_without_a_labelled_set_too() -> None:
    assert any(line.startswith("| all | ") for line in report_calibration([]))


def test_one_part_is_measured_alone_and_the_others_stay(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text("# Benchmarks\n\n<!-- benchmark-speed -->\nfast\n<!-- end of benchmark-speed -->\n")
    call_command("benchmark", str(tmp_path), "--only", "practitioner", "--output", str(page))
    text = page.read_text()
    assert "fast" in text
    assert "| group | rows | right |" in text
    assert "exact after normalisation" in text


def test_an_unknown_part_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="practitioner"):
        call_command("benchmark", str(tmp_path), "--only", "beauty")
    assert len(set(PARTS)) == len(PARTS)
