"""Train a candidate model on reviewers' decisions.

The training data are all adjudicated labels, except those of the audit stream (reserved for estimates), and
the synthetic corpus. A label is weighted by the inverse of its selection probability. The result is
registered as a candidate; nothing in this module deploys a model. Only commands and workers import this
module, because it loads scikit-learn and MLflow.
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
"""Fixed seed: two runs on the same labels give the same model."""

_MIN_LABELS_PER_ANSWER = 200
"""Minimum number of labels per answer, under clauses still in force, for evaluation on labels alone.
Below it the evaluation uses all data."""

_MAX_LABEL_WEIGHT = 20.0
"""Maximum weight of one label, whatever its selection probability."""

_REPORTABLE_ERRORS = (TrainingError, PairsFileError)
"""Errors whose message contains only numbers and file names, so that it may be stored and shown."""


def retrain(
    trigger: str,
    requested_by: User | None,
    corpus_size: int = DEFAULT_SIZE,
    files: Sequence[Path] = (),
) -> TrainingRun:
    """Train and register a candidate on all labels and the labelled ``files``; return the finished run.

    Raises ``TrainingBusyError`` while another run is in progress, ``PairsFileError`` for an unreadable file,
    ``TrainingError`` when the labels cannot train a model. A failed run is kept with its error and leaves its
    labels pending.
    """
    with runs.hold_training_lock():
        parameters = {"corpus_size": corpus_size, "files": [path.name for path in files]}
        run = TrainingRun.objects.create(trigger=trigger, requested_by=requested_by, parameters=parameters)
        return _execute_run(run, corpus_size, files)


def retrain_queued() -> TrainingRun | None:
    """Execute the oldest queued run, if any. Raises the same errors as :func:`retrain`."""
    with runs.hold_training_lock():
        run = TrainingRun.objects.queued().first()
        return _execute_run(run, int(run.parameters.get("corpus_size", DEFAULT_SIZE)), ()) if run else None


def build_labelled_pairs(labels: Sequence[Feedback]) -> Iterator[LabelledPair]:
    """Convert labels to training pairs; this is the only place that converts a label to *material*."""
    changed = {
        version: find_changed_categories(version) for version in {row.guideline_version for row in labels}
    }
    outdated = [bool(changed[row.guideline_version] & row.prediction.categories) for row in labels]
    current = [row.user_correction for row, old in zip(labels, outdated, strict=True) if not old]
    by_answer = [current.count(answer) for answer in (True, False)]
    source = "feedback" if min(by_answer) >= _MIN_LABELS_PER_ANSWER else SYNTHETIC_SOURCE
    factor = 1.0 if source == "feedback" else 1 / fitting.SYNTHETIC_WEIGHT
    for row, old in zip(labels, outdated, strict=True):
        prediction = row.prediction
        weight = min(1 / (prediction.selection_probability or 1.0), _MAX_LABEL_WEIGHT)
        yield LabelledPair(
            left=prediction.name1,
            right=prediction.name2,
            material=bool(row.user_correction),
            kind=prediction.kind,
            category="feedback",
            entity=prediction.pair_digest,
            weight=weight * factor,
            source=source,
            is_outdated=old,
        )


def _build_constructed_pairs(size: int) -> list[LabelledPair]:
    """Return the synthetic corpus, which follows the starting guideline.

    Pairs of categories whose clause has changed since are marked as outdated.
    """
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
        candidate = pipeline.train_candidate(pairs, SEED, version, "manage.py retrain", report)
        report("registering", TrainingStage.REGISTERING, 90)
        logged = mlflow_registry.log_version(
            fitting.MODEL_NAME,
            candidate.version,
            candidate.files,
            {**candidate.params, "labels": len(labels), "corpus_size": corpus_size},
            candidate.metrics,
        )
        return _finish_run(run, candidate.build_registration(logged.source, logged.run_id))


@contextmanager
def _release_labels_on_failure(run: TrainingRun) -> Iterator[None]:
    """Release the labels of a run when it fails.

    The labels of a killed run become available when the run is marked as failed.
    """
    try:
        yield
    except BaseException:
        release_labels(run)
        raise


@transaction.atomic
def _finish_run(run: TrainingRun, registration: VersionRegistration) -> TrainingRun:
    """Register the candidate, mark its labels as used and close the run, in one transaction."""
    runs.report_progress(run, "done", progress=100)
    run.model = register_version(registration, run.requested_by)
    run.labels_used = mark_labels_used(run)
    run.status, run.finished_at = RunStatus.SUCCEEDED, timezone.now()
    run.save(update_fields=["model", "labels_used", "status", "finished_at"])
    trail.record_event(
        "training.finished", run, run.requested_by, version=str(run.model), labels=run.labels_used
    )
    return run
