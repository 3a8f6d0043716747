"""What waits for a person to do: review items, reasons, alerts, exports, evidence packs, alert channels."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Min, Q
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy, ngettext

from accounts.models import AuditEvent, User
from accounts.numbers import fill
from analytics import evidence
from analytics.overview.entries import MAX_ENTRIES, Entry, Source, link_list, link_row
from feedback.models import ReviewItem
from feedback.permissions import LEAD_PERMISSION, REVIEW_PERMISSION
from feedback.review.presenter import find_unexplained_override
from feedback.review.waiting import build_offer_condition, link_waiting
from matching.models import ExportRequest, ReviewStream
from modelops.models import Alert, AlertChannel, RunStatus, TrainingRun


def find_review_items(user: User, now: datetime) -> list[Entry]:
    """Return what a reviewer holds, what is assigned, what is free, and what lacks a document."""
    available = build_offer_condition(user, now)
    groups = {
        "held": Q(state=ReviewItem.State.CLAIMED, claimed_by=user, claimed_until__gte=now),
        "assigned": available & Q(assigned_to=user),
        "parked": Q(state=ReviewItem.State.PARKED, assigned_to=user),
        "free": available & Q(assigned_to=None, for_lead=False),
    }
    sums = {name: Count("pk", filter=where) for name, where in groups.items()}
    oldest = {f"oldest_{name}": Min("created_at", filter=where) for name, where in groups.items()}
    found = ReviewItem.objects.visible_to(user).open().aggregate(**sums, **oldest)
    href = reverse("admin:review-queue")
    return [
        Entry(_count_items(name, found[name]), href, found[f"oldest_{name}"])
        for name in groups
        if found[name]
    ]


def _count_items(group: str, number: int) -> str:
    texts = {
        "held": ngettext(
            "{number:,} review item that you have begun",
            "{number:,} review items that you have begun",
            number,
        ),
        "assigned": ngettext(
            "{number:,} review item assigned to you", "{number:,} review items assigned to you", number
        ),
        "parked": ngettext(
            "{number:,} review item that waits for a document",
            "{number:,} review items that wait for a document",
            number,
        ),
        "free": ngettext(
            "{number:,} review item in the queue", "{number:,} review items in the queue", number
        ),
    }
    return texts[group].format(number=number)


def find_override_without_reason(user: User, _now: datetime) -> list[Entry]:
    """Return the last decision of a reviewer where it overrides the model without a reason."""
    decision = find_unexplained_override(user)
    if decision is None:
        return []
    href = reverse("admin:review-decision", args=[decision.pk])
    return [Entry(gettext("Say why your last decision overrides the model"), href, decision.created_at)]


def find_overdue_items(user: User, now: datetime) -> list[Entry]:
    """Return how many review items are past their due time."""
    late = ReviewItem.objects.visible_to(user).open().exclude(stream=ReviewStream.GOLD).filter(due_at__lt=now)
    found = late.aggregate(count=Count("pk"), oldest=Min("due_at"))
    text = fill(
        ngettext("{number:,} review item is overdue", "{number:,} review items are overdue", found["count"]),
        number=found["count"],
    )
    return [Entry(text, link_waiting(user, late="yes"), found["oldest"])] if found["count"] else []


def find_alerts(_user: User, now: datetime) -> list[Entry]:
    """Return the alerts that fire and that nobody acknowledged or snoozed."""
    rows = Alert.objects.firing().filter(acknowledged_at=None).exclude(snoozed_until__gt=now)
    return [
        Entry(f"{alert.get_severity_display()}: {alert}", link_row("modelops_alert", alert.pk), alert.since)
        for alert in rows[:MAX_ENTRIES]
    ]


def find_exports(user: User, _now: datetime) -> list[Entry]:
    """Return the user's own exports that may be downloaded."""
    rows = ExportRequest.objects.filter(requested_by=user, taken_at=None)
    ready = rows.filter(Q(needs_approval=False) | Q(is_approved=True))
    return [
        Entry(
            gettext("Your export can be downloaded: {row}").format(row=row),
            link_row("matching_exportrequest", row.pk),
            row.requested_at,
        )
        for row in ready[:MAX_ENTRIES]
    ]


def find_failed_trainings(_user: User, _now: datetime) -> list[Entry]:
    """Return the newest training run where it failed."""
    run = TrainingRun.objects.exclude(status__in=[RunStatus.QUEUED, RunStatus.RUNNING]).first()
    if run is None or run.status != RunStatus.FAILED:
        return []
    return [
        Entry(gettext("The last training failed"), link_row("modelops_trainingrun", run.pk), run.finished_at)
    ]


def find_months_without_pack(_user: User, _now: datetime) -> list[Entry]:
    """Return the complete months whose evidence pack nobody built yet, one entry for all."""
    packed = AuditEvent.objects.filter(action="evidence.created").values_list("detail__month", flat=True)
    over = [month for month in evidence.list_months() if month.is_over]
    missing = [month for month in over if str(month) not in set(packed)] if over else []
    if not missing:
        return []
    months = ", ".join(str(month) for month in reversed(missing[-MAX_ENTRIES:]))
    text = gettext("No evidence pack yet for {months}").format(months=months)
    return [Entry(text, reverse("evidence"), missing[-1].end)]


def find_broken_channels(_user: User, _now: datetime) -> list[Entry]:
    """Return the channels whose last alert did not arrive, or that there is none."""
    channels = list(AlertChannel.objects.filter(enabled=True))
    if not channels:
        return [
            Entry(gettext("No alert channel is set: alerts reach nobody"), link_list("modelops_alertchannel"))
        ]
    return [
        Entry(
            gettext("Alerts do not arrive: {name}").format(name=row.name),
            link_row("modelops_alertchannel", row.pk),
        )
        for row in channels
        if row.last_error
    ]


WAITING = (
    Source(REVIEW_PERMISSION, gettext_lazy("review items that you can decide"), find_review_items),
    Source(REVIEW_PERMISSION, gettext_lazy("decisions that need a reason"), find_override_without_reason),
    Source(LEAD_PERMISSION, gettext_lazy("overdue review items"), find_overdue_items),
    Source("modelops.handle_alert", gettext_lazy("alerts to acknowledge"), find_alerts),
    Source("modelops.add_trainingrun", gettext_lazy("trainings that failed"), find_failed_trainings),
    Source("matching.export_names", gettext_lazy("your exports when they can be downloaded"), find_exports),
    Source(
        "accounts.view_auditseal", gettext_lazy("months without an evidence pack"), find_months_without_pack
    ),
    Source(
        "modelops.change_alertchannel", gettext_lazy("alert channels that do not work"), find_broken_channels
    ),
)
"""Each list of what waits, by the permission to do it."""
