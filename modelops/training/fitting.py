"""Training of a model on named numeric features, whose meaning is not known here.

Candidates are compared by cross-validation over groups, so that no entity is in both the training and the
test fold. The winner is fitted, calibrated on groups it was not fitted on, and given the thresholds at which
it may decide without review (:mod:`modelops.training.thresholds`). The result is one scikit-learn estimator
with ``predict_proba``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, GroupShuffleSplit
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from modelops.arrays import BoolArray, FloatArray, IntArray
from modelops.sentences import TrainingSentence
from modelops.training.evaluation import expected_calibration_error, log_loss
from modelops.training.thresholds import AbstentionBand, guarantee_immaterial, guarantee_material
from modelops.training.trained_model import CandidateScore, TrainedModel

ProgressCallback = Callable[[str], None]

N_FOLDS = 4
CALIBRATION_SHARE = 0.3
CALIBRATION_METHODS = ("sigmoid", "isotonic")
MIN_GROUPS = 10
"""Smallest number of groups of each label that can be trained and tested on."""


class TrainingError(ValueError):
    """The data cannot train a model; the message says why."""


@dataclass(frozen=True, slots=True)
class BandRows:
    """Row masks of one pair of thresholds.

    ``immaterial`` and ``material``: the rows that the model may decide so without review; ``settled``: the
    rows that a rule decides as immaterial, which count towards the guarantee of that verdict.
    """

    immaterial: BoolArray
    material: BoolArray
    settled: BoolArray

    def get_mask(self) -> BoolArray:
        """Return the rows that any of the guarantees counts."""
        return self.immaterial | self.material | self.settled

    def take(self, chosen: IntArray) -> BandRows:
        """Return the masks of the rows at the given indices."""
        return BandRows(self.immaterial[chosen], self.material[chosen], self.settled[chosen])


@dataclass(frozen=True, slots=True)
class TrainingRows:
    """Training rows: features, labels (1 = material), entity groups and weights, one entry per row.

    ``evaluation_mask`` marks rows used for metrics and calibration (real traffic that depends on the model).
    """

    features: FloatArray
    labels: IntArray
    groups: IntArray
    weights: FloatArray
    evaluation_mask: BoolArray

    def take(self, chosen: NDArray[Any]) -> TrainingRows:
        """Return the rows at the given indices or mask."""
        return TrainingRows(*(getattr(self, name)[chosen] for name in self.__slots__))


def build_candidates(monotone: Sequence[int], seed: int) -> dict[str, Any]:
    """Return the estimators that are compared, simplest first."""
    candidates: dict[str, Any] = {
        f"logistic C={strength}": _build_logistic(strength) for strength in (0.03, 0.3)
    }
    for name, trees, leaves in (("small trees", 60, 6), ("trees", 90, 12), ("large trees", 110, 20)):
        candidates[f"boosted {name}"] = HistGradientBoostingClassifier(
            max_iter=trees,
            max_leaf_nodes=leaves,
            max_depth=6,
            learning_rate=0.12,
            min_samples_leaf=40,
            l2_regularization=2.0,
            monotonic_cst=list(monotone),
            early_stopping=False,
            random_state=seed,
        )
    return candidates


def fit(
    features: ArrayLike,
    labels: ArrayLike,
    groups: Sequence[Any],
    weights: ArrayLike | None,
    feature_names: Sequence[str],
    monotone: Sequence[int],
    **options: Any,
) -> TrainedModel:
    """Compare candidates, fit and calibrate the best, and compute its thresholds.

    Labels: 1 is material. Options, with defaults in brackets: ``counted`` (all rows) is the evaluation mask
    of :class:`TrainingRows`; ``bands`` names the :class:`BandRows` of each pair of thresholds (``"all"``:
    every row in both directions); ``kept`` (none) marks further rows that get an out-of-group probability
    of their own; ``seed`` (20); ``report`` is called with progress messages. Raises :class:`TrainingError`
    when rows are inconsistent, not finite, or too few.
    """
    seed, report = int(options.get("seed", 20)), options.get("report", _ignore_progress)
    rows = _build_rows(features, labels, groups, weights, options)
    _check_rows(rows, feature_names, monotone)
    row_count, bands = len(rows.labels), options.get("bands") or {"all": _build_open_band(len(rows.labels))}
    kept, rows = _merge_duplicates(rows, _mark_needed_rows(bands, options.get("kept")))
    compared = build_candidates(monotone, seed)
    scores = tuple(_cross_validate(name, compared[name], rows, seed, report) for name in compared)
    chosen = _choose_candidate(scores)
    method, predicted = _cross_fit(compared[chosen], rows, seed)
    report(f"chosen: {chosen}, {method} calibration; fitting it on everything")
    return TrainedModel(
        estimator=_fit_and_calibrate(compared[chosen], rows, seed)[method],
        feature_names=tuple(feature_names),
        candidate_scores=scores,
        chosen_candidate=chosen,
        calibration=method,
        bands=_compute_bands(predicted, rows.labels == 1, {name: bands[name].take(kept) for name in bands}),
        metrics=_compute_metrics(predicted[rows.evaluation_mask], rows.take(rows.evaluation_mask)),
        rows=row_count,
        seed=seed,
        predicted=_scatter(predicted, kept, row_count),
    )


def _build_open_band(rows: int) -> BandRows:
    everything = np.ones(rows, dtype=bool)
    return BandRows(everything, everything, ~everything)


def _mark_needed_rows(bands: Mapping[str, BandRows], kept: ArrayLike | None) -> BoolArray:
    """Return a mask of the rows that need a probability of their own."""
    needed: BoolArray = np.any([band.get_mask() for band in bands.values()], axis=0)
    return needed if kept is None else needed | np.asarray(kept, dtype=bool)


def _scatter(values: FloatArray, places: IntArray, size: int) -> FloatArray:
    """Return values at their places in an array of a size, ``nan`` elsewhere."""
    spread = np.full(size, np.nan)
    spread[places] = values
    return spread


def _ignore_progress(_message: str) -> None:
    """Ignore a progress message."""


def _build_logistic(strength: float) -> Pipeline:
    return make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=2_000))


def _build_rows(
    features: ArrayLike,
    labels: ArrayLike,
    groups: Sequence[Any],
    weights: ArrayLike | None,
    options: Mapping[str, Any],
) -> TrainingRows:
    matrix, truth = np.asarray(features, dtype=np.float64), np.asarray(labels, dtype=np.int64)
    n = len(truth)
    numbered = np.unique(np.asarray(list(groups), dtype=object).astype(str), return_inverse=True)[1]
    heavy = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
    counted = np.asarray(options.get("counted", np.ones(n)), dtype=bool)
    return TrainingRows(matrix, truth, numbered.astype(np.int64), heavy, counted)


def _check_rows(rows: TrainingRows, names: Sequence[str], monotone: Sequence[int]) -> None:
    lengths = {len(getattr(rows, name)) for name in rows.__slots__}
    if len(lengths) != 1 or rows.features.ndim != 2:
        raise TrainingError("Features, labels, groups, weights and masks must have one entry a row.")
    if rows.features.shape[1] != len(names) or len(monotone) != len(names):
        raise TrainingError(
            f"{rows.features.shape[1]} features, {len(names)} names, {len(monotone)} directions."
        )
    if not np.isfinite(rows.features).all() or not np.isfinite(rows.weights).all():
        raise TrainingError("Features and weights must be finite numbers.")
    for label in (0, 1):
        found = len(np.unique(rows.groups[(rows.labels == label) & rows.evaluation_mask]))
        if found < MIN_GROUPS:
            raise TrainingError(
                TrainingSentence.LABEL_ENTITIES.format(label=label, found=found, needed=MIN_GROUPS)
            )


def _merge_duplicates(rows: TrainingRows, needed: BoolArray) -> tuple[IntArray, TrainingRows]:
    """Merge equal rows that are used for training only, summing their weights.

    Returns the indices of the rows that remain, and the rows themselves.
    """
    first: dict[tuple[bytes, int], int] = {}
    weights, kept = rows.weights.copy(), rows.evaluation_mask | needed
    for at in np.flatnonzero(~kept):
        same = first.setdefault((rows.features[at].tobytes(), int(rows.labels[at])), int(at))
        if same == at:
            kept[at] = True
        else:
            weights[same] += weights[at]
    chosen = np.flatnonzero(kept)
    return chosen, replace(rows, weights=weights).take(chosen)


def _split_for_calibration(rows: TrainingRows, seed: int) -> tuple[TrainingRows, TrainingRows]:
    """Return rows to fit on, and evaluation rows of other groups to calibrate on."""
    split = GroupShuffleSplit(n_splits=1, test_size=CALIBRATION_SHARE, random_state=seed)
    learn, rest = next(split.split(rows.features, rows.labels, rows.groups))
    calibrate = rest[rows.evaluation_mask[rest]]
    spare = rest[~rows.evaluation_mask[rest]]
    for part in (learn, calibrate):
        if len(np.unique(rows.labels[part][rows.evaluation_mask[part]])) < 2:
            raise TrainingError(TrainingSentence.FEW_ENTITIES.value)
    return rows.take(np.concatenate([learn, spare])), rows.take(calibrate)


def _fit_candidate(candidate: Any, rows: TrainingRows) -> Any:
    name = f"{candidate.steps[-1][0]}__sample_weight" if isinstance(candidate, Pipeline) else "sample_weight"
    return candidate.fit(rows.features, rows.labels, **{name: rows.weights})


def _cross_validate(
    name: str, candidate: Any, rows: TrainingRows, seed: int, report: ProgressCallback
) -> CandidateScore:
    losses, predicted, truth = [], [], []
    rows = rows.take(_sample_rows(rows, seed))
    for learn, test in GroupKFold(N_FOLDS, shuffle=True, random_state=seed).split(
        rows.features, groups=rows.groups
    ):
        tested = test[rows.evaluation_mask[test]]
        probabilities = _fit_candidate(candidate, rows.take(learn)).predict_proba(rows.features[tested])[:, 1]
        losses.append(log_loss(rows.labels[tested], probabilities))
        predicted.append(probabilities)
        truth.append(rows.labels[tested])
    score = _score_candidate(name, losses, np.concatenate(predicted) > 0.5, np.concatenate(truth) == 1)
    report(
        f"{name}: log-loss {score.log_loss:.4f} ± {score.standard_error:.4f}, F1 {score.f1_immaterial:.4f}"
    )
    return score


def _sample_rows(rows: TrainingRows, seed: int) -> IntArray:
    """Return all evaluation rows and at most twice as many others, for a quick comparison."""
    counted, others = np.flatnonzero(rows.evaluation_mask), np.flatnonzero(~rows.evaluation_mask)
    few = np.random.default_rng(seed).permutation(others)[: 2 * max(len(counted), 20_000)]
    return np.sort(np.concatenate([counted, few]))


def _score_candidate(name: str, losses: list[float], guess: BoolArray, truth: BoolArray) -> CandidateScore:
    same = int((~guess & ~truth).sum())
    wrong = int((guess != truth).sum())
    error = float(np.std(losses, ddof=1) / np.sqrt(len(losses)))
    return CandidateScore(
        name, float(np.mean(losses)), error, 2 * same / max(1, 2 * same + wrong), 1 - wrong / len(truth)
    )


def _choose_candidate(scores: Sequence[CandidateScore]) -> str:
    """Return the simplest candidate within one standard error of the best."""
    best = min(scores, key=lambda score: score.log_loss)
    return next(score.name for score in scores if score.log_loss <= best.log_loss + best.standard_error)


def _fit_and_calibrate(candidate: Any, rows: TrainingRows, seed: int) -> dict[str, Any]:
    """Fit a candidate and calibrate it by each method on evaluation rows of other groups."""
    learning, calibrating = _split_for_calibration(rows, seed)
    base = FrozenEstimator(_fit_candidate(clone(candidate), learning))
    return {
        method: CalibratedClassifierCV(base, method=method).fit(calibrating.features, calibrating.labels)
        for method in CALIBRATION_METHODS
    }


def _cross_fit(candidate: Any, rows: TrainingRows, seed: int) -> tuple[str, FloatArray]:
    """Return the better calibration method, and out-of-group probabilities of every row."""
    predicted = {method: np.zeros(len(rows.labels)) for method in CALIBRATION_METHODS}
    for learn, test in GroupKFold(N_FOLDS, shuffle=True, random_state=seed + 1).split(
        rows.features, groups=rows.groups
    ):
        for method, estimator in _fit_and_calibrate(candidate, rows.take(learn), seed).items():
            predicted[method][test] = estimator.predict_proba(rows.features[test])[:, 1]
    truth = rows.labels[rows.evaluation_mask]
    best = min(
        CALIBRATION_METHODS, key=lambda method: log_loss(truth, predicted[method][rows.evaluation_mask])
    )
    return best, predicted[best]


def _compute_bands(
    predicted: FloatArray, material: BoolArray, bands: Mapping[str, BandRows]
) -> dict[str, AbstentionBand]:
    return {
        name: AbstentionBand(
            guarantee_immaterial(
                predicted[band.immaterial], material[band.immaterial], material[band.settled]
            ),
            guarantee_material(predicted[band.material], material[band.material]),
        )
        for name, band in bands.items()
    }


def _compute_metrics(probabilities: FloatArray, rows: TrainingRows) -> dict[str, float]:
    guess, truth = probabilities > 0.5, rows.labels == 1
    return {
        "counted_rows": float(len(truth)),
        "log_loss": log_loss(truth, probabilities),
        "calibration_error": expected_calibration_error(truth, probabilities),
        "accuracy": float((guess == truth).mean()),
    }
