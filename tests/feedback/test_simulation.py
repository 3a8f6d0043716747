"""The whole loop, small: a new guideline is learnt from corrections, with no human step but the approvals."""

from xml.etree import ElementTree

import pytest

from feedback.models import Feedback
from feedback.simulation.loop import SimulationPlan, SimulationResult, simulate
from feedback.simulation.plot import render_section, render_svg
from feedback.simulation.traffic import STRICTER_CATEGORIES, SimulatedTraffic, is_affected, is_truly_material
from matching.models import Prediction
from modelops.models import ModelVersion

SMALL = SimulationPlan(
    per_hour=240,
    quiet_hours=2,
    shifted_hours=2,
    corrections=200,
    feedback_limit=200,
    cooldown_hours=2,
    audit_share=0.15,
    corpus_size=1_500,
    holdout_size=600,
    pool_size=16_000,
)


@pytest.mark.django_db
def test_what_a_new_guideline_cost_is_won_back_and_drift_without_error_trains_nothing() -> None:
    told: list[str] = []
    outcome = simulate(SMALL, told.append)
    assert outcome.accuracy_drifted < outcome.accuracy_before - 0.15
    assert outcome.recovered_share >= 0.5
    assert outcome.corrections >= SMALL.corrections
    assert outcome.retrainings == outcome.approvals >= 1
    assert outcome.drift_reports_without_error >= 1
    assert outcome.retrainings_without_error == 0
    assert outcome.trainings[-1]["corrections"] == outcome.corrections
    assert "won back" in render_section(SMALL, outcome)
    assert len(told) == outcome.hours == len(outcome.history)
    assert not Prediction.objects.exists()
    assert not Feedback.objects.exists()
    assert not ModelVersion.objects.exists()


def test_only_the_truth_changes_with_the_guideline() -> None:
    traffic = SimulatedTraffic(3, pool=8_000)
    pairs = traffic.draw_hour(200)
    touched = [pair for pair in pairs if is_affected(pair)]
    assert len(touched) == 50
    assert all(STRICTER_CATEGORIES & set(pair.category.split("+")) for pair in touched)
    assert all(is_truly_material(pair, True) and not is_truly_material(pair, False) for pair in touched)
    assert all(is_truly_material(pair, True) == pair.material for pair in pairs if pair not in touched)


def test_what_is_measured_on_is_never_sent() -> None:
    traffic = SimulatedTraffic(3, pool=8_000)
    kept = {pair.entity for pair in traffic.draw_holdout(200)}
    assert not kept & {pair.entity for _ in range(5) for pair in traffic.draw_hour(200)}


def test_the_plot_shows_what_happened_when() -> None:
    rows = [("quiet", 0.95, ""), ("stricter", 0.7, "trained (feedback), approved"), ("stricter", 0.94, "")]
    history = [
        {"hour": hour, "phase": phase, "accuracy": accuracy, "event": event}
        for hour, (phase, accuracy, event) in enumerate(rows)
    ]
    root = ElementTree.fromstring(render_svg(SimulationResult(history=history)))  # noqa: S314 - our own
    words = root.findtext("{http://www.w3.org/2000/svg}desc")
    assert words == "From 95.0% to 94.0%. new guideline at 1; trained, approved at 1"
