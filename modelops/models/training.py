"""Training runs and periodic job runs."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from accounts.dates import format_moment
from accounts.ids import uuid7
from accounts.language.sentences import lower
from modelops.models.registry import ModelVersion


class RunStatus(models.TextChoices):
    """State of a training run or periodic job."""

    QUEUED = "queued", gettext_lazy("Queued")
    RUNNING = "running", gettext_lazy("Running")
    SUCCEEDED = "succeeded", gettext_lazy("Succeeded")
    FAILED = "failed", gettext_lazy("Failed")
    CANCELLED = "cancelled", gettext_lazy("Cancelled")


class TrainingStage(models.TextChoices):
    """The step a training run is at."""

    GATHERING = "gathering", gettext_lazy("Gathering labels")
    READING = "reading", gettext_lazy("Reading pairs")
    TRAINING = "training", gettext_lazy("Training")
    MEASURING = "measuring", gettext_lazy("Measuring on held-out entities")
    REGISTERING = "registering", gettext_lazy("Registering")


class TrainingRunQuerySet(models.QuerySet["TrainingRun"]):
    """Queries on training runs."""

    def running(self) -> TrainingRunQuerySet:
        """Return runs marked as running, including those whose process died unnoticed."""
        return self.filter(status=RunStatus.RUNNING)

    def queued(self) -> TrainingRunQuerySet:
        """Return runs that wait for a worker, oldest first."""
        return self.filter(status=RunStatus.QUEUED).order_by("created_at")

    def unfinished(self) -> TrainingRunQuerySet:
        """Return runs that are queued or running."""
        return self.filter(status__in=[RunStatus.QUEUED, RunStatus.RUNNING])


class TrainingRun(models.Model):
    """One attempt to train a model: its trigger, progress and result."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    status = models.CharField(max_length=10, choices=RunStatus.choices, default=RunStatus.QUEUED)
    stage = models.CharField(max_length=12, choices=TrainingStage.choices, blank=True)
    step = models.CharField(max_length=200, blank=True, help_text="The last progress message.")
    progress = models.PositiveSmallIntegerField(default=0, help_text="Percent.")
    log = models.JSONField(
        default=list, blank=True, help_text="Progress messages with their times; numbers, never a name."
    )
    trigger = models.CharField(max_length=200, help_text="Why it was started.")
    parameters = models.JSONField(default=dict, blank=True, help_text="Options of the run.")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    labels_used = models.PositiveIntegerField(default=0)
    model = models.ForeignKey(
        ModelVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="training_runs"
    )
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True, help_text="Last heartbeat.")
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = TrainingRunQuerySet.as_manager()

    class Meta:
        db_table = "training_runs"
        ordering = ("-created_at",)
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=[RunStatus.QUEUED, RunStatus.RUNNING]) | Q(finished_at__isnull=False),
                name="training_runs_end_at_a_time",
            ),
            models.CheckConstraint(condition=Q(progress__lte=100), name="training_runs_progress_is_percent"),
        )

    def __str__(self) -> str:
        return f"{format_moment(self.created_at)}, {lower(self.get_status_display())}"


class JobRun(models.Model):
    """One run of a periodic job for one window; a constraint refuses a second for the same window."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=60)
    window = models.CharField(max_length=40, help_text="The period the run is for, such as 2026-03-01T02.")
    status = models.CharField(max_length=10, choices=RunStatus.choices, default=RunStatus.RUNNING)
    result = models.JSONField(default=dict, blank=True)
    error = models.TextField(blank=True)
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "job_runs"
        verbose_name = "periodic job"
        ordering = ("-started_at",)
        constraints = (models.UniqueConstraint(fields=["name", "window"], name="job_runs_once_per_window"),)

    def __str__(self) -> str:
        return f"{self.name} {self.window} {self.status}"
