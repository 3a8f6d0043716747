"""Targets of the benchmark: what is missed is said, and why."""

from matching.benchmark.targets import TARGETS, report_targets


def row(title: str, lines: list[str]) -> str:
    return next(line for line in lines if line.startswith(f"| {title} |"))


def test_a_target_is_met_at_its_bound_and_missed_beyond_it() -> None:
    lines = list(report_targets({"org latin f1": 0.98, "warm": 61.0, "explained": 1.3}))
    assert row("F1, organisations in Latin script", lines).endswith("| met |")
    assert "**missed**" in row("the same again, µs", lines)
    assert "at most 60" in row("the same again, µs", lines)


def test_a_known_reason_stands_beside_what_is_missed() -> None:
    lines = list(report_targets({"explained": 1.3}))
    assert "profile is flat" in row("explained, times logic-v2", lines)


def test_what_was_not_measured_is_not_in_the_table() -> None:
    assert not list(report_targets({}))
    assert len([line for line in report_targets({"warm": 1.0}) if line.startswith("| ")]) == 2
    assert len({target.name for target in TARGETS}) == len(TARGETS)
