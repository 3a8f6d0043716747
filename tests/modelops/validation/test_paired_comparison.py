"""Candidate beside champion on the same rows: each difference, its interval, and what may be compared."""

from dataclasses import replace

import numpy as np
import pytest

from modelops.deployment import promotion
from modelops.deployment.registration import VersionRegistration, register_version
from modelops.validation import gate_checks
from modelops.validation.gates import ValidationScores
from modelops.validation.paired_comparison import PairedMeasure, compare_on_same_rows
from modelops.validation.validation_set import ValidationSet
from tests.modelops.validation.test_gates import build_validation_set, sat
from tests.models import compiled, installed, scoring_version
from tests.people import person


def measure(rows: ValidationSet, mine: ValidationScores, theirs: ValidationScores | None) -> PairedMeasure:
    return compare_on_same_rows(rows, mine, theirs)[0]


def by_title(measures: list[PairedMeasure]) -> dict[str, PairedMeasure]:
    return {row.title: row for row in measures}


def test_the_difference_is_that_of_the_rows_that_only_one_of_both_got_right() -> None:
    rows = build_validation_set(400)
    right = np.where(rows.labels, 0.9, 0.1)
    slips = np.where(np.arange(400) < 40, 1 - right, right)
    accuracy = measure(rows, sat(slips), sat(right))
    assert (accuracy.title, accuracy.n) == ("Accuracy", 400)
    assert accuracy.candidate == pytest.approx(0.9)
    assert accuracy.champion == pytest.approx(1.0)
    assert accuracy.difference == pytest.approx(-0.1)
    assert accuracy.high is not None
    assert accuracy.high < 0
    assert accuracy.outcome == "worse"
    assert measure(rows, sat(right), sat(slips)).outcome == "better"
    assert measure(rows, sat(right), sat(right)).outcome == "same"


def test_fewer_missed_material_pairs_are_better_and_counted_on_the_same_material_rows() -> None:
    rows = build_validation_set(400)
    right = np.where(rows.labels, 0.9, 0.1)
    blind = np.where(rows.labels & (np.arange(400) < 200), 0.1, right)
    measures = by_title(compare_on_same_rows(rows, sat(right), sat(blind)))
    missed = measures["Material pairs decided as immaterial"]
    assert (missed.n, missed.candidate, missed.champion) == (100, 0.0, 0.5)
    assert missed.outcome == "better"
    assert missed.gate == "missed_material"
    assert measures["Left to a reviewer"].candidate == 0
    assert measures["Immaterial pairs decided as material"].outcome == "same"


def test_a_model_that_is_bolder_than_it_is_right_is_worse_calibrated() -> None:
    dice = np.random.default_rng(4)
    true = dice.random(2_000)
    rows = replace(build_validation_set(2_000), labels=dice.random(2_000) < true)
    bold = np.where(true > 0.5, (1 + true) / 2, true / 2)
    error = compare_on_same_rows(rows, sat(bold), sat(true))[-1]
    assert error.title == "Calibration error"
    assert error.outcome == "worse"
    assert compare_on_same_rows(rows, sat(true), sat(true))[-1].outcome == "same"


def test_without_a_champion_nothing_is_compared() -> None:
    rows = build_validation_set(80)
    measures = compare_on_same_rows(rows, sat(np.full(80, 0.1)), None)
    assert {(row.champion, row.difference, row.outcome) for row in measures} == {(None, None, "")}
    assert measures[0].to_dict()["outcome"] == ""


def test_a_measure_without_a_row_is_left_out() -> None:
    rows = build_validation_set(80)
    nothing_material = replace(rows, labels=np.zeros(80, dtype=bool))
    titles = by_title(compare_on_same_rows(nothing_material, sat(np.full(80, 0.1)), None))
    assert "Recall of material" not in titles
    assert "Recall of immaterial" in titles


@pytest.mark.django_db
def test_a_request_keeps_both_versions_on_the_same_rows_with_the_state_of_the_gates() -> None:
    live = installed()
    request = promotion.request_promotion(scoring_version("2", 5.0), "*", "champion", "bold", person())
    examination = request.examination
    assert (examination["champion"], examination["generation"]) == (str(live.model), live.generation)
    assert examination["is_own"] is False
    assert examination["rows"] > 100
    rows = {row["title"]: row for row in examination["measures"]}
    states = {gate["name"]: gate["state"] for gate in request.gates}
    overall = next(gate for gate in request.gates if gate["name"] == "slices")["rows"][0]
    assert rows["Accuracy"]["state"] == overall["state"]
    assert rows["Accuracy"]["candidate"] == pytest.approx(overall["accuracy"])
    assert rows["Accuracy"]["champion"] == pytest.approx(overall["champion"])
    assert rows["Material pairs decided as immaterial"]["state"] == states["missed_material"]
    assert rows["Left to a reviewer"]["state"] == ""


@pytest.mark.django_db
def test_a_version_for_other_features_is_not_measured() -> None:
    installed()
    version = scoring_version("2")
    type(version).objects.filter(pk=version.pk).update(schema_hash="0" * 64)
    version.refresh_from_db()
    examination = gate_checks.examine_version(version, "*")
    assert examination.comparison == {}
    assert any(gate["hard"] and gate["state"] == "red" for gate in examination.gates)


@pytest.mark.django_db
def test_the_first_version_of_an_installation_stands_alone() -> None:
    schema = installed().model.schema_hash
    version = register_version(VersionRegistration("names", "9", compiled("9", 0.0), schema), None)
    type(version).objects.exclude(pk=version.pk).update(schema_hash="0" * 64, artefact_hmac="0" * 64)
    comparison = gate_checks.examine_version(version, "*").comparison
    assert comparison["champion"] == ""
    assert {row["difference"] for row in comparison["measures"]} == {None}
