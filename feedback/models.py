"""Corrections by people, and the queue of work for reviewers."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.fields import EncryptedTextField
from accounts.ids import uuid7
from accounts.models import User
from matching.models import Prediction, Stream
from modelops.models import TrainingRun

CLAIM_LASTS = timedelta(minutes=15)
"""How long a claimed item is kept for its reviewer without a sign of life."""

_CLAIM = """
UPDATE review_items SET claimed_by_id = %(user)s, claimed_until = %(until)s, state = 'claimed'
WHERE id = (
    SELECT item.id FROM review_items item
    WHERE (item.state = 'open' OR item.state = 'claimed' AND item.claimed_until < %(now)s)
      AND item.not_before <= %(now)s
      AND NOT EXISTS (
          SELECT 1 FROM feedback done
          WHERE done.prediction_id = item.prediction_id AND done.reviewer_id = %(user)s
      )
    ORDER BY item.priority DESC, item.id
    FOR UPDATE OF item SKIP LOCKED
    LIMIT 1
)
RETURNING id
"""


class Source(models.TextChoices):
    """Where a correction came from."""

    REVIEW = "review", "A reviewer"
    ADJUDICATION = "adjudication", "A third person's decision"
    API = "api", "A client application"
    IMPORT = "import", "An imported file"


class FeedbackQuerySet(models.QuerySet["Feedback"]):
    """Reads of feedback."""

    def for_training(self) -> FeedbackQuerySet:
        """Labels to learn from: decided by reviewers, one per prediction, the last word
        winning.

        Clients' objections are never labels; they enter the queue as appeals and come back as reviews. The
        audit stream is left out, because it is what estimates are made from.
        """
        spoken = self.filter(source__in=[Source.REVIEW, Source.ADJUDICATION, Source.IMPORT])
        last = spoken.exclude(prediction__stream=Stream.AUDIT).order_by(
            "prediction_id", "-adjudicated", "-id"
        )
        newest = last.distinct("prediction_id").values("pk")
        usable = self.filter(pk__in=newest, prediction__erased_at=None)
        return usable.select_related("prediction").order_by("id")

    def of(self, user: User) -> FeedbackQuerySet:
        """What a person said, newest first, by the index."""
        return self.filter(reviewer=user).order_by("-id")

    def waiting(self) -> FeedbackQuerySet:
        """Everything that no training run has used yet."""
        return self.filter(processed=False)


class Feedback(models.Model):
    """One person's word on one prediction. ``user_correction`` is true when the person says: material."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    prediction = models.ForeignKey(Prediction, on_delete=models.PROTECT, related_name="feedback")
    user_correction = models.BooleanField(help_text="True: the person says the difference is material.")
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
    source = models.CharField(max_length=12, choices=Source.choices)
    guideline_version = models.CharField(max_length=20, blank=True)
    answer_shown = models.BooleanField(
        default=False, help_text="The model's answer was visible before deciding."
    )
    revises = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="revised_by"
    )
    adjudicated = models.BooleanField(default=False)
    seconds = models.FloatField(null=True, blank=True, help_text="Time the decision took.")

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
                condition=Q(processed=False, training_run=None)
                | Q(processed=True, training_run__isnull=False),
                name="feedback_processed_by_a_run",
            ),
            models.UniqueConstraint(
                fields=["prediction", "reviewer", "source"],
                condition=Q(revises=None),
                name="feedback_once_per_person",
            ),
        )

    def __str__(self) -> str:
        return f"{'material' if self.user_correction else 'immaterial'} by {self.source}"


class ReviewItemQuerySet(models.QuerySet["ReviewItem"]):
    """Reads of the queue, and the one statement that hands out work."""

    def open(self) -> ReviewItemQuerySet:
        """Items that wait for a decision."""
        return self.exclude(state=ReviewItem.State.DONE)

    def claim(self, user: User, now: datetime) -> ReviewItem | None:
        """Give the most urgent free item to a reviewer who has not judged it, or ``None``.

        One statement: two reviewers asking at once never get the same item, and neither waits for the other.
        """
        values = {"user": user.pk, "until": now + CLAIM_LASTS, "now": now}
        claimed = list(self.model.objects.raw(_CLAIM, values))
        if not claimed:
            return None
        return self.select_related("prediction__model").get(pk=claimed[0].pk)


class ReviewItem(models.Model):
    """One prediction waiting for a person."""

    class State(models.TextChoices):
        """Where the item stands."""

        OPEN = "open", "Open"
        CLAIMED = "claimed", "Claimed"
        PARKED = "parked", "Waiting for a document"
        DONE = "done", "Done"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    prediction = models.OneToOneField(Prediction, on_delete=models.PROTECT, related_name="review_item")
    stream = models.CharField(max_length=12, choices=Stream.choices)
    selection_probability = models.FloatField()
    priority = models.SmallIntegerField(default=0)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    claimed_until = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)

    objects = ReviewItemQuerySet.as_manager()

    class Meta:
        db_table = "review_items"
        ordering = ("-priority", "id")
        indexes = (
            models.Index(
                fields=["-priority", "id"],
                condition=Q(state__in=["open", "claimed"]),
                name="review_items_queue",
            ),
            models.Index(fields=["-created_at"], name="review_items_newest"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(selection_probability__gt=0, selection_probability__lte=1),
                name="review_items_picked_with_a_chance",
            ),
            models.CheckConstraint(
                condition=~Q(state="claimed") | Q(claimed_by__isnull=False, claimed_until__isnull=False),
                name="review_items_claimed_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(done_at=None) | Q(done_at__gte=F("created_at")),
                name="review_items_done_after_made",
            ),
        )

    def __str__(self) -> str:
        return f"{self.stream} item of {self.created_at:%Y-%m-%d %H:%M}"

    def is_held_by(self, user: User, now: datetime) -> bool:
        """Say whether the reviewer's claim is still good."""
        held = self.state == self.State.CLAIMED and self.claimed_by_id == user.pk
        return held and self.claimed_until is not None and self.claimed_until >= now
