"""Monitoring of live versions: references, counts, drift reports, thresholds and training decisions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from accounts.dates import format_moment
from accounts.ids import uuid7
from accounts.language.sentences import Text, lower

THRESHOLD_DEFAULTS: dict[str, tuple[Decimal, Text]] = {
    "accuracy": (Decimal("0.85"), gettext_lazy("Labelled accuracy below this trains a candidate.")),
    "precision": (
        Decimal("0.80"),
        gettext_lazy("Labelled precision of material below this trains a candidate."),
    ),
    "recall": (Decimal("0.80"), gettext_lazy("Labelled recall of material below this trains a candidate.")),
    "performance_drift": (
        Decimal("0.10"),
        gettext_lazy(
            "Loss of accuracy, precision or recall since training, beyond chance, that trains a candidate."
        ),
    ),
    "drift": (
        Decimal("0.10"),
        gettext_lazy("Smallest PSI that counts as drift; drift opens an investigation."),
    ),
    "feedback": (Decimal(1_000), gettext_lazy("Labels no training has used that trigger a training.")),
    "elapsed_days": (
        Decimal(30),
        gettext_lazy("Days since the last training that trigger one, with any new label."),
    ),
    "cooldown_hours": (Decimal(20), gettext_lazy("Hours after a training before the next automatic one.")),
    "budget_per_week": (Decimal(7), gettext_lazy("Automatic trainings in seven days, at most.")),
}
"""Default and meaning of each threshold."""


class TrafficSource(models.TextChoices):
    """Origin of requests. Each is monitored apart: one file has more rows than a month of single requests."""

    SINGLE = "single", gettext_lazy("Single requests")
    BULK = "bulk", gettext_lazy("Bulk files")


class ReferenceQuerySet(models.QuerySet["Reference"]):
    """Queries on references."""

    def get_newest(self, model_id: Any, profile: str, kind: str, source: str) -> Reference | None:
        """Return the newest reference; bulk files without one are compared with that of single requests."""
        rows = self.filter(model_id=model_id, profile=profile, kind=kind).order_by("-id")
        return rows.filter(source=source).first() or rows.filter(source=TrafficSource.SINGLE).first()


class Reference(models.Model):
    """Histograms that later traffic of a version is compared with.

    Taken at training, or from traffic a person accepted. Append-only; the newest row applies. ``binning``
    holds the bins (:class:`modelops.monitoring.histograms.HistogramBinning`), ``counts`` one count a bin.
    """

    class Origin(models.TextChoices):
        """Source of the histograms."""

        CORPUS = "corpus", gettext_lazy("Constructed pairs")
        TRAFFIC = "traffic", gettext_lazy("Traffic before the version was trained")
        ACCEPTED = "accepted", gettext_lazy("Accepted as the new reference")

    id = models.BigAutoField(primary_key=True)
    model = models.ForeignKey("modelops.ModelVersion", on_delete=models.PROTECT, related_name="references")
    profile = models.CharField(max_length=20)
    kind = models.CharField(max_length=12)
    source = models.CharField(
        max_length=6,
        choices=TrafficSource.choices,
        default=TrafficSource.SINGLE,
        db_default=TrafficSource.SINGLE,
    )
    origin = models.CharField(max_length=8, choices=Origin.choices)
    n = models.PositiveIntegerField()
    binning = models.JSONField(help_text="Bin edges of numbers, labels of categories.")
    counts = models.JSONField()
    reason = models.CharField(max_length=500, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = ReferenceQuerySet.as_manager()

    class Meta:
        db_table = "drift_references"
        ordering = ("-id",)
        indexes = (
            models.Index(
                fields=["model", "profile", "kind", "source", "-id"], name="drift_references_newest"
            ),
        )
        constraints = (
            models.CheckConstraint(
                condition=~Q(origin="accepted") | Q(created_by__isnull=False) & ~Q(reason=""),
                name="drift_references_accepted_by_someone",
            ),
        )

    def __str__(self) -> str:
        return gettext("{profile} {kind}, {origin}, {n:,} pairs").format(
            profile=self.profile, kind=self.kind, origin=lower(self.get_origin_display()), n=self.n
        )


class HourlyCount(models.Model):
    """Histograms of the predictions of one hour by version, profile, kind and source; counts only."""

    id = models.BigAutoField(primary_key=True)
    model = models.ForeignKey("modelops.ModelVersion", on_delete=models.CASCADE, related_name="+")
    profile = models.CharField(max_length=20)
    kind = models.CharField(max_length=12)
    source = models.CharField(
        max_length=6,
        choices=TrafficSource.choices,
        default=TrafficSource.SINGLE,
        db_default=TrafficSource.SINGLE,
    )
    hour = models.DateTimeField()
    reference = models.ForeignKey(Reference, on_delete=models.PROTECT, related_name="+")
    n = models.PositiveIntegerField()
    counts = models.JSONField()

    class Meta:
        db_table = "hourly_counts"
        ordering = ("-hour",)
        constraints = (
            models.UniqueConstraint(
                fields=["model", "profile", "kind", "source", "hour"], name="hourly_counts_once_an_hour"
            ),
        )

    def __str__(self) -> str:
        return f"{self.profile} {self.kind} {self.hour:%Y-%m-%d %H}: {self.n}"


class DriftReport(models.Model):
    """Comparison of one window with the reference, and its effect on the verdicts."""

    class Span(models.TextChoices):
        """Length of the window."""

        HOUR = "hour", gettext_lazy("Hours")
        DAY = "day", gettext_lazy("Day")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    model = models.ForeignKey("modelops.ModelVersion", on_delete=models.CASCADE, related_name="drift")
    profile = models.CharField(max_length=20)
    kind = models.CharField(max_length=12)
    source = models.CharField(
        max_length=6,
        choices=TrafficSource.choices,
        default=TrafficSource.SINGLE,
        db_default=TrafficSource.SINGLE,
    )
    span = models.CharField(max_length=4, choices=Span.choices)
    start = models.DateTimeField()
    end = models.DateTimeField()
    reference = models.ForeignKey(Reference, on_delete=models.PROTECT, related_name="+")
    n = models.PositiveIntegerField()
    largest_psi = models.FloatField("largest PSI", default=0.0)
    shifted_figures = models.JSONField(default=list, help_text="Figures that shifted in this window.")
    persistent_figures = models.JSONField(
        default=list, help_text="Figures that shifted in two of the last three windows."
    )
    drifted = models.BooleanField(default=False)
    shifts = models.JSONField(default=list)
    plots = models.JSONField(default=list, help_text="Counts of the figures with the largest shift.")
    changed_verdicts = models.PositiveIntegerField(
        default=0,
        help_text="Predictions with another verdict than the reference distribution gives.",
    )
    reviewed = models.PositiveIntegerField(
        default=0, help_text="Predictions of the window that were reviewed."
    )
    wrong = models.PositiveIntegerField(default=0, help_text="Of those, wrong ones.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "drift_reports"
        ordering = ("-id",)
        indexes = (
            models.Index(
                fields=["model", "profile", "kind", "source", "span", "-end"], name="drift_reports_series"
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["model", "profile", "kind", "source", "span", "end"],
                name="drift_reports_once_a_window",
            ),
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="drift_reports_end_after_start"),
        )
        permissions = (("accept_driftreport", "Can accept the traffic of a report as the new reference"),)

    def __str__(self) -> str:
        return gettext("{profile} {kind} until {moment}").format(
            profile=self.profile, kind=self.kind, moment=format_moment(self.end)
        )

    @property
    def summary(self) -> str:
        """The consequence as a sentence."""
        if not self.shifted_figures:
            return gettext("No shift beyond chance among {n:,} predictions.").format(n=self.n)
        subject = gettext("This drift") if self.drifted else gettext("This shift, seen in one window only,")
        if self.source == TrafficSource.BULK:
            rows = gettext("{n:,} sampled rows of files").format(n=self.n)
            return gettext("{subject} changed the verdict of {changed_verdicts:,} of {rows}.").format(
                subject=subject, changed_verdicts=self.changed_verdicts, rows=rows
            )
        review = gettext("reviewers checked {reviewed:,} of the {n:,} and found {wrong:,} wrong").format(
            reviewed=self.reviewed, n=self.n, wrong=self.wrong
        )
        return gettext(
            "{subject} changed the verdict of {changed_verdicts:,} of {n:,} predictions; {review}."
        ).format(subject=subject, changed_verdicts=self.changed_verdicts, n=self.n, review=review)


class Threshold(models.Model):
    """A value of a threshold, who set it and why. Append-only; the newest row of a name applies."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=20, choices=[(name, name) for name in THRESHOLD_DEFAULTS])
    value = models.DecimalField(max_digits=10, decimal_places=4)
    previous = models.DecimalField(max_digits=10, decimal_places=4)
    reason = models.CharField(max_length=500)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "watch_thresholds"
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(condition=Q(value__gt=0), name="watch_thresholds_positive"),
            models.CheckConstraint(
                condition=~Q(name__in=["accuracy", "precision", "recall", "performance_drift"])
                | Q(value__lte=1),
                name="watch_thresholds_shares",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} = {self.value.normalize():f}"


class TrainingDecision(models.Model):
    """A decision whether to train automatically, with its conditions and obstacles."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField(default=timezone.now)
    model = models.ForeignKey("modelops.ModelVersion", on_delete=models.PROTECT, related_name="+")
    should_train = models.BooleanField()
    reason = models.CharField(max_length=300, help_text="The reason in one sentence.")
    conditions = models.JSONField(
        help_text="Each condition: the measured value, the threshold, whether it is met."
    )
    obstacles = models.JSONField(default=list, help_text="What prevented a training.")
    run = models.ForeignKey(
        "modelops.TrainingRun", null=True, blank=True, on_delete=models.PROTECT, related_name="decisions"
    )

    class Meta:
        db_table = "training_decisions"
        ordering = ("-id",)
        indexes = (models.Index(fields=["-at"], name="training_decisions_newest"),)

    def __str__(self) -> str:
        return f"{format_moment(self.at)}: {'train' if self.should_train else 'do not train'}"
