"""What the pages of experiments show: the forecast of a draft, the results of the rest."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy

from analytics.experiments.forecast import forecast_experiment
from analytics.experiments.results import ChartSeries, get_experiment_results
from analytics.experiments.tables import RENDERERS, build_tables
from analytics.reports.content import format_label
from experiments.metrics import ACCURACY, PRIMARY_CHOICES
from experiments.models import Experiment, ExperimentPhase, ExperimentStatus
from experiments.services import find_missing_versions

_INCOMPLETE = gettext_lazy(
    "Choose both versions, a split and the smallest effect to see what the experiment can conclude."
)


def build_context(request: HttpRequest, row: Experiment, can_change: bool) -> dict[str, Any]:
    """Return the context of the page of an experiment; who may not change it asks for no other forecast."""
    if row.status == ExperimentStatus.DRAFT:
        return build_draft_context(row) if can_change else describe_draft(row)
    try:
        results = get_experiment_results(row, read_phase(request))
    except ExperimentPhase.DoesNotExist:
        results = get_experiment_results(row)
    files = [
        (ending.upper(), reverse("admin:experiments_experiment_results", args=[row.pk, ending]))
        for ending in RENDERERS
    ]
    return {
        "results": results,
        "tables": build_tables(results),
        "chart": describe_chart(results.chart) if results.chart else None,
        "phases": list(row.phases.all()),
        "files": files,
    }


def build_draft_context(row: Experiment | None = None) -> dict[str, Any]:
    """Return the context of the form: where its forecast comes from, and the forecast of what is stored."""
    context: dict[str, Any] = {"forecast_url": reverse("admin:experiments_experiment_forecast")}
    return context if row is None else context | describe_draft(row)


def describe_draft(row: Experiment) -> dict[str, Any]:
    """Return the forecast of a draft as it is stored, and what is not live."""
    return {"forecast": forecast_experiment(row), "missing": list_missing(row)}


def read_phase(request: HttpRequest) -> int | None:
    """Return the phase that the address asks for."""
    asked = request.GET.get("phase", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 5 else None


def find_verdict(row: Experiment) -> str:
    """Return the verdict of the current phase; empty for a draft."""
    if row.status == ExperimentStatus.DRAFT:
        return ""
    return get_experiment_results(row).verdict.sentence


def is_missing(row: Experiment, arm: str) -> bool:
    """Return whether the version of an arm is not live as it must be."""
    return any(missing.arm == arm for missing in find_missing_versions(row))


def list_missing(row: Experiment) -> dict[str, str]:
    """Return what is not live, by arm."""
    return {
        gettext("Version {arm}").format(arm=missing.arm): missing.text
        for missing in find_missing_versions(row)
    }


def forecast_fields(fields: QueryDict) -> dict[str, Any]:
    """Return the forecast of a form that is being filled in, and what is not live."""
    row = _parse_draft(fields)
    if row is None:
        return {"sentence": _INCOMPLETE, "can_conclude": None, "missing": []}
    missing = list(list_missing(row).values())
    return {**forecast_experiment(row).to_dict(), "missing": missing}


def describe_chart(series: ChartSeries) -> dict[str, Any]:
    """Return a series as JSON for the chart; the table behind it has the same numbers."""
    values = {"values": series.values, "lows": series.lows, "highs": series.highs}
    return {
        "title": series.title,
        "days": [format_label(day) for day in series.days],
        "threshold": series.threshold,
        "logarithmic": series.is_logarithmic,
        **{
            name: [None if value is None else round(value, 6) for value in row]
            for name, row in values.items()
        },
    }


def _parse_draft(fields: QueryDict) -> Experiment | None:
    """Return an unsaved experiment of the fields; ``None`` while they say too little."""
    try:
        row = Experiment(
            model_a_id=UUID(fields.get("model_a", "")),
            model_b_id=UUID(fields.get("model_b", "")),
            profile=fields.get("profile", "*")[:20],
            primary_metric=fields.get("primary_metric", ACCURACY),
            smallest_effect=Decimal(fields.get("smallest_effect", "")),
            traffic_split=Decimal(fields.get("traffic_split", "")),
            enrolled_share=Decimal(fields.get("enrolled_share", "")),
            planned_end=_parse_end(fields),
        )
    except (ValueError, InvalidOperation):
        return None
    return row if _is_plausible(row) else None


def _is_plausible(row: Experiment) -> bool:
    numbers = (
        row.smallest_effect.is_finite() and row.traffic_split.is_finite() and row.enrolled_share.is_finite()
    )
    if not numbers or row.primary_metric not in dict(PRIMARY_CHOICES):
        return False
    is_possible = 0 < row.traffic_split < 1 and 0 <= row.enrolled_share <= 1
    largest = Decimal("0.5") if row.primary_metric == ACCURACY else Decimal(10)
    return is_possible and 0 < row.smallest_effect < largest


def _parse_end(fields: QueryDict) -> datetime | None:
    """Return the planned end from its date and its time (midnight without one), both in UTC."""
    day, time = fields.get("planned_end_0", ""), fields.get("planned_end_1", "")
    return datetime.fromisoformat(f"{day}T{time or '00:00'}").replace(tzinfo=UTC) if day else None
