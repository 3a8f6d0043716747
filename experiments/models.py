"""Experiments, and the exposures of users to their arms."""

from __future__ import annotations

import secrets
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.ids import uuid7
from modelops.models import EVERY_PROFILE, ModelVersion


def new_salt() -> str:
    """Return 128 random bits as text."""
    return secrets.token_hex(16)


class ExperimentStatus(models.TextChoices):
    """State of an experiment."""

    DRAFT = "draft", "Draft"
    RUNNING = "running", "Running"
    STOPPED = "stopped", "Stopped"


class Arm(models.TextChoices):
    """The two versions of an experiment."""

    A = "a", "A (the champion)"
    B = "b", "B (the challenger)"


class ExperimentQuerySet(models.QuerySet["Experiment"]):
    """Queries on experiments."""

    def running(self) -> ExperimentQuerySet:
        """Return the experiments that assign users now."""
        return self.filter(is_active=True)


class Experiment(models.Model):
    """A comparison of two versions on two groups of users; a change of the split starts a new phase."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=100, unique=True)
    profile = models.CharField(max_length=20, default=EVERY_PROFILE)
    model_a = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    model_b = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    traffic_split = models.DecimalField(
        max_digits=3,
        decimal_places=2,
        default=Decimal("0.50"),
        help_text="Share of enrolled users that gets B.",
    )
    enrolled_share = models.DecimalField(
        max_digits=3,
        decimal_places=2,
        default=Decimal("1.00"),
        help_text="Share of all users that is enrolled.",
    )
    enrolment_salt = models.CharField(max_length=32, default=new_salt, editable=False)
    variant_salt = models.CharField(max_length=32, default=new_salt, editable=False)
    phase = models.PositiveSmallIntegerField(default=1, editable=False)
    status = models.CharField(
        max_length=10, choices=ExperimentStatus.choices, default=ExperimentStatus.DRAFT, editable=False
    )
    is_active = models.BooleanField(default=False, editable=False)
    start_date = models.DateTimeField(null=True, blank=True, editable=False)
    end_date = models.DateTimeField(null=True, blank=True, editable=False)
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
                condition=Q(enrolled_share__gt=0, enrolled_share__lte=1),
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
        )
        permissions = (("run_experiment", "Can start and stop experiments"),)

    def __str__(self) -> str:
        return self.name


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
