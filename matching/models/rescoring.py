"""Predictions scored again by other model versions: shadow scores of new ones, replays of a whole day."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from accounts.ids import uuid7
from matching.models.prediction import VerdictChoice
from modelops.models import ModelVersion, RunStatus, ServingRole


class ShadowScoreQuerySet(models.QuerySet["ShadowScore"]):
    """Queries for shadow scores."""

    def disagreements(self) -> ShadowScoreQuerySet:
        """Return the scores whose verdict differs from that of the prediction, newest prediction first."""
        return self.filter(agrees=False).order_by("-prediction_id")


class ShadowScore(models.Model):
    """What a challenger or shadow version would have predicted for a stored prediction."""

    id = models.BigAutoField(primary_key=True)
    prediction = models.ForeignKey(
        "matching.Prediction", on_delete=models.CASCADE, related_name="shadow_scores"
    )
    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=12, choices=ServingRole.choices)
    material_probability = models.DecimalField(max_digits=5, decimal_places=4)
    verdict = models.CharField(max_length=10, choices=VerdictChoice.choices)
    agrees = models.BooleanField(help_text="Whether the verdict equals that of the prediction.")
    created_at = models.DateTimeField(default=timezone.now)

    objects = ShadowScoreQuerySet.as_manager()

    class Meta:
        db_table = "shadow_scores"
        ordering = ("-id",)
        constraints = (models.UniqueConstraint(fields=["prediction", "model"], name="shadow_scores_once"),)
        indexes = (
            models.Index(
                fields=["model", "-prediction"], condition=Q(agrees=False), name="shadow_scores_disagreeing"
            ),
        )

    def __str__(self) -> str:
        return gettext("{verdict} by {model_id} as {role}").format(
            verdict=self.verdict, model_id=self.model_id, role=self.role
        )


class ShadowCursor(models.Model):
    """The last prediction that a version in a live slot has scored."""

    profile = models.CharField(max_length=20)
    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    last = models.UUIDField(help_text="Id of the newest prediction it has read.")

    class Meta:
        db_table = "shadow_cursors"
        constraints = (models.UniqueConstraint(fields=["profile", "model"], name="shadow_cursors_one"),)

    def __str__(self) -> str:
        return gettext("{model_id} for {profile}: {last}").format(
            model_id=self.model_id, profile=self.profile, last=self.last
        )


class Replay(models.Model):
    """The comparisons of a day (UTC), repeated with any model version that fits this program."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    day = models.DateField()
    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, choices=RunStatus.choices, default=RunStatus.QUEUED)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    erased = models.PositiveIntegerField(default=0, help_text="Skipped, because the names were erased.")
    failed = models.PositiveIntegerField(
        default=0, help_text="Skipped, because this program rejects the names."
    )
    changed = models.PositiveIntegerField(default=0)
    counts = models.JSONField(
        default=dict, help_text="Per profile, the number of predictions by old and new verdict."
    )
    last = models.UUIDField(null=True, help_text="Id of the last prediction that was repeated.")
    error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    touched_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "replays"
        ordering = ("-created_at",)
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=[RunStatus.QUEUED, RunStatus.RUNNING]) | Q(finished_at__isnull=False),
                name="replays_end_at_a_time",
            ),
        )

    def __str__(self) -> str:
        return gettext("{day} on {model}").format(day=self.day, model=self.model)

    @property
    def progress(self) -> int:
        """Return the part that is done, in percent."""
        read = self.done + self.erased + self.failed
        return 100 if self.status == RunStatus.SUCCEEDED else read * 100 // max(1, self.total)


class ReplayChange(models.Model):
    """A prediction whose verdict a replay changed."""

    id = models.BigAutoField(primary_key=True)
    replay = models.ForeignKey(Replay, on_delete=models.CASCADE, related_name="changes")
    prediction = models.ForeignKey("matching.Prediction", on_delete=models.CASCADE, related_name="+")
    before = models.CharField(max_length=10, choices=VerdictChoice.choices)
    after = models.CharField(max_length=10, choices=VerdictChoice.choices)
    material_probability = models.DecimalField(max_digits=5, decimal_places=4)

    class Meta:
        db_table = "replay_changes"
        ordering = ("id",)

    def __str__(self) -> str:
        return gettext("{before} to {after}").format(before=self.before, after=self.after)
