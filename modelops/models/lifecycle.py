"""Model versions, how they measured, and who made which one live when."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.ids import uuid7

EVERY_PROFILE = "*"
"""The profile of a deployment that serves every profile without one of its own."""

DRILL_PROFILE = "~drill"
"""The profile that drills of a rollback use: no question can name it, so nobody is answered from it."""


class ServingRole(models.TextChoices):
    """The part a model version plays."""

    CHAMPION = "champion", "Champion (answers)"
    CHALLENGER = "challenger", "Challenger (answers in an experiment)"
    SHADOW = "shadow", "Shadow (scores, never answers)"


class RunStatus(models.TextChoices):
    """Where a piece of work stands."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class ModelArtefact(models.Model):
    """The bytes that are served, found by their digest: every machine that reads the database has them."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    content = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "model_artefacts"

    def __str__(self) -> str:
        return self.sha256[:12]


class StoredValidationSet(models.Model):
    """The held-out rows a version was measured on, without any name.

    :mod:`modelops.validation.validation_set` packs and reads them.
    """

    sha256 = models.CharField(max_length=64, primary_key=True)
    schema_hash = models.CharField(max_length=64, help_text="The features its rows are made of.")
    content = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "exam_sets"

    def __str__(self) -> str:
        return self.sha256[:12]


class ModelVersion(models.Model):
    """One trained, registered, unchangeable version of a model."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=100)
    version = models.CharField(max_length=40)
    model_path = models.CharField(max_length=500, help_text="Where the registry keeps the trained estimator.")
    accuracy = models.DecimalField(max_digits=5, decimal_places=4, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    is_active = models.BooleanField(
        default=True, help_text="Clear this to withdraw a version from promotion."
    )
    artefact = models.ForeignKey(ModelArtefact, on_delete=models.PROTECT, related_name="+")
    artefact_hmac = models.CharField(
        max_length=64, help_text="Keyed digest of artefact, name, version and schema."
    )
    schema_hash = models.CharField(max_length=64, help_text="The features the model was trained on.")
    libraries = models.JSONField(default=dict, blank=True)
    metrics = models.JSONField(default=dict, blank=True)
    mlflow_run_id = models.CharField(max_length=64, blank=True)
    datasets = models.JSONField(
        default=dict, blank=True, help_text="Per source, how many pairs it was trained on, and their digest."
    )
    card = models.TextField(blank=True, help_text="The model card, Markdown.")
    exam = models.ForeignKey(
        StoredValidationSet, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    answers = models.JSONField(
        default=dict, blank=True, help_text="What it answered to the golden pairs when it was registered."
    )
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        db_table = "models"
        verbose_name = "model version"
        ordering = ("-created_at",)
        constraints = (
            models.UniqueConstraint(fields=["name", "version"], name="models_name_version"),
            models.CheckConstraint(
                condition=Q(accuracy=None) | Q(accuracy__gte=0, accuracy__lte=1),
                name="models_accuracy_is_a_share",
            ),
        )
        permissions = (("verify_modelversion", "Can verify the artefact of a model version"),)

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class ModelMetric(models.Model):
    """One measured number of a version, overall or for a slice, over a window."""

    id = models.BigAutoField(primary_key=True)
    model = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="measured")
    metric_name = models.CharField(max_length=60)
    metric_value = models.DecimalField(max_digits=10, decimal_places=6)
    recorded_at = models.DateTimeField(default=timezone.now)
    window = models.CharField(
        max_length=40, blank=True, help_text="Empty for the evaluation at training time."
    )
    slice = models.CharField(max_length=100, blank=True, help_text="Empty for the whole.")
    n = models.PositiveIntegerField(null=True, blank=True, help_text="Pairs the number rests on.")

    class Meta:
        db_table = "model_metrics"
        ordering = ("-recorded_at", "metric_name")
        indexes = (
            models.Index(fields=["model", "metric_name", "-recorded_at"], name="model_metrics_series"),
        )

    def __str__(self) -> str:
        return f"{self.metric_name}{f' ({self.slice})' if self.slice else ''} = {self.metric_value}"


class DeploymentQuerySet(models.QuerySet["Deployment"]):
    """Reads of the history of what was live."""

    def as_of(self, moment: datetime, role: str = ServingRole.CHAMPION) -> DeploymentQuerySet:
        """What had been deployed by that moment, the newest per profile first."""
        rows = self.exclude(profile=DRILL_PROFILE).filter(at__lte=moment, role=role)
        return rows.order_by("profile", "-generation").distinct("profile")

    def live(self) -> DeploymentQuerySet:
        """Deployments in force now, with their versions."""
        return self.exclude(profile=DRILL_PROFILE).filter(slot__isnull=False).select_related("model")

    def for_schema(self, profile: str, schema: str) -> DeploymentQuerySet:
        """Champions of a profile that were made for these features, the newest first."""
        rows = self.filter(profile=profile, role=ServingRole.CHAMPION, model__schema_hash=schema)
        return rows.select_related("model").order_by("-generation")


class Deployment(models.Model):
    """This version took this part for this profile then. Append-only: triggers refuse change and deletion."""

    generation = models.BigAutoField(primary_key=True)
    profile = models.CharField(max_length=20, default=EVERY_PROFILE)
    role = models.CharField(max_length=12, choices=ServingRole.choices)
    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="deployments")
    previous = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    break_glass = models.BooleanField(
        default=False, help_text="One person alone, in an emergency; raises an alert."
    )
    first = models.BooleanField(default=False, help_text="The shipped model of a new installation.")
    upgrade = models.BooleanField(
        default=False,
        help_text="The shipped model of a new program, whose engine the one before does not fit.",
    )
    drill = models.BooleanField(default=False, help_text="Part of a drill: answers nobody.")
    automatic = models.BooleanField(default=False, help_text="Became shadow by itself: it never answers.")
    override = models.TextField(blank=True, help_text="Why it was approved with a red gate.")
    reason = models.TextField()
    at = models.DateTimeField(default=timezone.now)

    objects = DeploymentQuerySet.as_manager()

    class Meta:
        db_table = "deployments"
        ordering = ("-generation",)
        constraints = (
            models.CheckConstraint(
                condition=Q(first=True, previous=None)
                | Q(upgrade=True, previous__isnull=False, role=ServingRole.CHAMPION)
                | Q(automatic=True, role=ServingRole.SHADOW)
                | Q(drill=True, profile=DRILL_PROFILE, requested_by__isnull=False)
                | Q(break_glass=True, requested_by__isnull=False)
                | Q(requested_by__isnull=False, approved_by__isnull=False)
                & ~Q(requested_by=F("approved_by")),
                name="deployments_need_two_people",
            ),
            models.CheckConstraint(
                condition=Q(role__in=ServingRole.values), name="deployments_role_is_known"
            ),
            models.UniqueConstraint(
                fields=["profile"], condition=Q(first=True), name="deployments_one_first"
            ),
        )
        permissions = (
            ("request_deployment", "Can ask for a model version to be made live"),
            ("approve_deployment", "Can approve what another person asked for"),
            ("rollback_deployment", "Can go back to the version before, alone"),
        )

    def __str__(self) -> str:
        return f"{self.generation}: {self.model} as {self.role} for {self.profile}"


class LiveSlot(models.Model):
    """The deployment in force for a profile and part.

    One row each: the database allows no second champion.
    """

    profile = models.CharField(max_length=20)
    role = models.CharField(max_length=12, choices=ServingRole.choices)
    deployment = models.OneToOneField(Deployment, on_delete=models.PROTECT, related_name="slot")

    class Meta:
        db_table = "live_slots"
        ordering = ("profile", "role")
        constraints = (
            models.UniqueConstraint(
                fields=["profile"],
                condition=Q(role=ServingRole.CHAMPION),
                name="live_slots_one_champion_per_profile",
            ),
            models.UniqueConstraint(
                fields=["profile", "role"],
                condition=~Q(role=ServingRole.CHAMPION),
                name="live_slots_one_of_each",
            ),
        )

    def __str__(self) -> str:
        return f"{self.profile} {self.role}: {self.deployment_id}"


class PromotionRequest(models.Model):
    """Somebody asks for a version to be made live; another person approves or declines."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="requests")
    profile = models.CharField(max_length=20, default=EVERY_PROFILE)
    role = models.CharField(max_length=12, choices=ServingRole.choices, default=ServingRole.CHAMPION)
    expected = models.BigIntegerField(
        null=True, blank=True, help_text="Generation in force when it was asked."
    )
    reason = models.TextField()
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(auto_now_add=True)
    gates = models.JSONField(default=list, blank=True, help_text="What was found when it was asked.")
    closed_at = models.DateTimeField(null=True, blank=True)
    deployment = models.OneToOneField(
        Deployment, null=True, blank=True, on_delete=models.PROTECT, related_name="request"
    )

    class Meta:
        db_table = "promotion_requests"
        ordering = ("-requested_at",)
        constraints = (
            models.UniqueConstraint(
                fields=["model", "profile", "role"],
                condition=Q(closed_at=None),
                name="promotion_requests_open_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.model} as {self.role} for {self.profile}"

    @property
    def is_open(self) -> bool:
        """Say whether the request still waits for its answer."""
        return self.closed_at is None


class TrainingStage(models.TextChoices):
    """What a training run is doing."""

    GATHERING = "gathering", "Gathering labels"
    READING = "reading", "Reading pairs"
    TRAINING = "training", "Training"
    MEASURING = "measuring", "Measuring on held-out entities"
    REGISTERING = "registering", "Registering"


class TrainingRunQuerySet(models.QuerySet["TrainingRun"]):
    """Reads of training runs."""

    def running(self) -> TrainingRunQuerySet:
        """Runs that work now, or whose process was killed and nobody noticed yet."""
        return self.filter(status=RunStatus.RUNNING)

    def queued(self) -> TrainingRunQuerySet:
        """Runs that wait for a worker, the oldest first."""
        return self.filter(status=RunStatus.QUEUED).order_by("created_at")

    def unfinished(self) -> TrainingRunQuerySet:
        """Runs that wait or work."""
        return self.filter(status__in=[RunStatus.QUEUED, RunStatus.RUNNING])


class TrainingRun(models.Model):
    """One attempt to train a model: who or what asked, how far it came, what came of it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    status = models.CharField(max_length=10, choices=RunStatus.choices, default=RunStatus.QUEUED)
    stage = models.CharField(max_length=12, choices=TrainingStage.choices, blank=True)
    step = models.CharField(max_length=200, blank=True, help_text="The last thing it said.")
    progress = models.PositiveSmallIntegerField(default=0, help_text="Percent.")
    log = models.JSONField(default=list, blank=True, help_text="When it said what; numbers, never a name.")
    trigger = models.CharField(max_length=200, help_text="Why it was started.")
    parameters = models.JSONField(default=dict, blank=True, help_text="What was asked for.")
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
    heartbeat_at = models.DateTimeField(null=True, blank=True, help_text="Last sign of life.")
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
        return f"{self.created_at:%Y-%m-%d %H:%M} {self.status}"


class JobRun(models.Model):
    """One run of a periodic job for one window; a second for the same window cannot exist."""

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
        ordering = ("-started_at",)
        constraints = (models.UniqueConstraint(fields=["name", "window"], name="job_runs_once_per_window"),)

    def __str__(self) -> str:
        return f"{self.name} {self.window} {self.status}"
