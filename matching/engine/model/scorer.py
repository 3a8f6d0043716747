"""The compiled model: plain numbers from ``model.json``, without scikit-learn.

The trained estimator (``model.skops``) is the authority; probabilities here equal its own within 1e-9.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np

from matching.engine.model.forest import AdditiveModel, FloatArray, build_additive_model
from matching.engine.model.schema import FEATURE_NAMES, compute_schema_hash
from matching.engine.types import ArtefactError, Kind, Thresholds, Verdict

FORMAT_VERSION = 1
_MIN_PROBABILITY = 5e-10
"""Least distance of a probability from 0 and 1, so that all log-odds are finite."""


class SigmoidCalibration:
    """The calibration of a score by a straight line in log-odds."""

    def __init__(self, slope: float, intercept: float) -> None:
        self.slope = slope
        self.intercept = intercept

    def calibrate(self, score: float) -> float:
        """Return the calibrated probability of one score."""
        return _expit(self.slope * score + self.intercept)

    def calibrate_many(self, scores: FloatArray) -> FloatArray:
        """Return the calibrated probabilities of many scores."""
        return _clip_probabilities(
            1 / (1 + np.exp(-np.clip(self.slope * scores + self.intercept, -700, 700)))
        )


class IsotonicCalibration:
    """The calibration of a score by an increasing piecewise linear function."""

    def __init__(self, scores: Sequence[float], probabilities: Sequence[float]) -> None:
        self._x = np.asarray(scores, dtype=float)
        self._y = np.asarray(probabilities, dtype=float)

    def calibrate(self, score: float) -> float:
        """Return the calibrated probability of one score."""
        return float(self.calibrate_many(np.array([score]))[0])

    def calibrate_many(self, scores: FloatArray) -> FloatArray:
        """Return the calibrated probabilities of many scores."""
        return _clip_probabilities(np.interp(scores, self._x, self._y))


Calibration = SigmoidCalibration | IsotonicCalibration


class CompiledScorer:
    """A compiled model: rows of named features in, calibrated probabilities of *material* out."""

    def __init__(self, artefact: Mapping[str, Any], model: AdditiveModel, calibration: Calibration) -> None:
        self.name = str(artefact["name"])
        self.version = str(artefact["version"])
        self.artefact = artefact
        self.features: tuple[str, ...] = tuple(artefact["features"])
        self._model = model
        self._calibration = calibration
        self._thresholds = {
            _check_slice(slice_): Thresholds(float(t["immaterial_below"]), float(t["material_above"]))
            for slice_, t in artefact["thresholds"].items()
        }
        self._error_rates = parse_error_rates(artefact.get("measured_errors", {}))

    def get_thresholds(self, kind: Kind, profile: str = "general") -> Thresholds:
        """Return the thresholds beyond which the probability alone decides, for a kind under a profile.

        Artefacts without thresholds by profile have one pair of them for each kind.
        """
        return self._thresholds.get(f"{kind}/{profile}") or self._thresholds[kind]

    def get_error_rate(
        self, profile: str, verdict: Verdict, kind: Kind, causes: Sequence[str]
    ) -> float | None:
        """Return the measured error rate of a verdict by rule: of its worst cause, of *material* of its best.

        One material difference is enough for the verdict; of equal ones none may be wrong. A cause that was
        not measured has the rate of all verdicts of that kind and profile; ``None`` if these were not either.
        """
        rates = self._error_rates.get((profile, verdict), {})
        if kind not in rates:
            return None
        found = [rates.get(f"{kind}/{cause}", rates[kind]) for cause in causes]
        return min(found) if verdict is Verdict.MATERIAL else max(found)

    def predict_probability(self, row: Sequence[float]) -> float:
        """Return the calibrated probability in (0, 1) that the difference is material."""
        return self._calibration.calibrate(self._model.score(row))

    def predict_probabilities(self, rows: Sequence[Sequence[float]]) -> list[float]:
        """Return the calibrated probabilities of many rows."""
        if not len(rows):
            return []
        probabilities: list[float] = self._calibration.calibrate_many(self._model.score_rows(rows)).tolist()
        return probabilities

    def compute_contributions(self, row: Sequence[float]) -> dict[str, float]:
        """Return the log-odds that each feature adds, largest first, then ``baseline``.

        They sum to the log-odds of the probability. Where the calibration is not a straight line in log-odds,
        the remainder is named ``calibration``.
        """
        score, added = self._model.explain_score(row)
        slope, intercept = 1.0, 0.0
        if isinstance(self._calibration, SigmoidCalibration):
            slope, intercept = self._calibration.slope, self._calibration.intercept
        named = {self.features[at]: slope * value for at, value in added.items() if at >= 0 and value}
        shares = dict(sorted(named.items(), key=lambda item: -abs(item[1])))
        shares["baseline"] = slope * added[-1] + intercept
        remainder = _logit(self._calibration.calibrate(score)) - sum(shares.values(), 0.0)
        return {**shares, "calibration": remainder} if abs(remainder) > 1e-9 else shares


def _check_slice(name: str) -> str:
    """Return the name of a slice, a kind or ``kind/profile``. Raises ``ValueError`` for an unknown kind."""
    Kind(name.partition("/")[0])
    return name


def parse_error_rates(rows: Mapping[str, Any]) -> dict[tuple[str, str], dict[str, float]]:
    """Return the error rates of an artefact by profile and verdict, and then by cause or kind."""
    return {
        (profile, verdict): {cause: float(entry["rate"]) for cause, entry in causes.items()}
        for profile, verdicts in rows.items()
        for verdict, causes in verdicts.items()
    }


def load_scorer(data: bytes) -> CompiledScorer:
    """Return the model of a compiled artefact (``model.json``).

    Raises :class:`ArtefactError` when it is damaged, of another format, or was trained for other features
    than this engine computes.
    """
    try:
        artefact = json.loads(data)
        if artefact["format"] != FORMAT_VERSION:
            raise ArtefactError(f"The model artefact has format {artefact['format']}, not {FORMAT_VERSION}.")
        _check_features(artefact)
        model = build_additive_model(artefact["model"], len(artefact["features"]))
        return CompiledScorer(artefact, model, _parse_calibration(artefact["calibration"]))
    except ArtefactError:
        raise
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise ArtefactError(f"The model artefact is damaged: {error}.") from error


@lru_cache(maxsize=1)
def load_default_scorer() -> CompiledScorer:
    """Return the model shipped with the engine, loaded once."""
    return load_scorer(files("matching.engine").joinpath("model/model.json").read_bytes())


def _check_features(artefact: Mapping[str, Any]) -> None:
    fits = artefact["schema"] == compute_schema_hash() and tuple(artefact["features"]) == tuple(FEATURE_NAMES)
    if not fits:
        raise ArtefactError("The model was trained for other features than this engine computes: retrain it.")


def _parse_calibration(data: Mapping[str, Any]) -> Calibration:
    if data["method"] == "sigmoid":
        return SigmoidCalibration(float(data["slope"]), float(data["intercept"]))
    return IsotonicCalibration(data["scores"], data["probabilities"])


def _expit(log_odds: float) -> float:
    if log_odds >= 0:
        probability = 1 / (1 + math.exp(-min(log_odds, 700)))
    else:
        power = math.exp(max(log_odds, -700))
        probability = power / (1 + power)
    return min(max(probability, _MIN_PROBABILITY), 1 - _MIN_PROBABILITY)


def _clip_probabilities(probabilities: FloatArray) -> FloatArray:
    return np.clip(probabilities, _MIN_PROBABILITY, 1 - _MIN_PROBABILITY)


def _logit(probability: float) -> float:
    return math.log(probability / (1 - probability))
