"""Feedback of clients and reviewers on predictions, and gold items."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.encryption.fields import EncryptedTextField
from accounts.ids import uuid7
from accounts.models import User
from feedback.models.decision import Decision
from feedback.models.queue import ReviewItem, ReviewStage
from matching.models import Prediction, ReviewStream, join_prediction
from matters.wall import build_condition
from modelops.models import ModelVersion, TrainingRun

UNDO_WINDOW = timedelta(minutes=settings.DECISION_UNDO_MINUTES)
"""How long a decision can be undone; its requester learns of it afterwards."""

MAX_REASON_LENGTH = 4_000
"""Characters of a reason, at most."""


class FeedbackSource(models.TextChoices):
    """Where a correction came from."""

    REVIEW = "review", gettext_lazy("A reviewer")
    ADJUDICATION = "adjudication", gettext_lazy("An adjudication")
    API = "api", gettext_lazy("A client application")
    IMPORT = "import", gettext_lazy("An imported file")


REVIEWER_SOURCES = (FeedbackSource.REVIEW, FeedbackSource.ADJUDICATION)
"""Sources of decisions that were made on the review pages."""


class FeedbackQuerySet(models.QuerySet["Feedback"]):
    """Queries on feedback."""

    def not_withdrawn(self) -> FeedbackQuerySet:
        """Return feedback that is not withdrawn."""
        return self.filter(withdrawn_at=None)

    def by_reviewers(self) -> FeedbackQuerySet:
        """Return the decisions of reviewers and adjudicators that are not withdrawn."""
        return self.not_withdrawn().filter(source__in=REVIEWER_SOURCES)

    def initial_decisions(self) -> FeedbackQuerySet:
        """Return decisions made before the prediction was shown, adjudications included."""
        return self.by_reviewers().filter(revises=None)

    def for_training(self) -> FeedbackQuerySet:
        """Return the training labels: settled decisions, one for each pair and profile, the latest one.

        A prediction with an open item (second review, adjudication, parked) gives no label yet, nor does
        *cannot tell*. Clients' objections are never labels: they are enqueued as appeals and return as
        reviews. The audit stream is excluded because performance is estimated from it, and gold items
        because they measure reviewers.
        """
        pair = ("prediction__pair_digest", "prediction__profile")
        newest = self._usable().order_by(*pair, "-adjudicated", "-id").distinct(*pair)
        labels = self.filter(pk__in=newest.values("pk"), user_correction__isnull=False)
        return labels.select_related("prediction").order_by("id")

    def waiting_for_training(self) -> FeedbackQuerySet:
        """Return those of :meth:`for_training` that no run has used, reading only these and their pairs."""
        newer = (
            self.model.objects.all()
            ._usable()
            .filter(
                Q(adjudicated__gt=OuterRef("adjudicated"))
                | Q(adjudicated=OuterRef("adjudicated"), id__gt=OuterRef("pk")),
                prediction__pair_digest=OuterRef("prediction__pair_digest"),
                prediction__profile=OuterRef("prediction__profile"),
            )
        )
        return self._usable().pending().filter(~Exists(newer), user_correction__isnull=False)

    def _usable(self) -> FeedbackQuerySet:
        """Return the settled decisions that training may use, all of each pair."""
        unsettled = ReviewItem.objects.filter(prediction=OuterRef("prediction")).exclude(
            state=ReviewItem.State.DONE
        )
        decided = self.not_withdrawn().filter(source__in=[*REVIEWER_SOURCES, FeedbackSource.IMPORT])
        excluded = Q(prediction__stream__in=[ReviewStream.AUDIT, ReviewStream.GOLD])
        return decided.exclude(excluded).filter(~Exists(unsettled), prediction__erased_at=None)

    def settled(self) -> FeedbackQuerySet:
        """Return the settled decisions of reviewers, the latest for each prediction.

        A prediction with an open item, or that nobody can tell, has none.
        """
        unsettled = ReviewItem.objects.filter(prediction=OuterRef("prediction")).exclude(
            state=ReviewItem.State.DONE
        )
        decided = self.by_reviewers().filter(~Exists(unsettled))
        newest = decided.order_by("prediction_id", "-adjudicated", "-id").distinct("prediction_id")
        return self.model.objects.filter(pk__in=newest.values("pk"), user_correction__isnull=False)

    def audit_labels(self) -> FeedbackQuerySet:
        """Return the settled decisions on the random audit; for estimates."""
        return self.filter(prediction__stream=ReviewStream.AUDIT).settled()

    def by_user(self, user: User) -> FeedbackQuerySet:
        """Return the feedback of one user that they may still see, the newest first."""
        return self.filter(reviewer=user).visible_to(user).order_by("-id")

    def visible_to(self, user: User) -> FeedbackQuerySet:
        """Return feedback without a matter, of the user's matters, and on items assigned to the user."""
        return self.filter(build_condition(Feedback, user) | Q(item__assigned_to=user))

    def with_review(self) -> FeedbackQuerySet:
        """Join the prediction with its review, without the columns that are large or encrypted."""
        return join_prediction(self).select_related("prediction__requester_review")

    def pending(self) -> FeedbackQuerySet:
        """Return feedback that no training run has used yet."""
        return self.filter(processed=False)


class Feedback(models.Model):
    """The feedback of one person on one prediction: a reviewer's decision, or a client's.

    ``user_correction`` is true for *material*, false for *immaterial*, and ``None`` when a reviewer cannot
    tell.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    prediction = models.ForeignKey(Prediction, on_delete=models.PROTECT, related_name="feedback")
    user_correction = models.BooleanField(
        null=True, help_text="True: the difference is material. Empty: cannot tell."
    )
    confidence_score = models.DecimalField(
        max_digits=5, decimal_places=4, null=True, blank=True, help_text="Stated confidence, 0 to 1."
    )
    feedback_text = EncryptedTextField(
        blank=True, default="", help_text="May quote names, so it is encrypted."
    )
    client_reason = EncryptedTextField(  # type: ignore[misc]  # null only in rows of an earlier version
        null=True, blank=True, help_text="What the reviewer wrote for the requester; may quote names."
    )
    processed = models.BooleanField(default=False, help_text="Used by a training run.")
    training_run = models.ForeignKey(
        TrainingRun, null=True, blank=True, on_delete=models.PROTECT, related_name="feedback"
    )
    created_at = models.DateTimeField(default=timezone.now)
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="feedback")
    source = models.CharField(max_length=12, choices=FeedbackSource.choices)
    item = models.ForeignKey(
        ReviewItem, null=True, blank=True, on_delete=models.PROTECT, related_name="decisions"
    )
    stage = models.CharField(max_length=12, choices=ReviewStage.choices, blank=True)
    stream = models.CharField(max_length=12, choices=ReviewStream.choices, blank=True)
    selection_probability = models.FloatField(
        null=True, blank=True, help_text="Probability with which the prediction was sampled for review."
    )
    guideline_version = models.CharField(max_length=20, blank=True)
    clause = models.ForeignKey(
        "feedback.Clause", null=True, blank=True, on_delete=models.PROTECT, related_name="cited_by"
    )
    model = models.ForeignKey(
        ModelVersion,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The version that made the prediction.",
    )
    prediction_shown = models.BooleanField(
        default=False, help_text="The prediction was visible before deciding."
    )
    revises = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="revised_by"
    )
    adjudicated = models.BooleanField(default=False)
    seconds = models.FloatField(null=True, blank=True, help_text="Seconds from claim to decision.")
    withdrawn_at = models.DateTimeField(
        null=True, blank=True, help_text="When the reviewer undid the decision."
    )

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        db_table = "feedback"
        verbose_name_plural = "feedback"
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["reviewer", "-id"], name="feedback_of_reviewer"),
            models.Index(fields=["id"], condition=Q(processed=False), name="feedback_waiting"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(confidence_score=None) | Q(confidence_score__gte=0, confidence_score__lte=1),
                name="feedback_confidence_is_a_share",
            ),
            models.CheckConstraint(
                condition=Q(processed=False) | Q(training_run__isnull=False),
                name="feedback_processed_by_a_run",
            ),
            models.CheckConstraint(
                condition=Q(user_correction__isnull=False) | Q(source__in=REVIEWER_SOURCES),
                name="feedback_only_reviewers_cannot_tell",
            ),
            models.CheckConstraint(
                condition=~Q(source=FeedbackSource.ADJUDICATION) | Q(clause__isnull=False),
                name="feedback_adjudication_cites_a_clause",
            ),
            models.UniqueConstraint(
                fields=["prediction", "reviewer", "source"],
                condition=Q(revises=None, withdrawn_at=None),
                name="feedback_once_per_person",
            ),
        )

    def __str__(self) -> str:
        return f"{self.decision.label}: {self.prediction}"

    @property
    def decision(self) -> Decision:
        """What the person decided, as stored in ``user_correction``."""
        return Decision.from_material(self.user_correction)

    def can_be_undone(self, now: datetime) -> bool:
        """Return whether time and training still allow the reviewer to undo the decision."""
        is_recent = now - self.created_at <= UNDO_WINDOW
        return (
            is_recent and not self.processed and self.withdrawn_at is None and self.source in REVIEWER_SOURCES
        )


class GoldAnswer(models.Model):
    """A gold item: a pair with a known answer, given to reviewers unmarked to measure their accuracy."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    prediction = models.OneToOneField(Prediction, on_delete=models.PROTECT, related_name="gold")
    material = models.BooleanField()
    clause = models.ForeignKey("feedback.Clause", null=True, blank=True, on_delete=models.PROTECT)
    why = EncryptedTextField(blank=True, default="", help_text="Shown to the reviewer after the decision.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True, blank=True)
    retired_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    retired_reason = EncryptedTextField(  # type: ignore[misc]  # null in rows of an earlier version
        null=True, blank=True, help_text="Why it was retired; may quote names."
    )

    class Meta:
        db_table = "gold_answers"
        verbose_name = "gold item"
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.decision.label}: {self.prediction}"

    @property
    def decision(self) -> Decision:
        """The known answer, as stored in ``material``."""
        return Decision.from_material(self.material)
