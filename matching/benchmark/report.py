"""The benchmark's report: quality on held-out entities and public sets, speed, memory and growth."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from matching.benchmark.illustrations import report_illustrations
from matching.benchmark.sections import read_sections
from matching.benchmark.speed import NamePairs, run_peer, run_task, time_contestants
from matching.benchmark.targets import Measurements, report_targets
from matching.engine import Kind, load_default_scorer
from matching.jobs.compare_file import FileCompareOptions, compare_file
from matching.training.evaluation import EvaluationReport, evaluate_pairs
from matching.training.synthetic import DatasetSplit, LabelledPair, assign_split, read_pairs
from modelops.training.evaluation import ClassificationMetrics, compute_metrics, compute_metrics_by_slice

PEER_THRESHOLD = 0.7
"""Score from which logic-v2 calls two names one entity (its documentation's threshold)."""

HELD_OUT = "held-out entities"
"""Name of the labelled set that targets are about."""

WriteLine = Callable[[str], None]


class BenchmarkSettings(NamedTuple):
    """What is measured: the folder of labelled sets, the peer's Python if there is one, runs a contestant."""

    data: Path
    peer: Path | None
    runs: int


def write_report(setting: BenchmarkSettings, target: Path, say: WriteLine) -> None:
    """Measure everything and write the report as Markdown; sections that other commands wrote stay."""
    lines = [*_report_environment(setting)]
    marks: Measurements = {}
    for section in (_report_quality, _report_speed, _report_file_growth):
        for line in section(setting, say, marks):
            lines.append(line)
            say(line)
    for line in report_targets(marks):
        lines.append(line)
        say(line)
    target.write_text("\n".join(lines) + "\n" + read_sections(target), encoding="utf-8")


def _report_environment(setting: BenchmarkSettings) -> Iterator[str]:
    scorer = load_default_scorer()
    yield "# Benchmarks\n"
    yield f"Written by `make benchmark` on {datetime.now(UTC):%Y-%m-%d}; do not edit. One run on one machine:"
    yield f"{platform.machine()}, {platform.system()}, Python {platform.python_version()},"
    yield f"model {scorer.name} {scorer.version}. Medians of {setting.runs}, contestants taking turns."
    yield "Ratios carry further than figures. The sets stay beside the project; no row of them is in it.\n"


def read_labelled_sets(data: Path) -> Iterator[tuple[str, list[LabelledPair]]]:
    """The labelled sets that are there: the held-out fifth of the training pairs, sets never trained on."""
    training = data / "train_pairs.csv"
    if training.exists():
        yield (
            HELD_OUT,
            [pair for pair in read_pairs(training) if assign_split(pair, 0.2) is DatasetSplit.HELD_OUT],
        )
    for path in sorted((data / "eval").glob("*.csv")):
        yield path.stem, read_pairs(path)


def _report_quality(setting: BenchmarkSettings, say: WriteLine, marks: Measurements) -> Iterator[str]:
    yield "## Quality\n"
    yield "Positive means *immaterial*. Specificity: share of material pairs called so. Intervals are 95 %.\n"
    for name, pairs in read_labelled_sets(setting.data):
        say(f"… {name}: {len(pairs):,} pairs")
        found = evaluate_pairs(pairs)
        if name == HELD_OUT:
            marks |= collect_quality_measurements(found)
        yield from _report_labelled_set(name, pairs, found, setting)
    yield from report_illustrations(setting.data / "rule_pairs.csv")


def collect_quality_measurements(found: EvaluationReport) -> Measurements:
    """Figures of the slices that have targets."""
    slices = {**found.slices["tag"], **found.slices["script"], **found.slices["kind"]}
    rates = {
        f"{name} {short}": getattr(quality, rate)
        for name, quality in slices.items()
        for short, rate in _RATE_FIELDS.items()
    }
    measured = {name: rate.value for name, rate in rates.items() if rate.n}
    return {**measured, "calibration error": found.overall.calibration_error}


_RATE_FIELDS = {
    "f1": "f1_immaterial",
    "precision": "precision_immaterial",
    "recall": "recall_immaterial",
    "specificity": "specificity",
    "review": "review_share",
}


def _report_labelled_set(
    name: str, pairs: list[LabelledPair], found: EvaluationReport, setting: BenchmarkSettings
) -> Iterator[str]:
    rows = {"this engine": found.overall, **found.baselines}
    tags = found.slices["tag"]
    if setting.peer:
        peer = _measure_peer(pairs, setting.peer)
        rows["logic-v2 at 0.7"] = peer[""]
    yield f"### {name} ({found.overall.n:,} pairs, {found.overall.material:,} material)\n"
    yield "| | precision | recall | F1 | specificity | review | ECE |"
    yield "|---|---|---|---|---|---|---|"
    for title, quality in rows.items():
        yield _format_row(title, quality, title == "this engine")
    for script, of in (
        ("org latin", "organisations in Latin script"),
        ("ind latin", "people in Latin script"),
    ):
        if script in found.slices["script"]:
            yield _format_row(f"this engine, {of}", found.slices["script"][script], True)
    yield "\n| kind, tag | n | material | recall | specificity | review | logic-v2 recall | its specificity |"
    yield "|---|---|---|---|---|---|---|---|"
    for tag, quality in tags.items():
        other = peer.get(tag) if setting.peer else None
        yield (
            f"| {tag} | {quality.n:,} | {quality.material:,} "
            f"| {_format_percent(quality, 'recall_immaterial')} | "
            f"{_format_percent(quality, 'specificity')} | {quality.review_share.value:.1%} | "
            f"{_format_percent(other, 'recall_immaterial')} | {_format_percent(other, 'specificity')} |"
        )
    yield ""


def _format_row(title: str, quality: ClassificationMetrics, ours: bool) -> str:
    review = f"{quality.review_share.value:.1%}" if ours else "-"
    ece = f"{quality.calibration_error:.4f}" if ours else "-"
    return (
        f"| {title} | {quality.precision_immaterial} | {quality.recall_immaterial} "
        f"| {quality.f1_immaterial} | {quality.specificity} | {review} | {ece} |"
    )


def _format_percent(quality: ClassificationMetrics | None, name: str) -> str:
    rate = getattr(quality, name) if quality else None
    return f"{rate.value:.1%}" if rate is not None and rate.n else "-"


def _measure_peer(pairs: Sequence[LabelledPair], python: Path) -> dict[str, ClassificationMetrics]:
    """The peer's answers measured as ours: overall under ``""`` and by tag."""
    scores = run_peer(python, [(pair.left, pair.right, pair.kind) for pair in pairs])["scores"]
    labels = [pair.material for pair in pairs]
    said = [0.0 if score >= PEER_THRESHOLD else 1.0 for score in scores]
    tags = [f"{pair.kind[:3]} {pair.category}" for pair in pairs]
    return {"": compute_metrics(labels, said), **compute_metrics_by_slice(labels, said, tags)}


def _read_speed_pairs(data: Path) -> NamePairs:
    training = data / "train_pairs.csv"
    pairs = read_pairs(training) if training.exists() else []
    return [(pair.left, pair.right, pair.kind) for pair in pairs if _is_readable(pair)]


def _is_readable(pair: LabelledPair) -> bool:
    return all(any(char.isalnum() for char in name) for name in (pair.left, pair.right))


def _report_speed(setting: BenchmarkSettings, say: WriteLine, marks: Measurements) -> Iterator[str]:
    rows = _read_speed_pairs(setting.data)
    if not rows:
        return
    say(f"… speed over {len(rows):,} pairs, {setting.runs} runs a contestant")
    found, last = time_contestants(rows, ("explained", "scored", "floor"), setting.peer, setting.runs)
    single = run_task("single", rows)
    yield f"## Speed, {len(rows):,} pairs, one process, one core\n"
    yield "| contestant | pairs per second, median (least to greatest) | times logic-v2 |"
    yield "|---|---|---|"
    base = found["logic-v2"].median if "logic-v2" in found else 0.0
    for name, timing in found.items():
        yield f"| {name} | {timing} | {timing.median / base:.1f} |" if base else f"| {name} | {timing} | - |"
    ours, peer = last["explained"], last.get("logic-v2")
    marks |= {name: found[name].median / base for name in ("explained", "scored") if base}
    marks |= {"cold": single["cold"] * 1e6, "warm": single["warm"] * 1e6}
    marks |= {"import": ours["import"], "memory": ours["import_memory_kib"] / 1024}
    yield "\n| | this engine | logic-v2 |"
    yield "|---|---|---|"
    yield f"| import, seconds | {ours['import']:.2f} | {_format_or_dash(peer, 'import', 1, '.2f')} |"
    memory = _format_or_dash(peer, "memory_kib", 1024, ".0f")
    yield f"| memory after import, MiB | {ours['import_memory_kib'] / 1024:.0f} | {memory} |"
    yield f"| one comparison with new names, µs | {single['cold'] * 1e6:.0f} | - |"
    yield f"| the same comparison again, µs | {single['warm'] * 1e6:.0f} | - |\n"


def _format_or_dash(found: dict[str, float] | None, name: str, unit: float, form: str) -> str:
    return format(found[name] / unit, form) if found else "-"


def _report_file_growth(setting: BenchmarkSettings, say: WriteLine, marks: Measurements) -> Iterator[str]:
    """How a file's time and memory grow with its rows, and with a second core."""
    rows = _read_speed_pairs(setting.data)[:3_000]
    if not rows:
        return
    yield "## Files: growth and cores (`compare_file`)\n"
    yield "| rows | processes | seconds | rows per second |"
    yield "|---|---|---|---|"
    seconds: dict[tuple[int, int], float] = {}
    with TemporaryDirectory() as folder:
        for times, processes in ((1, 1), (10, 1), (100, 1), (10, 2)):
            say(f"… {len(rows) * times:,} rows on {processes}")
            taken = seconds[times, processes] = _time_file(rows, times, processes, Path(folder))
            total = len(rows) * times
            yield f"| {total:,} | {processes} | {taken:.1f} | {total / taken:,.0f} |"
    marks |= {"two processes": seconds[10, 1] / seconds[10, 2], "growth": seconds[100, 1] / seconds[10, 1]}
    yield ""


def _time_file(rows: NamePairs, times: int, processes: int, folder: Path) -> float:
    source, target = folder / "in.csv", folder / "out.csv"
    with source.open("w", encoding="utf-8", newline="") as file:
        file.write("name_a,name_b\n")
        for turn in range(times):
            for left, right, kind in rows:
                # A different word every turn: nothing remembered from an earlier turn helps.
                extra = f" {turn}" if turn and kind == Kind.ORGANISATION else ""
                file.write(f'"{_escape_csv(left)}{extra}","{_escape_csv(right)}{extra}"\n')
    started = time.perf_counter()
    compare_file(
        source, target, FileCompareOptions(("name_a", "name_b")), processes, lambda _rows, _read: None
    )
    return time.perf_counter() - started


def _escape_csv(name: str) -> str:
    return name.replace('"', '""').replace("\n", " ")
