"""The tables of reports: predictions and review decisions as numbers by hour and day. No name is in them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext

from accounts.dates import format_day, format_moment
from matching.models import PredictionSource
from modelops.models import ModelVersion


class HourlyVolume(models.Model):
    """Predictions of one hour of one client by profile, kind, source and version; imports are left out."""

    id = models.BigAutoField(primary_key=True)
    hour = models.DateTimeField(help_text="Its first moment, UTC.")
    profile = models.CharField(max_length=20)
    kind = models.CharField(max_length=12)
    source = models.CharField(max_length=6, choices=PredictionSource.choices, blank=True)
    client = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    immaterial = models.PositiveIntegerField()
    review = models.PositiveIntegerField()
    material = models.PositiveIntegerField()
    cached = models.PositiveIntegerField()
    confidence_sum = models.DecimalField(
        max_digits=14, decimal_places=4, help_text="Over the predictions that are decided, not reviews."
    )
    last_at = models.DateTimeField(help_text="The newest prediction.")

    class Meta:
        db_table = "hourly_volumes"
        verbose_name = "hourly volume"
        ordering = ("-hour", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["hour", "profile", "kind", "source", "client", "model"],
                name="hourly_volumes_once_an_hour",
            ),
            models.CheckConstraint(
                condition=~Q(source__in=[PredictionSource.IMPORT, PredictionSource.GOLD]),
                name="hourly_volumes_without_imports",
            ),
            models.CheckConstraint(
                condition=Q(confidence_sum__gte=0) & Q(confidence_sum__lte=F("immaterial") + F("material")),
                name="hourly_volumes_confidence_of_decisions",
            ),
        )
        permissions = (
            ("view_reports", "Can see reports and the executive dashboard"),
            ("view_operations", "Can see the technical dashboard"),
            ("view_review_quality", "Can see agreement and quality figures of reviewers"),
        )

    def __str__(self) -> str:
        return f"{self.profile} {self.kind} {self.source} {format_moment(self.hour)}"

    @property
    def count(self) -> int:
        """Number of predictions."""
        return self.immaterial + self.review + self.material


class DailyVolume(models.Model):
    """Predictions of one day (UTC), summed from :class:`HourlyVolume`: a year is few rows at any traffic."""

    id = models.BigAutoField(primary_key=True)
    day = models.DateField()
    profile = models.CharField(max_length=20)
    kind = models.CharField(max_length=12)
    source = models.CharField(max_length=6, choices=PredictionSource.choices, blank=True)
    client = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    immaterial = models.PositiveIntegerField()
    review = models.PositiveIntegerField()
    material = models.PositiveIntegerField()
    cached = models.PositiveIntegerField()
    confidence_sum = models.DecimalField(
        max_digits=14, decimal_places=4, help_text="Over the predictions that are decided, not reviews."
    )
    last_at = models.DateTimeField(help_text="The newest prediction.")

    class Meta:
        db_table = "daily_volumes"
        verbose_name = "daily volume"
        ordering = ("-day", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["day", "profile", "kind", "source", "client", "model"],
                name="daily_volumes_once_a_day",
            ),
        )

    def __str__(self) -> str:
        return f"{self.profile} {self.kind} {self.source} {format_day(self.day)}"

    @property
    def count(self) -> int:
        """Number of predictions."""
        return self.immaterial + self.review + self.material


class HourlyReview(models.Model):
    """First decisions of one reviewer in one hour, by profile, kind and version; gold items are left out."""

    id = models.BigAutoField(primary_key=True)
    hour = models.DateTimeField(help_text="Its first moment, UTC.")
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    profile = models.CharField(max_length=20)
    kind = models.CharField(max_length=12)
    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    decisions = models.PositiveIntegerField()
    overrides = models.PositiveIntegerField(help_text="Decisions against the model.")
    caught = models.PositiveIntegerField(help_text="Decided material where the verdict was immaterial.")
    last_at = models.DateTimeField(help_text="The newest decision.")

    class Meta:
        db_table = "hourly_reviews"
        verbose_name = "hourly reviews"
        verbose_name_plural = "hourly reviews"
        ordering = ("-hour", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["hour", "reviewer", "profile", "kind", "model"], name="hourly_reviews_once_an_hour"
            ),
            models.CheckConstraint(
                condition=Q(overrides__lte=F("decisions"), caught__lte=F("overrides")),
                name="hourly_reviews_parts_of_the_whole",
            ),
        )

    def __str__(self) -> str:
        return f"{self.profile} {self.kind} {format_moment(self.hour)}"

    @property
    def count(self) -> int:
        """Number of decisions."""
        return self.decisions


class RollUpProgress(models.Model):
    """Until when the hours are rolled up; one row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    rolled_until = models.DateTimeField(help_text="Hours before this moment are final.")
    at = models.DateTimeField(default=timezone.now, help_text="When the tables were last brought up to date.")

    class Meta:
        db_table = "roll_up_progress"
        constraints = (models.CheckConstraint(condition=Q(id=1), name="roll_up_progress_one_row"),)

    def __str__(self) -> str:
        return gettext("rolled up until {moment}").format(moment=format_moment(self.rolled_until))


class ReportAssumption(models.Model):
    """What executives assume of a comparison by hand; append-only, the newest row applies."""

    id = models.BigAutoField(primary_key=True)
    minutes = models.DecimalField(
        max_digits=5, decimal_places=1, help_text="Minutes that a person needs to compare two names."
    )
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "report_assumptions"
        verbose_name = "report assumption"
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(minutes__gt=0, minutes__lte=480), name="report_assumptions_within_a_day"
            ),
        )

    def __str__(self) -> str:
        return gettext("{minutes} minutes a comparison").format(minutes=self.minutes)


class DigestSubscription(models.Model):
    """A user who gets the figures of every week by e-mail."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE)
    created_at = models.DateTimeField(default=timezone.now)
    sent_until = models.DateField(
        null=True, blank=True, help_text="Last day of the newest week that was sent."
    )

    class Meta:
        db_table = "digest_subscriptions"
        verbose_name = "weekly digest"
        ordering = ("created_at",)

    def __str__(self) -> str:
        return gettext("since {created_at:%Y-%m-%d}").format(created_at=self.created_at)
