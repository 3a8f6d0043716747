"""Targets beside measurements; a missed target is reported with its reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

Measurements = dict[str, float]
"""Measured values of one run by name."""


class Target(NamedTuple):
    """A bound of a measured value: at least ``bound``, or at most where ``is_maximum`` is true.

    ``format_spec`` formats both. ``reason_missed`` is the known reason why the target is missed, if any.
    """

    name: str
    title: str
    bound: float
    format_spec: str = ".1%"
    is_maximum: bool = False
    reason_missed: str = ""

    def is_met(self, value: float) -> bool:
        """Return whether a measured value reaches the target."""
        return value <= self.bound if self.is_maximum else value >= self.bound


_REASON_FEW_PAIRS = "few pairs; the rule sends a form that one side lacks (Bancorp, Bancorp Inc.) to a person"
_REASON_MISPRINTS = "spellings alone do not tell a slip from a company one letter away; both go to a person"
_REASON_TWO_SCRIPTS = (
    "names in two scripts always go to a person, and over a quarter of these are Japanese beside English"
)
_REASON_RECORDS = (
    "the profile is flat: no function takes a tenth, and dictionaries, tuples and strings take most of it, "
    "also where the engine is compiled; what could still be spared is a few per cent (decision 211)"
)
_REASON_CLOCK = "measured by the clock, on a machine that other work shared"
_REASON_START = "Django's start and the engine's data are most of it"
_REASON_SINGLE_RUN = (
    "each file is read once, and a machine that others use changes its speed meanwhile: run it again"
)

TARGETS = (
    Target("org latin f1", "F1, organisations in Latin script", 0.98),
    Target("brazil_registry f1", "F1, Brazil's register", 0.945),
    Target("us_congress_persons f1", "F1, members of Congress", 0.98),
    Target("org token_add_drop_1 specificity", "specificity, one added word", 1.0),
    Target("org number_diff specificity", "specificity, numbers", 1.0),
    Target(
        "org legal_form_diff specificity",
        "specificity, another legal form",
        0.98,
        reason_missed=_REASON_FEW_PAIRS,
    ),
    Target("org legal_form_abbrev recall", "recall, legal form abbreviated", 0.97),
    Target("org case_punct recall", "recall, case and punctuation", 0.97),
    Target(
        "org near_typo_token recall",
        "recall, real slips of organisations",
        0.90,
        reason_missed=_REASON_MISPRINTS,
    ),
    Target("org near_typo_token precision", "precision there", 0.95, reason_missed=_REASON_MISPRINTS),
    Target("ind near_typo_token recall", "recall, real slips of people", 0.90),
    Target("ind near_typo_token precision", "precision there", 0.95),
    Target("ind latin f1", "F1, people", 0.965),
    Target("calibration error", "calibration error of everything", 0.01, ".4f", is_maximum=True),
    Target("org latin review", "review share, organisations in Latin script", 0.15, is_maximum=True),
    Target(
        "organisation review",
        "review share, all organisations",
        0.15,
        is_maximum=True,
        reason_missed=_REASON_TWO_SCRIPTS,
    ),
    Target("explained", "explained, times logic-v2", 5, ".1f", reason_missed=_REASON_RECORDS),
    Target("scored", "scored, times logic-v2", 6.5, ".1f", reason_missed=_REASON_RECORDS),
    Target(
        "cold",
        "one comparison with new names, µs",
        120,
        ",.0f",
        is_maximum=True,
        reason_missed=_REASON_RECORDS,
    ),
    Target("warm", "the same again, µs", 60, ",.0f", is_maximum=True, reason_missed=_REASON_RECORDS),
    Target("slowest", "the slowest pair within the limits, ms", 25, ".1f", is_maximum=True),
    Target("import", "import, seconds", 0.5, ".2f", True, _REASON_CLOCK),
    Target("memory", "memory after import, MiB", 120, ",.0f", is_maximum=True),
    Target("file start", "a file of one row, seconds of the processor", 0.6, ".2f", True, _REASON_START),
    Target("file rate", "rows of a file per second on two processes", 25_000, ",.0f"),
    Target(
        "file times peer", "the same, times logic-v2 on one core", 15, ".1f", reason_missed=_REASON_RECORDS
    ),
    Target(
        "two processes", "a file on two processes, times one", 1.85, ".2f", reason_missed=_REASON_SINGLE_RUN
    ),
    Target(
        "growth",
        "ten times the rows, times the time",
        10.5,
        ".1f",
        is_maximum=True,
        reason_missed=_REASON_SINGLE_RUN,
    ),
)


def report_targets(marks: Mapping[str, float]) -> Iterator[str]:
    """Yield the lines of a part's targets: every measured one, with the reason where it is missed."""
    if not marks:
        return
    yield "### Targets\n"
    yield "| figure | aimed at | measured | |"
    yield "|---|---|---|---|"
    for target in TARGETS:
        if target.name in marks:
            value = marks[target.name]
            bound = f"{'at most' if target.is_maximum else 'at least'} {target.bound:{target.format_spec}}"
            outcome = (
                "met" if target.is_met(value) else f"**missed**: {target.reason_missed or 'no reason known'}"
            )
            yield f"| {target.title} | {bound} | {value:{target.format_spec}} | {outcome} |"
    yield ""
