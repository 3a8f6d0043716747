"""What needs a decision of a person: promotions, exports, experiments, drift, escalated reviews, drafts."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy, ngettext

from accounts.models import User
from accounts.numbers import fill
from analytics.overview.entries import MAX_ENTRIES, Entry, Source, link_row
from experiments.models import Experiment, ExperimentStatus
from feedback.models import Guideline, ReviewItem
from feedback.permissions import LEAD_PERMISSION
from matching.models import ExportRequest
from modelops.models import DriftReport, PromotionRequest, Reference

_DRIFT_WINDOW = timedelta(days=3)
"""Drift of earlier days is history; if it lasts, a newer report says so."""


def find_promotions(user: User, _now: datetime) -> list[Entry]:
    """Return the open requests of other people to make a version live."""
    rows = PromotionRequest.objects.filter(closed_at=None).exclude(requested_by=user).select_related("model")
    return [
        Entry(
            gettext("Approve or decline: {row}").format(row=row),
            link_row("modelops_promotionrequest", row.pk),
            row.requested_at,
        )
        for row in rows.order_by("requested_at")[:MAX_ENTRIES]
    ]


def find_exports(user: User, _now: datetime) -> list[Entry]:
    """Return the exports of other people that need a second person."""
    rows = ExportRequest.objects.filter(needs_approval=True, is_approved=None, taken_at=None)
    return [
        Entry(
            gettext("Approve or decline an export of names: {row}").format(row=row),
            link_row("matching_exportrequest", row.pk),
            row.requested_at,
        )
        for row in rows.exclude(requested_by=user).order_by("id")[:MAX_ENTRIES]
    ]


def find_experiments_to_run(_user: User, now: datetime) -> list[Entry]:
    """Return drafts that may be started, and running experiments past their planned end."""
    over = Q(status=ExperimentStatus.RUNNING, planned_end__lt=now)
    rows = Experiment.objects.filter(over | Q(status=ExperimentStatus.DRAFT)).order_by("created_at")
    return [
        Entry(
            gettext("Start or change the draft: {row}").format(row=row),
            link_row("experiments_experiment", row.pk),
            row.created_at,
        )
        if row.status == ExperimentStatus.DRAFT
        else Entry(
            gettext("Conclude or stop, its end is over: {row}").format(row=row),
            link_row("experiments_experiment", row.pk),
            row.planned_end,
        )
        for row in rows[:MAX_ENTRIES]
    ]


def find_experiments_to_ship(_user: User, _now: datetime) -> list[Entry]:
    """Return concluded experiments whose version B is better and was not requested as champion."""
    rows = Experiment.objects.filter(
        status=ExperimentStatus.CONCLUDED, promotion=None, conclusion__startswith="B is better"
    )
    return [
        Entry(
            gettext("Ship B or leave it: {row}").format(row=row),
            link_row("experiments_experiment", row.pk),
            row.end_date,
        )
        for row in rows.order_by("end_date")[:MAX_ENTRIES]
    ]


def find_drift(_user: User, now: datetime) -> list[Entry]:
    """Return the daily reports of the last three days that found drift which nobody accepted since."""
    accepted = Reference.objects.filter(
        model=OuterRef("model"),
        profile=OuterRef("profile"),
        kind=OuterRef("kind"),
        source=OuterRef("source"),
        origin=Reference.Origin.ACCEPTED,
        created_at__gte=OuterRef("created_at"),
    )
    rows = DriftReport.objects.filter(
        ~Exists(accepted), drifted=True, span=DriftReport.Span.DAY, end__gte=now - _DRIFT_WINDOW
    )
    return [
        Entry(
            gettext("Investigate or accept the drift: {row}").format(row=row),
            link_row("modelops_driftreport", row.pk),
            row.end,
        )
        for row in rows[:MAX_ENTRIES]
    ]


def find_escalations(user: User, now: datetime) -> list[Entry]:
    """Return how many escalated items and adjudications a lead may take."""
    rows = ReviewItem.objects.visible_to(user).open().filter(for_lead=True, not_before__lte=now)
    oldest = list(rows.order_by("created_at").values_list("created_at", flat=True)[:1_000])
    if not oldest:
        return []
    text = fill(
        ngettext("{number:,} review item needs a lead", "{number:,} review items need a lead", len(oldest)),
        number=len(oldest),
    )
    return [Entry(text, reverse("admin:review-queue"), oldest[0])]


def find_guideline_draft(_user: User, _now: datetime) -> list[Entry]:
    """Return the draft of the guideline."""
    return [
        Entry(
            gettext("Publish or change: {draft}").format(draft=draft),
            link_row("feedback_guideline", draft.pk),
            draft.created_at,
        )
        for draft in Guideline.objects.filter(status=Guideline.Status.DRAFT)
    ]


DECISIONS = (
    Source("modelops.approve_deployment", gettext_lazy("requests to make a version live"), find_promotions),
    Source(
        "matching.approve_export", gettext_lazy("exports of names that need a second person"), find_exports
    ),
    Source(
        "experiments.run_experiment", gettext_lazy("experiments to start or to end"), find_experiments_to_run
    ),
    Source("experiments.ship_experiment", gettext_lazy("experiments that B won"), find_experiments_to_ship),
    Source("modelops.accept_driftreport", gettext_lazy("drift to investigate or to accept"), find_drift),
    Source(LEAD_PERMISSION, gettext_lazy("escalated review items and adjudications"), find_escalations),
    Source("feedback.change_guideline", gettext_lazy("a new guideline to publish"), find_guideline_draft),
)
"""Each list of what needs a decision, by the permission to take it."""
