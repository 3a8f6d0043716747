"""Registered model versions: their artefacts, held-out rows and metrics."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.ids import uuid7


class ModelArtefact(models.Model):
    """The bytes of a compiled model by their SHA-256; stored in the database, so every machine has them."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    content = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "model_artefacts"

    def __str__(self) -> str:
        return self.sha256[:12]


class StoredValidationSet(models.Model):
    """The held-out rows of a version, without any name.

    :mod:`modelops.validation.validation_set` packs and unpacks ``content``.
    """

    sha256 = models.CharField(max_length=64, primary_key=True)
    schema_hash = models.CharField(max_length=64, help_text="Hash of the features of its rows.")
    content = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "validation_sets"

    def __str__(self) -> str:
        return self.sha256[:12]


class ModelVersion(models.Model):
    """One trained and registered version of a model; it never changes."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=100)
    version = models.CharField(max_length=40)
    model_path = models.CharField(max_length=500, help_text="Location of the trained estimator in MLflow.")
    accuracy = models.DecimalField(max_digits=5, decimal_places=4, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    is_active = models.BooleanField(
        default=True, help_text="Clear this to withdraw a version from promotion."
    )
    artefact = models.ForeignKey(ModelArtefact, on_delete=models.PROTECT, related_name="+")
    artefact_hmac = models.CharField(
        max_length=64, help_text="Keyed digest of artefact, name, version and schema."
    )
    schema_hash = models.CharField(max_length=64, help_text="Hash of the features the model was trained on.")
    libraries = models.JSONField(default=dict, blank=True)
    metrics = models.JSONField(default=dict, blank=True)
    mlflow_run_id = models.CharField(max_length=64, blank=True)
    datasets = models.JSONField(
        default=dict, blank=True, help_text="Number of training pairs and their digest, by source."
    )
    card = models.TextField(blank=True, help_text="The model card, Markdown.")
    validation_set = models.ForeignKey(
        StoredValidationSet, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    golden_predictions = models.JSONField(
        default=dict, blank=True, help_text="Its predictions for the golden pairs at registration."
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
    """One metric of a version, overall or for a slice, over a window."""

    id = models.BigAutoField(primary_key=True)
    model = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="measured")
    metric_name = models.CharField(max_length=60)
    metric_value = models.DecimalField(max_digits=10, decimal_places=6)
    recorded_at = models.DateTimeField(default=timezone.now)
    window = models.CharField(
        max_length=40, blank=True, help_text="Empty for the evaluation at training time."
    )
    slice = models.CharField(max_length=100, blank=True, help_text="Empty for all pairs.")
    n = models.PositiveIntegerField(null=True, blank=True, help_text="Number of pairs measured.")

    class Meta:
        db_table = "model_metrics"
        verbose_name = "metric"
        ordering = ("-recorded_at", "metric_name")
        indexes = (
            models.Index(fields=["model", "metric_name", "-recorded_at"], name="model_metrics_series"),
        )

    def __str__(self) -> str:
        return f"{self.metric_name}{f' ({self.slice})' if self.slice else ''} = {self.metric_value}"
