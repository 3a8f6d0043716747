"""Benchmark report: quality on held-out entities and public sets, speed, memory and growth."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from matching.benchmark.calibration import report_calibration
from matching.benchmark.files import ROWS, report_files
from matching.benchmark.illustrations import report_illustrations
from matching.benchmark.practitioner import report_practitioner_pairs
from matching.benchmark.properties import report_properties
from matching.benchmark.sections import replace_section
from matching.benchmark.speed import (
    PEER,
    NamePairs,
    score_with_peer,
    time_contestants,
    time_single_comparisons,
    time_slowest_pair,
)
from matching.benchmark.targets import Measurements, report_targets
from matching.benchmark.traffic import report_review_load
from matching.engine import load_default_scorer
from matching.engine.execution import COMPILED, EXECUTION, INTERPRETED
from matching.jobs.compare_file import count_cores
from matching.training.evaluation import EvaluationReport, evaluate_pairs
from matching.training.synthetic import DatasetSplit, LabelledPair, assign_split, read_pairs
from modelops.training.evaluation import (
    ClassificationMetrics,
    RateEstimate,
    compute_metrics,
    compute_metrics_by_slice,
)

PEER_THRESHOLD = 0.7
"""Score from which logic-v2 takes two names for one entity (the threshold of its documentation)."""

HELD_OUT = "held-out entities"
"""Name of the labelled set that the targets apply to."""

EVALUATION_SETS = ("brazil_registry", "us_congress_persons")
"""Labelled sets that were never trained on."""

PARTS = ("quality", "practitioner", "properties", "review-load", "calibration", "speed", "files")
"""Parts of the report; each can be measured by itself."""

_OVERALL = ""
"""Key of the peer's metrics over all pairs, beside those by tag."""

WriteLine = Callable[[str], None]


class BenchmarkSettings(NamedTuple):
    """The folder of labelled sets, the peer's Python if it is installed, and the runs of each contestant.

    ``pairs`` is how many pairs the contestants are timed on, ``None`` for all.
    """

    data: Path
    peer: Path | None
    runs: int
    pairs: int | None = None


def write_report(
    setting: BenchmarkSettings, target: Path, say: WriteLine, parts: Sequence[str] = PARTS
) -> None:
    """Measure the named parts and write each as its own section of the Markdown page; others are kept."""
    for part in parts:
        say(f"… {part}")
        marks: Measurements = {}
        lines = [*_REPORTS[part](setting, say, marks)]
        lines += [*report_targets(marks), *_report_environment()]
        for line in lines:
            say(line)
        replace_section(target, f"benchmark-{part}", "\n".join(lines))


def _report_environment() -> Iterator[str]:
    scorer = load_default_scorer()
    yield f"Written by `make benchmark` on {datetime.now(UTC):%Y-%m-%d}; do not edit. {platform.machine()},"
    yield f"{platform.system()}, Python {platform.python_version()}, {EXECUTION} engine, model {scorer.name}"
    yield f"{scorer.version}."


def read_labelled_sets(data: Path) -> Iterator[tuple[str, list[LabelledPair]]]:
    """Yield the labelled sets that exist: the held-out fifth of the training pairs, sets never trained on."""
    training = data / "train_pairs.csv"
    if training.exists():
        yield (
            HELD_OUT,
            [pair for pair in read_pairs(training) if assign_split(pair, 0.2) is DatasetSplit.HELD_OUT],
        )
    for name in EVALUATION_SETS:
        path = data / "eval" / f"{name}.csv"
        if path.exists():
            yield name, read_pairs(path)


def _report_practitioner(setting: BenchmarkSettings, _say: WriteLine, _marks: Measurements) -> Iterator[str]:
    yield from report_practitioner_pairs(setting.peer, PEER_THRESHOLD)


def _report_review_load(_setting: BenchmarkSettings, _say: WriteLine, _marks: Measurements) -> Iterator[str]:
    yield from report_review_load()


def _report_properties(_setting: BenchmarkSettings, _say: WriteLine, _marks: Measurements) -> Iterator[str]:
    yield from report_properties()


def _report_calibration(setting: BenchmarkSettings, _say: WriteLine, _marks: Measurements) -> Iterator[str]:
    yield from report_calibration(dict(read_labelled_sets(setting.data)).get(HELD_OUT, []))


def _report_quality(setting: BenchmarkSettings, say: WriteLine, marks: Measurements) -> Iterator[str]:
    yield "## Quality\n"
    yield "Positive means *immaterial*. Specificity: share of material pairs called so. Intervals are 95 %."
    yield "The sets stay beside the project; no row of them is in it.\n"
    for name, pairs in read_labelled_sets(setting.data):
        say(f"… {name}: {len(pairs):,} pairs")
        report = evaluate_pairs(pairs)
        if name == HELD_OUT:
            marks |= collect_quality_measurements(report)
        marks[f"{name} f1"] = report.overall.f1_immaterial.value
        peer = _measure_peer(pairs, setting.peer) if setting.peer else {}
        yield from _report_labelled_set(name, report, peer)
    yield from report_illustrations(setting.data / "rule_pairs.csv")


def collect_quality_measurements(report: EvaluationReport) -> Measurements:
    """Return the rates of every slice, named as in :data:`~matching.benchmark.targets.TARGETS`."""
    slices = {**report.slices["tag"], **report.slices["script"], **report.slices["kind"]}
    rates = {
        f"{name} {short}": getattr(quality, rate)
        for name, quality in slices.items()
        for short, rate in _RATE_FIELDS.items()
    }
    measured = {name: rate.value for name, rate in rates.items() if rate.n}
    return {**measured, "calibration error": report.overall.calibration_error}


_RATE_FIELDS = {
    "f1": "f1_immaterial",
    "precision": "precision_immaterial",
    "recall": "recall_immaterial",
    "specificity": "specificity",
    "review": "review_share",
}


def _report_labelled_set(
    name: str, report: EvaluationReport, peer: Mapping[str, ClassificationMetrics]
) -> Iterator[str]:
    """Yield the tables of one labelled set; ``peer`` is empty where the peer is not installed."""
    yield f"### {name} ({report.overall.n:,} pairs, {report.overall.material:,} material)\n"
    yield "| | precision | recall | F1 | specificity | review | ECE |"
    yield "|---|---|---|---|---|---|---|"
    yield _format_row("this engine", report.overall, True)
    for title, metrics in report.baselines.items():
        yield _format_row(title, metrics, False)
    if peer:
        yield _format_row(f"logic-v2 at {PEER_THRESHOLD}", peer[_OVERALL], False)
    for script, title in _SCRIPT_TITLES.items():
        if script in report.slices["script"]:
            yield _format_row(f"this engine, {title}", report.slices["script"][script], True)
    yield "\n| kind, tag | n | material | recall | specificity | review | logic-v2 recall | its specificity |"
    yield "|---|---|---|---|---|---|---|---|"
    for tag, metrics in report.slices["tag"].items():
        rates = (metrics.recall_immaterial, metrics.specificity, metrics.review_share)
        peer_rates = (peer[tag].recall_immaterial, peer[tag].specificity) if tag in peer else (None, None)
        cells = map(_format_percent, (*rates, *peer_rates))
        yield f"| {tag} | {metrics.n:,} | {metrics.material:,} | {' | '.join(cells)} |"
    yield ""


_SCRIPT_TITLES = {"org latin": "organisations in Latin script", "ind latin": "people in Latin script"}


def _format_row(title: str, metrics: ClassificationMetrics, has_verdicts: bool) -> str:
    """Return a row of the table; contestants without verdicts have no review share and no calibration."""
    review = f"{metrics.review_share.value:.1%}" if has_verdicts else "-"
    ece = f"{metrics.calibration_error:.4f}" if has_verdicts else "-"
    return (
        f"| {title} | {metrics.precision_immaterial} | {metrics.recall_immaterial} "
        f"| {metrics.f1_immaterial} | {metrics.specificity} | {review} | {ece} |"
    )


def _format_percent(rate: RateEstimate | None) -> str:
    return f"{rate.value:.1%}" if rate is not None and rate.n else "-"


def _measure_peer(pairs: Sequence[LabelledPair], python: Path) -> dict[str, ClassificationMetrics]:
    """Measure the peer's scores like ours: overall under :data:`_OVERALL`, and by tag."""
    scores = score_with_peer(python, [(pair.left, pair.right, pair.kind) for pair in pairs])
    labels = [pair.material for pair in pairs]
    probabilities = [0.0 if score >= PEER_THRESHOLD else 1.0 for score in scores]
    tags = [f"{pair.kind[:3]} {pair.category}" for pair in pairs]
    return {
        _OVERALL: compute_metrics(labels, probabilities),
        **compute_metrics_by_slice(labels, probabilities, tags),
    }


def _read_speed_pairs(data: Path) -> NamePairs:
    training = data / "train_pairs.csv"
    pairs = read_pairs(training) if training.exists() else []
    return [(pair.left, pair.right, pair.kind) for pair in pairs if _is_readable(pair)]


def _is_readable(pair: LabelledPair) -> bool:
    return all(any(char.isalnum() for char in name) for name in (pair.left, pair.right))


def _report_speed(setting: BenchmarkSettings, say: WriteLine, marks: Measurements) -> Iterator[str]:
    rows = _spread(_read_speed_pairs(setting.data))[: setting.pairs]
    if not rows:
        return
    say(f"… speed over {len(rows):,} pairs, {setting.runs} runs a contestant")
    timings, starts = time_contestants(rows, _list_contestants(), setting.peer, setting.runs)
    slowest = time_slowest_pair()
    single, base = time_single_comparisons(rows), timings[PEER].median if PEER in timings else 0.0
    yield f"## Speed, {len(rows):,} pairs, one process, one core, {EXECUTION} engine\n"
    yield f"Processor time, medians of {setting.runs} runs. All contestants are warmed up and take turns of"
    yield "250 pairs. An explained answer is built whole, as it is sent. Ratios carry further than figures.\n"
    yield "| contestant | pairs per second, median (least to greatest) | times logic-v2 |"
    yield "|---|---|---|"
    for name, timing in timings.items():
        yield f"| {name} | {timing} | {timing.median / base:.1f} |" if base else f"| {name} | {timing} | - |"
    ours, peer = starts["explained"], starts.get(PEER)
    marks |= {name: timings[name].median / base for name in ("explained", "scored") if base}
    marks |= {"cold": single["cold"] * 1e6, "warm": single["warm"] * 1e6, "slowest": slowest * 1e3}
    marks |= {"import": ours["import"], "memory": ours["import_memory_kib"] / 1024}
    yield "\n| | this engine | logic-v2 |"
    yield "|---|---|---|"
    yield f"| import, seconds | {ours['import']:.2f} | {_format_or_dash(peer, 'import', 1, '.2f')} |"
    memory = _format_or_dash(peer, "import_memory_kib", 1024, ".0f")
    yield f"| memory after import, MiB | {ours['import_memory_kib'] / 1024:.0f} | {memory} |"
    yield f"| one comparison with new names, µs | {single['cold'] * 1e6:.0f} | - |"
    yield f"| the same comparison again, µs | {single['warm'] * 1e6:.0f} | - |"
    yield f"| the slowest pair within the limits, ms | {slowest * 1e3:.1f} | - |\n"
    yield _describe_load()


def _describe_load() -> str:
    """Return how busy the machine was; other work slows contestants by different factors."""
    load, cores = os.getloadavg()[0], count_cores()
    busy = ": other work was running; run it again on a quiet machine" if load > cores else ""
    return f"Load of the machine at the end: {load:.1f} on {cores} cores{busy}.\n"


def _list_contestants() -> list[str]:
    """Return our tasks, and of a compiled engine the same by its source as well."""
    tasks = ["explained", "scored"]
    sources = [f"{task}, {INTERPRETED}" for task in tasks] if EXECUTION == COMPILED else []
    return [*tasks, *sources, "floor"]


def _spread(rows: NamePairs) -> NamePairs:
    """Return the pairs in an order that mixes their kinds, which the file holds one after another."""
    return [row for first in range(_STRIDE) for row in rows[first::_STRIDE]]


_STRIDE = 97


def _format_or_dash(measured: dict[str, float] | None, name: str, unit: float, format_spec: str) -> str:
    return format(measured[name] / unit, format_spec) if measured else "-"


def _measure_peer_rate(rows: NamePairs, peer: Path | None) -> float:
    """Return the pairs per second of the peer on one core, 0.0 where it is not installed."""
    return time_contestants(rows, (), peer, 1)[0][PEER].median if peer else 0.0


def _report_files(setting: BenchmarkSettings, say: WriteLine, marks: Measurements) -> Iterator[str]:
    """Yield how long files take, where there are labelled pairs."""
    rows = _read_speed_pairs(setting.data)[:ROWS]
    if rows:
        yield from report_files(rows, _measure_peer_rate(rows, setting.peer), say, marks)


_REPORTS: Mapping[str, Callable[[BenchmarkSettings, WriteLine, Measurements], Iterator[str]]] = {
    "quality": _report_quality,
    "practitioner": _report_practitioner,
    "properties": _report_properties,
    "review-load": _report_review_load,
    "calibration": _report_calibration,
    "speed": _report_speed,
    "files": _report_files,
}
