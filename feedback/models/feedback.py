"""What people said about answers, and the answers that are known beforehand."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.encryption.fields import EncryptedTextField
from accounts.ids import uuid7
from accounts.models import User
from feedback.models.decision import Decision
from feedback.models.queue import ReviewItem, ReviewStage
from matching.models import Prediction, ReviewStream
from modelops.models import ModelVersion, TrainingRun

UNDO_WINDOW = timedelta(minutes=10)
"""How long a decision can be undone."""

MAX_REASON_LENGTH = 4_000
"""Characters of a reason, at most."""


class FeedbackSource(models.TextChoices):
    """Where a correction came from."""

    REVIEW = "review", "A reviewer"
    ADJUDICATION = "adjudication", "A third person's decision"
    API = "api", "A client application"
    IMPORT = "import", "An imported file"


REVIEWER_SOURCES = (FeedbackSource.REVIEW, FeedbackSource.ADJUDICATION)
"""Words that were given at the review desk."""


class FeedbackQuerySet(models.QuerySet["Feedback"]):
    """Reads of feedback."""

    def not_withdrawn(self) -> FeedbackQuerySet:
        """Words that were not taken back."""
        return self.filter(withdrawn_at=None)

    def by_reviewers(self) -> FeedbackQuerySet:
        """Standing words of reviewers and adjudicators."""
        return self.not_withdrawn().filter(source__in=REVIEWER_SOURCES)

    def initial_decisions(self) -> FeedbackQuerySet:
        """What was decided blind: without the revisions that followed the model's answer."""
        return self.by_reviewers().filter(revises=None)

    def for_training(self) -> FeedbackQuerySet:
        """Labels to learn from: settled by reviewers, one per pair and profile, the last word winning.

        A prediction with an unsettled item (second review, adjudication, a document awaited) gives no label
        yet, nor does "cannot tell". Clients' objections are never labels; they enter the queue as appeals and
        come back as reviews. The audit stream is left out, because it is what estimates are made from, and so
        are known answers, which measure reviewers.
        """
        unsettled = ReviewItem.objects.filter(prediction=OuterRef("prediction")).exclude(
            state=ReviewItem.State.DONE
        )
        spoken = self.not_withdrawn().filter(source__in=[*REVIEWER_SOURCES, FeedbackSource.IMPORT])
        apart = Q(prediction__stream__in=[ReviewStream.AUDIT, ReviewStream.GOLD])
        usable = spoken.exclude(apart).filter(~Exists(unsettled), prediction__erased_at=None)
        pair = ("prediction__pair_digest", "prediction__profile")
        newest = usable.order_by(*pair, "-adjudicated", "-id").distinct(*pair)
        told = self.filter(pk__in=newest.values("pk"), user_correction__isnull=False)
        return told.select_related("prediction").order_by("id")

    def audit_labels(self) -> FeedbackQuerySet:
        """Settled words on the random audit, one per prediction, the last one winning: for estimates only."""
        unsettled = ReviewItem.objects.filter(prediction=OuterRef("prediction")).exclude(
            state=ReviewItem.State.DONE
        )
        spoken = self.by_reviewers().filter(prediction__stream=ReviewStream.AUDIT).filter(~Exists(unsettled))
        newest = spoken.order_by("prediction_id", "-adjudicated", "-id").distinct("prediction_id")
        return self.filter(pk__in=newest.values("pk"), user_correction__isnull=False)

    def by_user(self, user: User) -> FeedbackQuerySet:
        """What a person said, newest first, by the index."""
        return self.filter(reviewer=user).order_by("-id")

    def pending(self) -> FeedbackQuerySet:
        """Everything that no training run has used yet."""
        return self.filter(processed=False)


class Feedback(models.Model):
    """One person's word on one prediction.

    ``user_correction`` is true when the person says: material, false: immaterial; a reviewer who cannot tell
    leaves it empty.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    prediction = models.ForeignKey(Prediction, on_delete=models.PROTECT, related_name="feedback")
    user_correction = models.BooleanField(
        null=True, help_text="True: the person says the difference is material. Empty: cannot tell."
    )
    confidence_score = models.DecimalField(
        max_digits=5, decimal_places=4, null=True, blank=True, help_text="How sure the person is, 0 to 1."
    )
    feedback_text = EncryptedTextField(
        blank=True, default="", help_text="May quote names, so it is encrypted."
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
        null=True, blank=True, help_text="Chance with which the answer was put before a reviewer."
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
        help_text="The version whose answer was judged.",
    )
    answer_shown = models.BooleanField(
        default=False, help_text="The model's answer was visible before deciding."
    )
    revises = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="revised_by"
    )
    adjudicated = models.BooleanField(default=False)
    seconds = models.FloatField(null=True, blank=True, help_text="Time the decision took.")
    withdrawn_at = models.DateTimeField(null=True, blank=True, help_text="Taken back by the reviewer.")

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
        return f"{self.decision} by {self.source}"

    @property
    def decision(self) -> Decision:
        """What the person decided, as stored in ``user_correction``."""
        return Decision.from_material(self.user_correction)

    def can_be_undone(self, now: datetime) -> bool:
        """Say whether the reviewer may still take it back, as far as time and learning go."""
        young = now - self.created_at <= UNDO_WINDOW
        return young and not self.processed and self.withdrawn_at is None and self.source in REVIEWER_SOURCES


class GoldAnswer(models.Model):
    """A pair whose answer is known, put before reviewers unmarked to see how often they find it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    prediction = models.OneToOneField(Prediction, on_delete=models.PROTECT, related_name="gold")
    material = models.BooleanField()
    clause = models.ForeignKey("feedback.Clause", null=True, blank=True, on_delete=models.PROTECT)
    why = EncryptedTextField(blank=True, default="", help_text="Told to the reviewer afterwards.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "gold_answers"
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"gold item: {Decision.from_material(self.material)}"
