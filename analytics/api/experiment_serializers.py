"""Serializers of the experiments API; most describe responses only."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.api.paging import NEXT_CURSOR_HELP
from accounts.api.requests import RequestSerializer
from analytics.experiments.verdict import State
from experiments.models import Arm, ExperimentStatus


class ExperimentSerializer(serializers.Serializer[Any]):
    """An experiment."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    hypothesis = serializers.CharField()
    profile = serializers.CharField(help_text="`*`: every profile without an experiment of its own.")
    model_a = serializers.CharField(help_text="The champion.")
    model_b = serializers.CharField(help_text="The challenger.")
    primary_metric = serializers.CharField()
    traffic_split = serializers.FloatField(help_text="Share of the enrolled users that gets A.")
    enrolled_share = serializers.FloatField(help_text="Share of all users that is enrolled.")
    phase = serializers.IntegerField()
    status = serializers.ChoiceField(choices=ExperimentStatus.values)
    start_date = serializers.DateTimeField(allow_null=True)
    planned_end = serializers.DateTimeField(allow_null=True)
    end_date = serializers.DateTimeField(allow_null=True)
    conclusion = serializers.CharField(help_text="The verdict it was concluded with; empty without one.")


class ExperimentPageSerializer(serializers.Serializer[Any]):
    """A page of experiments, newest first."""

    results = ExperimentSerializer(many=True)
    next = serializers.UUIDField(allow_null=True, help_text=NEXT_CURSOR_HELP)


class PhaseQuerySerializer(RequestSerializer):
    """The phase that is asked for."""

    phase = serializers.IntegerField(
        required=False, min_value=1, max_value=9999, help_text="Default: the last."
    )


class PhaseSerializer(serializers.Serializer[Any]):
    """A phase: a period with one split."""

    number = serializers.IntegerField()
    traffic_split = serializers.FloatField()
    enrolled_share = serializers.FloatField()
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class VerdictSerializer(serializers.Serializer[Any]):
    """What the experiment has shown."""

    state = serializers.ChoiceField(choices=[state.value for state in State])
    sentence = serializers.CharField()


class SplitSerializer(serializers.Serializer[Any]):
    """Exposed users beside the plan; results are withheld on a mismatch."""

    users_a = serializers.IntegerField()
    users_b = serializers.IntegerField()
    p_value = serializers.FloatField()
    state = serializers.ChoiceField(choices=["as planned", "too few users", "mismatch"])


class AccuracySerializer(serializers.Serializer[Any]):
    """Reviewed disagreements of both versions on the same traffic."""

    scored = serializers.IntegerField(help_text="Predictions scored by both versions.")
    disagreements = serializers.IntegerField()
    reviewed = serializers.IntegerField()
    b_is_right = serializers.IntegerField()
    e_value = serializers.FloatField(help_text="20 decides, however often it is read.")


class IntervalSerializer(serializers.Serializer[Any]):
    """An estimate with an interval that holds at every look at once."""

    estimate = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class MetricResultSerializer(serializers.Serializer[Any]):
    """A metric of both arms."""

    metric = serializers.CharField()
    title = serializers.CharField()
    unit = serializers.CharField()
    is_primary = serializers.BooleanField()
    users_a = serializers.IntegerField()
    users_b = serializers.IntegerField()
    a = IntervalSerializer(allow_null=True)
    b = IntervalSerializer(allow_null=True)
    difference = IntervalSerializer(allow_null=True, help_text="B minus A.")
    lift = IntervalSerializer(allow_null=True, help_text="The difference relative to A.")
    variance_removed = serializers.FloatField(help_text="Share explained by the period before (CUPED).")
    state = serializers.ChoiceField(choices=[state.value for state in State])


class GuardrailStatusSerializer(serializers.Serializer[Any]):
    """A guardrail beside what was measured."""

    metric = serializers.CharField()
    title = serializers.CharField()
    margin = serializers.FloatField()
    state = serializers.ChoiceField(choices=["ok", "breached", "waiting"])
    text = serializers.CharField()


class SegmentSerializer(serializers.Serializer[Any]):
    """A part of the traffic; exploratory, it decides nothing."""

    name = serializers.CharField()
    value = serializers.CharField()
    predictions = serializers.ListField(child=serializers.IntegerField(), help_text="Of A and of B.")
    review_shares = serializers.ListField(child=serializers.FloatField(), help_text="Of A and of B.")
    wins = serializers.IntegerField()
    reviewed = serializers.IntegerField()


class ResultsSerializer(serializers.Serializer[Any]):
    """The results of one phase. On a mismatch of the split, metrics are empty and accuracy is null."""

    experiment = ExperimentSerializer()
    phase = PhaseSerializer()
    phases = PhaseSerializer(many=True)
    verdict = VerdictSerializer()
    split = SplitSerializer()
    accuracy = AccuracySerializer(allow_null=True)
    metrics = MetricResultSerializer(many=True)
    guardrails = GuardrailStatusSerializer(many=True)
    segments = SegmentSerializer(many=True)


class OutcomeSerializer(RequestSerializer):
    """An outcome that a client records of itself."""

    name = serializers.RegexField(
        r"^[a-z][a-z0-9_]{0,39}$", help_text="Name of the metric; none that the product measures itself."
    )
    value = serializers.FloatField(min_value=-1e12, max_value=1e12)
    event = serializers.RegexField(
        r"^[\x21-\x7e]{1,100}$",
        help_text="Your id of what was measured; the same id is recorded once. Never a name.",
    )


class RecordedOutcomeSerializer(OutcomeSerializer):
    """The stored outcome with the arm it counts for."""

    arm = serializers.ChoiceField(choices=Arm.values)
    phase = serializers.IntegerField()
    at = serializers.DateTimeField()
