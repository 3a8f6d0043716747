"""Experiments with their phases and guardrails, the exposures of users, and what clients record."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from accounts.ids import uuid7
from accounts.language.sentences import Text
from accounts.numbers import fill
from experiments.metrics import ACCURACY, GUARDRAIL_CHOICES, PRIMARY_CHOICES, RECORDED
from modelops.models import EVERY_PROFILE, ModelVersion, PromotionRequest

_SPLIT_HELP = gettext_lazy("Share of the enrolled users that gets A; the others get B.")
_ENROLLED_HELP = gettext_lazy(
    "Share of all users that is enrolled. 0: B answers nobody and only scores in the shadow."
)


def new_salt() -> str:
    """Return 128 random bits as text."""
    return secrets.token_hex(16)


def _translate(choices: Iterable[tuple[str, str]]) -> list[tuple[str, Text]]:
    return [(value, gettext_lazy(title)) for value, title in choices]


class ExperimentStatus(models.TextChoices):
    """State of an experiment."""

    DRAFT = "draft", gettext_lazy("Draft")
    RUNNING = "running", gettext_lazy("Running")
    STOPPED = "stopped", gettext_lazy("Stopped")
    CONCLUDED = "concluded", gettext_lazy("Concluded")


class Arm(models.TextChoices):
    """The two versions of an experiment."""

    A = "a", gettext_lazy("A (the champion)")
    B = "b", gettext_lazy("B (the challenger)")


class ExperimentQuerySet(models.QuerySet["Experiment"]):
    """Queries on experiments."""

    def running(self) -> ExperimentQuerySet:
        """Return the experiments that assign users now."""
        return self.filter(is_active=True)


class Experiment(models.Model):
    """A comparison of two versions on two groups of users; a change of the split starts a new phase."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=100, unique=True)
    hypothesis = models.TextField(
        max_length=1_000, help_text="What B is expected to do better than A, and why."
    )
    profile = models.CharField(max_length=20, default=EVERY_PROFILE)
    model_a = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="+", verbose_name="version A"
    )
    model_b = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="+", verbose_name="version B"
    )
    primary_metric = models.CharField(max_length=20, choices=_translate(PRIMARY_CHOICES), default=ACCURACY)
    recorded_metric = models.CharField(
        max_length=40,
        blank=True,
        help_text="Name of the metric that clients record, where that is the primary one.",
    )
    higher_is_better = models.BooleanField(default=True, help_text="Of the metric that clients record.")
    smallest_effect = models.DecimalField(
        max_digits=4,
        decimal_places=3,
        default=Decimal("0.200"),
        help_text="Smallest effect worth finding. Accuracy: how far above half the share of disagreements "
        "is that B wins (0.2: B is right in 70 %). Other metrics: change relative to A (0.1: 10 %).",
    )
    traffic_split = models.DecimalField(
        max_digits=3, decimal_places=2, default=Decimal("0.50"), help_text=_SPLIT_HELP
    )
    enrolled_share = models.DecimalField(
        max_digits=3, decimal_places=2, default=Decimal("1.00"), help_text=_ENROLLED_HELP
    )
    enrolment_salt = models.CharField(max_length=32, default=new_salt, editable=False)
    variant_salt = models.CharField(max_length=32, default=new_salt, editable=False)
    phase = models.PositiveSmallIntegerField(default=1, editable=False)
    status = models.CharField(
        max_length=10, choices=ExperimentStatus.choices, default=ExperimentStatus.DRAFT, editable=False
    )
    is_active = models.BooleanField(default=False, editable=False)
    can_conclude = models.BooleanField(
        default=False, editable=False, help_text="Whether the forecast at the start expected a conclusion."
    )
    reason_to_start = models.CharField(max_length=500, blank=True, editable=False)
    planned_end = models.DateTimeField(null=True, blank=True, help_text="Time in UTC.")
    start_date = models.DateTimeField(null=True, blank=True, editable=False)
    end_date = models.DateTimeField(null=True, blank=True, editable=False)
    conclusion = models.TextField(blank=True, editable=False)
    promotion = models.OneToOneField(
        PromotionRequest,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="experiment",
        help_text="The request to make B the champion.",
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ExperimentQuerySet.as_manager()

    class Meta:
        db_table = "ab_experiments"
        ordering = ("-created_at",)
        constraints = (
            models.CheckConstraint(condition=~Q(model_a=F("model_b")), name="ab_experiments_two_models"),
            models.CheckConstraint(
                condition=Q(traffic_split__gt=0, traffic_split__lt=1), name="ab_experiments_split_is_a_share"
            ),
            models.CheckConstraint(
                condition=Q(enrolled_share__gt=0, enrolled_share__lte=1)
                | Q(enrolled_share=0, primary_metric=ACCURACY),
                name="ab_experiments_enrolled_is_a_share",
            ),
            models.CheckConstraint(
                condition=Q(is_active=True, status=ExperimentStatus.RUNNING)
                | Q(is_active=False) & ~Q(status=ExperimentStatus.RUNNING),
                name="ab_experiments_active_means_running",
            ),
            models.CheckConstraint(
                condition=Q(end_date=None) | Q(end_date__gt=F("start_date")),
                name="ab_experiments_ends_after_start",
            ),
            models.UniqueConstraint(
                fields=["profile"], condition=Q(is_active=True), name="ab_experiments_one_running_per_profile"
            ),
            models.CheckConstraint(
                condition=Q(primary_metric__in=[id_ for id_, _ in PRIMARY_CHOICES])
                & (~Q(primary_metric=RECORDED) | ~Q(recorded_metric="")),
                name="ab_experiments_primary_metric_is_named",
            ),
            models.CheckConstraint(
                condition=Q(smallest_effect__gt=0)
                & (~Q(primary_metric=ACCURACY) | Q(smallest_effect__lt=Decimal("0.5"))),
                name="ab_experiments_effect_can_be_found",
            ),
            models.CheckConstraint(
                condition=Q(status=ExperimentStatus.DRAFT) | Q(can_conclude=True) | ~Q(reason_to_start=""),
                name="ab_experiments_started_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(status=ExperimentStatus.DRAFT, start_date=None)
                | Q(status=ExperimentStatus.RUNNING, start_date__isnull=False, end_date=None)
                | Q(
                    status__in=[ExperimentStatus.STOPPED, ExperimentStatus.CONCLUDED],
                    start_date__isnull=False,
                    end_date__isnull=False,
                ),
                name="ab_experiments_dates_fit_the_status",
            ),
            models.CheckConstraint(
                condition=~Q(status=ExperimentStatus.CONCLUDED) | ~Q(conclusion=""),
                name="ab_experiments_concluded_with_a_sentence",
            ),
        )
        permissions = (
            ("run_experiment", "Can start, change, stop and conclude experiments"),
            ("ship_experiment", "Can request that version B of an experiment be made champion"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def share_b(self) -> float:
        """Share of the enrolled users that gets B, in (0, 1)."""
        return 1 - float(self.traffic_split)


class ExperimentPhase(models.Model):
    """A period with one split. Results belong to one phase and are never added up over several."""

    id = models.BigAutoField(primary_key=True)
    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="phases")
    number = models.PositiveSmallIntegerField()
    traffic_split = models.DecimalField(max_digits=3, decimal_places=2, help_text=_SPLIT_HELP)
    enrolled_share = models.DecimalField(max_digits=3, decimal_places=2, help_text=_ENROLLED_HELP)
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "ab_phases"
        ordering = ("experiment", "number")
        constraints = (
            models.UniqueConstraint(fields=["experiment", "number"], name="ab_phases_numbered"),
            models.UniqueConstraint(
                fields=["experiment"], condition=Q(ended_at=None), name="ab_phases_one_is_open"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gt=F("started_at")),
                name="ab_phases_end_after_start",
            ),
        )

    def __str__(self) -> str:
        return fill(
            gettext("phase {number}: A {traffic_split:.0%} of {enrolled_share:.0%}"),
            number=self.number,
            traffic_split=self.traffic_split,
            enrolled_share=self.enrolled_share,
        )

    @property
    def share_b(self) -> float:
        """Share of the enrolled users that gets B, in (0, 1)."""
        return 1 - float(self.traffic_split)


class Guardrail(models.Model):
    """A limit on how much worse than A version B may be; a breach stops the experiment by itself."""

    id = models.BigAutoField(primary_key=True)
    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="guardrails")
    metric = models.CharField(max_length=20, choices=_translate(GUARDRAIL_CHOICES))
    margin = models.DecimalField(
        max_digits=6,
        decimal_places=4,
        help_text="How much worse than A version B may be: relative for latency, else in points (0.02: 2 %).",
    )
    breached_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "ab_guardrails"
        ordering = ("metric",)
        constraints = (
            models.UniqueConstraint(fields=["experiment", "metric"], name="ab_guardrails_once_per_metric"),
            models.CheckConstraint(condition=Q(margin__gte=0), name="ab_guardrails_margin_is_positive"),
        )

    def __str__(self) -> str:
        return gettext("{metric}: at most {margin} worse").format(
            metric=self.get_metric_display(), margin=self.margin
        )


class Exposure(models.Model):
    """The first exposure of a user to an arm; a constraint keeps one row per user and phase."""

    id = models.BigAutoField(primary_key=True)
    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="exposures")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    arm = models.CharField(max_length=1, choices=Arm.choices)
    phase = models.PositiveSmallIntegerField(default=1)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "ab_exposures"
        ordering = ("-at",)
        constraints = (
            models.UniqueConstraint(
                fields=["experiment", "user", "phase"], name="ab_exposures_once_per_user"
            ),
        )

    def __str__(self) -> str:
        return f"{self.experiment_id} {self.arm} {self.at:%Y-%m-%d}"


class RecordedMetric(models.Model):
    """One outcome of an exposed user: recorded by a client, or a comparison that failed."""

    id = models.BigAutoField(primary_key=True)
    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="recorded_metrics")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    phase = models.PositiveSmallIntegerField()
    arm = models.CharField(max_length=1, choices=Arm.choices)
    name = models.CharField(max_length=40)
    value = models.FloatField()
    event = models.CharField(max_length=100, help_text="What was measured, in the words of the client.")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "ab_metrics"
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["experiment", "user", "name", "event"], name="ab_metrics_once_per_event"
            ),
            # Infinity and "not a number" are larger than every number of PostgreSQL.
            models.CheckConstraint(
                condition=Q(value__gte=-1e12, value__lte=1e12), name="ab_metrics_value_is_a_number"
            ),
        )
        indexes = (models.Index(fields=["experiment", "phase", "name"], name="ab_metrics_of_phase"),)

    def __str__(self) -> str:
        return gettext("{name} = {value:g} in arm {arm}").format(
            name=self.name, value=self.value, arm=self.arm
        )
