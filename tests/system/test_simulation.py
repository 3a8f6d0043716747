"""The whole loop, small: a new guideline is learnt from corrections, with no human step but the approvals."""

import pytest

from feedback.models import Feedback
from feedback.simulation.loop import SimulationPlan, simulate
from feedback.simulation.plot import render_section
from matching.models import Prediction
from modelops.models import ModelVersion

SMALL = SimulationPlan(
    per_hour=240,
    quiet_hours=2,
    shifted_hours=2,
    corrections=200,
    feedback_limit=320,
    cooldown_hours=2,
    audit_share=0.15,
    corpus_size=1_500,
    holdout_size=600,
    pool_size=16_000,
)


@pytest.mark.django_db
def test_what_a_new_guideline_cost_is_won_back_and_drift_without_error_trains_nothing() -> None:
    messages: list[str] = []
    outcome = simulate(SMALL, messages.append)
    assert outcome.accuracy_drifted < outcome.accuracy_before - 0.15
    assert outcome.recovered_share >= 0.5
    assert outcome.corrections >= SMALL.corrections
    assert outcome.retrainings == outcome.approvals >= 1
    assert outcome.drift_reports_without_error >= 1
    assert outcome.retrainings_without_error == 0
    assert outcome.trainings[-1]["corrections"] == outcome.corrections
    assert "won back" in render_section(SMALL, outcome)
    assert len(messages) == outcome.hours == len(outcome.history)
    assert not Prediction.objects.exists()
    assert not Feedback.objects.exists()
    assert not ModelVersion.objects.exists()
