import json

import numpy as np
import pytest
from numpy.typing import NDArray

from matching.engine.model.forest import Forest, build_additive_model
from modelops.training import fitting
from modelops.training.compilation import compile_model
from modelops.training.fitting import BandRows, TrainingError, fit
from modelops.training.trained_model import CandidateScore, TrainedModel

NAMES = ("near", "far", "noise", "bent", "kind")
MONOTONE = (1, -1, 0, 0, 0)


def rows(n: int = 1_500, seed: int = 4, bent: float = 6.0) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Features with a known law: more of the first is more material, less of the second, the fourth bends."""
    random = np.random.default_rng(seed)
    features = random.random((n, len(NAMES)))
    score = 4 * features[:, 0] - 3 * features[:, 1] + bent * (np.abs(features[:, 3] - 0.5) - 0.25)
    return features, (score + random.logistic(scale=0.3, size=n) > 0.5).astype(np.int64)


@pytest.fixture(scope="module")
def trained() -> TrainedModel:
    features, labels = rows()
    first, nothing = features[:, 4] > 0.4, np.zeros(len(labels), dtype=bool)
    bands = {
        "organisation": BandRows(first, first, nothing),
        "individual": BandRows(~first, nothing, nothing),
    }
    return fit(features, labels, range(len(labels)), None, NAMES, MONOTONE, bands=bands, seed=3)


@pytest.fixture(scope="module")
def straight() -> TrainedModel:
    features, labels = rows(bent=0.0)
    return fit(features, labels, range(len(labels)), None, NAMES, MONOTONE, seed=3)


def test_the_winner_is_within_one_standard_error_of_the_best(trained: TrainedModel) -> None:
    best = min(trained.candidate_scores, key=lambda score: score.log_loss)
    chosen = next(score for score in trained.candidate_scores if score.name == trained.chosen_candidate)
    assert chosen.log_loss <= best.log_loss + best.standard_error


def test_the_simplest_candidate_near_the_best_is_chosen() -> None:
    simple, better, best = (
        CandidateScore(name, loss, 0.02, 0.9, 0.9) for name, loss in (("a", 0.53), ("b", 0.515), ("c", 0.5))
    )
    assert fitting._choose_candidate([simple, better, best]) == "b"


def test_a_bent_law_takes_trees_and_a_straight_one_takes_a_line(
    trained: TrainedModel, straight: TrainedModel
) -> None:
    assert trained.chosen_candidate.startswith("boosted")
    assert straight.chosen_candidate.startswith("logistic")


def test_more_of_a_rising_feature_never_lowers_the_probability(trained: TrainedModel) -> None:
    features, _ = rows(n=50, seed=9)
    raised = features.copy()
    raised[:, 0] = np.minimum(1.0, raised[:, 0] + 0.3)
    before, after = (trained.estimator.predict_proba(part)[:, 1] for part in (features, raised))
    assert (after >= before - 1e-12).all()


def test_probabilities_are_calibrated_on_rows_never_seen(trained: TrainedModel) -> None:
    features, labels = rows(n=4_000, seed=77)
    probabilities = trained.estimator.predict_proba(features)[:, 1]
    assert abs(probabilities.mean() - labels.mean()) < 0.03
    assert trained.metrics["calibration_error"] < 0.08


def test_every_slice_has_a_band_whose_ends_do_not_cross(trained: TrainedModel) -> None:
    assert set(trained.bands) == {"organisation", "individual"}
    assert all(band.immaterial_below < band.material_above for band in trained.bands.values())


def test_a_direction_without_rows_promises_nothing(trained: TrainedModel) -> None:
    assert trained.bands["individual"].material.threshold is None
    assert trained.bands["individual"].material_above > 1


def test_every_row_that_is_counted_has_a_probability_of_its_own(trained: TrainedModel) -> None:
    assert len(trained.predicted) == trained.rows
    assert np.isfinite(trained.predicted).all()


@pytest.mark.parametrize("which", ["trained", "straight"])
def test_the_compiled_model_equals_the_estimator(which: str, request: pytest.FixtureRequest) -> None:
    model: TrainedModel = request.getfixturevalue(which)
    compiled = json.loads(json.dumps(compile_model(model, "names", "1", "hash")))
    features, _ = rows(n=300, seed=5)
    base = model.estimator.calibrated_classifiers_[0].estimator
    served = build_additive_model(compiled["model"], len(NAMES))
    assert served.score_rows(features.tolist()) == pytest.approx(base.decision_function(features), abs=1e-9)
    assert [served.score(row) for row in features] == pytest.approx(
        base.decision_function(features), abs=1e-9
    )


@pytest.mark.parametrize("which", ["trained", "straight"])
def test_contributions_add_up_to_the_score(which: str, request: pytest.FixtureRequest) -> None:
    compiled = compile_model(request.getfixturevalue(which), "names", "1", "hash")
    served = build_additive_model(compiled["model"], len(NAMES))
    for row in rows(n=40, seed=6)[0]:
        assert sum(served.compute_contributions(row).values()) == pytest.approx(served.score(row), abs=1e-9)


@pytest.mark.usefixtures("quick_training")
def test_the_same_data_and_seed_train_the_same_model() -> None:
    features, labels = rows(n=400)
    first, second = (
        compile_model(fit(features, labels, range(400), None, NAMES, MONOTONE, seed=1), "n", "1", "h")
        for _ in "ab"
    )
    assert first == second


@pytest.mark.usefixtures("quick_training")
def test_uncounted_rows_teach_but_are_not_measured() -> None:
    features, labels = rows(n=600)
    counted = np.arange(600) < 400
    model = fit(features, labels, range(600), None, NAMES, MONOTONE, counted=counted, seed=1)
    assert model.rows == 600
    assert model.metrics["counted_rows"] == 400


@pytest.mark.usefixtures("quick_training")
def test_rows_that_only_teach_and_say_the_same_weigh_together() -> None:
    features, labels = rows(n=400)
    many, twice = (
        np.concatenate([features, features[:50], features[:50]]),
        np.concatenate([labels, labels[:50], labels[:50]]),
    )
    counted, weights = np.arange(500) < 400, np.ones(400)
    one = fit(many, twice, range(500), None, NAMES, MONOTONE, counted=counted, seed=1)
    heavy = np.concatenate([weights, np.full(50, 2.0)])
    other = fit(many[:450], twice[:450], range(450), heavy, NAMES, MONOTONE, counted=counted[:450], seed=1)
    assert one.rows == 500
    assert one.candidate_scores[0].log_loss == pytest.approx(other.candidate_scores[0].log_loss, abs=0.02)


def test_too_few_entities_are_refused_with_the_number() -> None:
    features, labels = rows(n=60)
    with pytest.raises(TrainingError, match="at least 10"):
        fit(features, labels, [0] * 60, None, NAMES, MONOTONE)


def test_numbers_that_are_not_finite_are_refused() -> None:
    features, labels = rows(n=60)
    features[3, 1] = np.nan
    with pytest.raises(TrainingError, match="finite"):
        fit(features, labels, range(60), None, NAMES, MONOTONE)


def test_rows_that_do_not_fit_together_are_refused() -> None:
    features, labels = rows(n=60)
    with pytest.raises(TrainingError, match="one entry a row"):
        fit(features, labels[:-1], range(60), None, NAMES, MONOTONE)
    with pytest.raises(TrainingError, match="5 features, 4 names"):
        fit(features, labels, range(60), None, NAMES[:-1], MONOTONE[:-1])


def test_a_damaged_compiled_model_is_refused() -> None:
    with pytest.raises(ValueError, match="another number of features"):
        build_additive_model(
            {"form": "linear", "intercept": 0, "coefficients": [1], "means": [0], "scales": [1]}, 2
        )
    with pytest.raises(ValueError, match="does not exist"):
        build_additive_model(
            {
                "form": "forest",
                "baseline": 0,
                "trees": [[[7, -1, -1], [0, 0, 0], [1, 0, 0], [2, 0, 0], [0, 1, 2]]],
            },
            2,
        )
    with pytest.raises(ValueError, match="not known"):
        build_additive_model({"form": "oracle"}, 2)


def test_a_lone_leaf_is_a_tree() -> None:
    lone = build_additive_model(
        {"form": "forest", "baseline": 0.5, "trees": [[[-1], [0.0], [0], [0], [0.25]]]}, 2
    )
    assert isinstance(lone, Forest)
    assert lone.score((0.0, 1.0)) == 0.75
    assert lone.score_rows([(0.0, 0.0)] * 3).tolist() == [0.75] * 3
