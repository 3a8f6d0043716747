"""From reviewers' decisions to a candidate model.

Every adjudicated label (the audit stream apart, which is kept for estimates) is trained on together with the
corpus that is made by construction; labels weigh one over the chance with which they were picked. The result
is registered as a candidate: nothing here makes a model live. Imported by commands and workers only, because
it brings scikit-learn and MLflow.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import User
from feedback.models import Feedback
from matching import learning
from matching.corpus import DEFAULT_SIZE, LabelledPair, PairsFileError, generate, read_pairs
from matching.engine import feature_schema_hash
from matching.services import build_scorer
from modelops import registry, runs
from modelops.models import ModelVersion, RunStatus, Stage, TrainingRun
from modelops.registry import LoggedRun
from modelops.services import Registration, register_version
from modelops.training import TrainedModel, TrainingError

SEED = 20
"""One seed for ever: two runs on the same labels give the same model."""

_FEWEST_REAL = 200
"""Labels of each answer, at least, before results are measured on labels alone instead of on everything."""

_HEAVIEST = 20.0
"""Most that one label may weigh, however unlikely it was to be picked."""

_READABLE = (TrainingError, PairsFileError)
"""Errors whose message is made of numbers and file names."""


@dataclass(frozen=True)
class _Candidate:
    """A trained model with its files."""

    version: str
    trained: TrainedModel
    files: dict[str, bytes]


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
    with runs.alone():
        asked = {"corpus_size": corpus_size, "files": [path.name for path in files]}
        run = TrainingRun.objects.create(trigger=trigger, requested_by=requested_by, parameters=asked)
        return _work(run, corpus_size, files)


def retrain_queued() -> TrainingRun | None:
    """Do the run that waits longest, if any. Raises as :func:`retrain` does."""
    with runs.alone():
        run = TrainingRun.objects.queued().first()
        return _work(run, int(run.parameters.get("corpus_size", DEFAULT_SIZE)), ()) if run else None


def labelled_pairs(labels: Sequence[Feedback]) -> Iterator[LabelledPair]:
    """Turn labels into pairs to learn from; the label is converted to *material* nowhere else."""
    by_answer = [sum(row.user_correction is answer for row in labels) for answer in (True, False)]
    source = "feedback" if min(by_answer) >= _FEWEST_REAL else learning.CONSTRUCTED
    relief = 1.0 if source == "feedback" else 1 / learning.CONSTRUCTED_WEIGHT
    for row in labels:
        seen = row.prediction
        weight = min(1 / (seen.selection_probability or 1.0), _HEAVIEST)
        yield LabelledPair(
            left=seen.name1,
            right=seen.name2,
            material=bool(row.user_correction),
            kind=seen.kind,
            category="feedback",
            entity=seen.pair_digest,
            weight=weight * relief,
            source=source,
        )


def _work(run: TrainingRun, corpus_size: int, files: Sequence[Path]) -> TrainingRun:
    with runs.working(run, _READABLE):
        runs.tell(run, "gathering labels", Stage.GATHERING, 0)
        labels = list(Feedback.objects.for_training())
        pairs = chain(
            (pair for path in files for pair in read_pairs(path)),
            labelled_pairs(labels),
            generate(SEED, corpus_size),
        )
        candidate = _trained(run, pairs)
        runs.tell(run, "registering", Stage.REGISTERING, 90)
        params = {"chosen": candidate.trained.chosen, "rows": candidate.trained.rows, "labels": len(labels)}
        logged = registry.log_version(
            learning.MODEL_NAME, candidate.version, candidate.files, params, dict(candidate.trained.metrics)
        )
        return _finish(run, labels, candidate, logged)


def _trained(run: TrainingRun, pairs: Iterator[LabelledPair]) -> _Candidate:
    def report(message: str) -> None:
        runs.tell(run, message)

    runs.tell(run, "reading pairs", Stage.READING, 5)
    data = learning.dataset(pairs, report)
    runs.tell(run, "training", Stage.TRAINING, 30)
    trained = learning.train(data, SEED, report)
    candidate = _saved(trained, f"{timezone.now():%Y.%m.%d-%H%M%S}")
    build_scorer(candidate.files["model.json"])
    return candidate


@transaction.atomic
def _finish(
    run: TrainingRun, labels: list[Feedback], candidate: _Candidate, logged: LoggedRun
) -> TrainingRun:
    """Register the candidate, mark its labels and close the run, all or nothing."""
    runs.tell(run, "done", progress=100)
    run.model = _registered(candidate, logged, run.requested_by)
    waiting = Feedback.objects.waiting().filter(pk__in=[row.pk for row in labels])
    run.labels_used = waiting.update(processed=True, training_run=run)
    run.status, run.finished_at = RunStatus.SUCCEEDED, timezone.now()
    run.save(update_fields=["model", "labels_used", "status", "finished_at"])
    audit.record("training.finished", run, run.requested_by, version=str(run.model), labels=run.labels_used)
    return run


def _registered(candidate: _Candidate, logged: LoggedRun, actor: User | None) -> ModelVersion:
    metrics = dict(candidate.trained.metrics)
    given = Registration(
        name=learning.MODEL_NAME,
        version=candidate.version,
        content=candidate.files["model.json"],
        schema_hash=feature_schema_hash(),
        model_path=logged.source,
        mlflow_run_id=logged.run_id,
        accuracy=metrics.get("accuracy"),
        metrics=metrics,
    )
    return register_version(given, actor)


def _saved(trained: TrainedModel, version: str) -> _Candidate:
    with tempfile.TemporaryDirectory() as folder:
        learning.save(trained, Path(folder), version, "manage.py retrain")
        files = {path.name: path.read_bytes() for path in Path(folder).iterdir()}
    return _Candidate(version, trained, files)
