"""From reviewers' decisions to a candidate model.

Every adjudicated label (the audit stream apart, which is kept for estimates) is trained on together with the
corpus that is made by construction; labels weigh one over the chance with which they were picked. The result
is registered as a candidate: nothing here makes a model live. Imported by commands and workers only, because
it brings scikit-learn and MLflow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from django.db import transaction
from django.utils import timezone
from threadpoolctl import threadpool_limits

from accounts.audit import trail
from accounts.models import User
from feedback.guideline import starting_guideline
from feedback.guideline.service import find_changed_categories
from feedback.models import Feedback
from feedback.retraining.labels import claim_labels, mark_labels_used, release_labels
from matching.training import fitting, pipeline
from matching.training.dataset import SYNTHETIC_SOURCE
from matching.training.synthetic import DEFAULT_SIZE, LabelledPair, PairsFileError, generate_pairs, read_pairs
from modelops.deployment.registration import VersionRegistration, register_version
from modelops.models import RunStatus, TrainingRun, TrainingStage
from modelops.registry import mlflow_registry
from modelops.training import runs
from modelops.training.fitting import TrainingError

SEED = 20
"""One seed for ever: two runs on the same labels give the same model."""

_MIN_LABELS_PER_ANSWER = 200
"""Labels of each answer, at least, under rules still in force, before results are measured on labels alone
instead of on everything."""

_MAX_LABEL_WEIGHT = 20.0
"""Most that one label may weigh, however unlikely it was to be picked."""

_REPORTABLE_ERRORS = (TrainingError, PairsFileError)
"""Errors whose message is made of numbers and file names."""


def retrain(
    trigger: str,
    requested_by: User | None,
    corpus_size: int = DEFAULT_SIZE,
    files: Sequence[Path] = (),
) -> TrainingRun:
    """Train a candidate on every label there is, and on labelled files; register it; return the finished run.

    Raises ``BusyError`` while another run is under way, ``PairsFileError`` for a file that cannot be read,
    ``TrainingError`` when the labels cannot train a model; a failed run is kept with its error and uses up no
    label.
    """
    with runs.hold_training_lock():
        asked = {"corpus_size": corpus_size, "files": [path.name for path in files]}
        run = TrainingRun.objects.create(trigger=trigger, requested_by=requested_by, parameters=asked)
        return _execute_run(run, corpus_size, files)


def retrain_queued() -> TrainingRun | None:
    """Do the run that waits longest, if any. Raises as :func:`retrain` does."""
    with runs.hold_training_lock():
        run = TrainingRun.objects.queued().first()
        return _execute_run(run, int(run.parameters.get("corpus_size", DEFAULT_SIZE)), ()) if run else None


def build_labelled_pairs(labels: Sequence[Feedback]) -> Iterator[LabelledPair]:
    """Turn labels into pairs to learn from; the label is converted to *material* nowhere else."""
    changed = {
        version: find_changed_categories(version) for version in {row.guideline_version for row in labels}
    }
    outdated = [bool(changed[row.guideline_version] & row.prediction.categories) for row in labels]
    current = [row.user_correction for row, old in zip(labels, outdated, strict=True) if not old]
    by_answer = [current.count(answer) for answer in (True, False)]
    source = "feedback" if min(by_answer) >= _MIN_LABELS_PER_ANSWER else SYNTHETIC_SOURCE
    relief = 1.0 if source == "feedback" else 1 / fitting.SYNTHETIC_WEIGHT
    for row, old in zip(labels, outdated, strict=True):
        seen = row.prediction
        weight = min(1 / (seen.selection_probability or 1.0), _MAX_LABEL_WEIGHT)
        yield LabelledPair(
            left=seen.name1,
            right=seen.name2,
            material=bool(row.user_correction),
            kind=seen.kind,
            category="feedback",
            entity=seen.pair_digest,
            weight=weight * relief,
            source=source,
            is_outdated=old,
        )


def _build_constructed_pairs(size: int) -> list[LabelledPair]:
    """Return the built-in corpus, which says what the starting guideline says."""
    changed = find_changed_categories(starting_guideline.read_version())
    return [
        replace(pair, is_outdated=True) if changed.intersection(pair.category.split("+")) else pair
        for pair in generate_pairs(SEED, size)
    ]


def _execute_run(run: TrainingRun, corpus_size: int, files: Sequence[Path]) -> TrainingRun:
    def report(message: str, stage: str, progress: int | None) -> None:
        runs.report_progress(run, message, stage, progress)

    with (
        runs.track_run(run, _REPORTABLE_ERRORS),
        _release_labels_on_failure(run),
        threadpool_limits(1, "openmp"),
    ):
        report("gathering labels", TrainingStage.GATHERING, 0)
        labels = [*Feedback.objects.for_training().filter(processed=True), *claim_labels(run)]
        from_files = [pair for path in files for pair in read_pairs(path)]
        pairs = [*from_files, *build_labelled_pairs(labels), *_build_constructed_pairs(corpus_size)]
        version = f"{timezone.now():%Y.%m.%d-%H%M%S}"
        found = pipeline.train_candidate(pairs, SEED, version, "manage.py retrain", report)
        report("registering", TrainingStage.REGISTERING, 90)
        logged = mlflow_registry.log_version(
            fitting.MODEL_NAME,
            found.version,
            found.files,
            {**found.params, "labels": len(labels), "corpus_size": corpus_size},
            found.metrics,
        )
        return _finish_run(run, found.build_registration(logged.source, logged.run_id))


@contextmanager
def _release_labels_on_failure(run: TrainingRun) -> Iterator[None]:
    """Release what a run claimed when it fails; what a killed run held is free once it is marked so."""
    try:
        yield
    except BaseException:
        release_labels(run)
        raise


@transaction.atomic
def _finish_run(run: TrainingRun, given: VersionRegistration) -> TrainingRun:
    """Register the candidate, mark its labels and close the run, all or nothing."""
    runs.report_progress(run, "done", progress=100)
    run.model = register_version(given, run.requested_by)
    run.labels_used = mark_labels_used(run)
    run.status, run.finished_at = RunStatus.SUCCEEDED, timezone.now()
    run.save(update_fields=["model", "labels_used", "status", "finished_at"])
    trail.record_event(
        "training.finished", run, run.requested_by, version=str(run.model), labels=run.labels_used
    )
    return run
