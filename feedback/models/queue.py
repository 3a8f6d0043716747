"""The review queue: items, their events, drafts and absences of reviewers."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Cast, Right
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from accounts.dates import format_moment
from accounts.encryption.fields import EncryptedTextField
from accounts.ids import uuid7
from accounts.models import User
from feedback.models.decision import Decision
from matching.models import SHORT_NUMBER_LENGTH, Prediction, ReviewStream, join_prediction
from matters.wall import build_condition

CLAIM_DURATION = timedelta(minutes=15)
"""How long a claim lasts without a heartbeat."""

_FREE_ITEM_SQL = """
SELECT item.id FROM review_items item
WHERE (item.state = 'open' OR item.state = 'claimed' AND item.claimed_until < %(now)s)
  AND item.not_before <= %(now)s AND {whose}
  AND NOT EXISTS (
      SELECT 1 FROM feedback done
      WHERE done.prediction_id = item.prediction_id AND done.reviewer_id = %(user)s
        AND done.withdrawn_at IS NULL AND done.source <> 'api'
  )
  AND NOT EXISTS (
      SELECT 1 FROM review_requests request
      WHERE request.prediction_id = item.prediction_id AND request.requested_by_id = %(user)s
  )
  AND NOT EXISTS (
      SELECT 1 FROM review_events passed
      WHERE passed.item_id = item.id AND passed.actor_id = %(user)s AND passed.kind = 'skipped'
  )
ORDER BY item.due_at, item.id
FOR UPDATE OF item SKIP LOCKED
LIMIT 1
"""
# Who was assigned an item may decide it; any other item of a matter goes to its members alone.
_WALL_SQL = """NOT EXISTS (
      SELECT 1 FROM predictions walled
      WHERE walled.id = item.prediction_id AND walled.matter_id IS NOT NULL
        AND walled.matter_id NOT IN (SELECT matter_id FROM matter_members WHERE user_id = %(user)s)
  )"""
_ASSIGNED_ITEM_SQL = _FREE_ITEM_SQL.format(whose="item.assigned_to_id = %(user)s")
_LEAD_ITEM_SQL = _FREE_ITEM_SQL.format(
    whose=f"%(lead)s AND item.assigned_to_id IS NULL AND item.for_lead AND {_WALL_SQL}"
)
_UNASSIGNED_ITEM_SQL = _FREE_ITEM_SQL.format(
    whose=f"item.assigned_to_id IS NULL AND NOT item.for_lead AND {_WALL_SQL}"
)
# COALESCE evaluates its parts in turn, as far as needed; each reads the head of an index of its own.
_CLAIM_SQL = f"""
UPDATE review_items
SET claimed_by_id = %(user)s, claimed_at = %(now)s, claimed_until = %(until)s, state = 'claimed'
WHERE id = COALESCE(({_ASSIGNED_ITEM_SQL}), ({_LEAD_ITEM_SQL}), ({_UNASSIGNED_ITEM_SQL}))
RETURNING id
"""  # noqa: S608 - made of the constants above

_NOT_DONE = Q(state__in=["open", "claimed"])
_SHORT_NUMBER = Right(Cast("prediction", models.TextField()), SHORT_NUMBER_LENGTH)


class ReviewStage(models.TextChoices):
    """Stage of review that an item belongs to."""

    FIRST = "first", gettext_lazy("First review")
    SECOND = "second", gettext_lazy("Second review, blind")
    ADJUDICATION = "adjudication", gettext_lazy("Adjudication")


class ReviewItemQuerySet(models.QuerySet["ReviewItem"]):
    """Queries on the queue, and the one statement that claims an item."""

    def open(self) -> ReviewItemQuerySet:
        """Return items that wait for a decision."""
        return self.exclude(state=ReviewItem.State.DONE)

    def visible_to(self, user: User) -> ReviewItemQuerySet:
        """Return the items without a matter, those of the user's matters, and those assigned to the user."""
        return self.filter(build_condition(ReviewItem, user) | Q(assigned_to=user))

    def with_short_number(self, number: str) -> ReviewItemQuerySet:
        """Return the items of the comparisons that people call by a short number."""
        return self.annotate(short_number=_SHORT_NUMBER).filter(short_number=number)

    def claimed_by(self, user: User, now: datetime) -> ReviewItemQuerySet:
        """Return items that a reviewer holds by a claim that has not expired."""
        return self.filter(state=ReviewItem.State.CLAIMED, claimed_by=user, claimed_until__gte=now)

    def for_listing(self) -> ReviewItemQuerySet:
        """Join the prediction without its large and encrypted columns, its matter, and the people."""
        people = ("assigned_to", "claimed_by")
        rows = join_prediction(self).select_related("prediction__matter", *people)
        return rows.defer("prediction__matter__note")

    def with_prediction(self) -> ReviewItemQuerySet:
        """Load prediction and model version in the same query."""
        return self.select_related("prediction__model")

    def claim(self, user: User, now: datetime, lead: bool = False) -> ReviewItem | None:
        """Claim and return the item due first that the user has neither decided, skipped nor asked for.

        Items assigned to the user come first, then (for a lead) those for leads, then unassigned ones;
        ``None`` if there is none. It is one statement with ``SKIP LOCKED``: two concurrent claims never get
        the same item, and neither waits for the other.
        """
        values = {"user": user.pk, "until": now + CLAIM_DURATION, "now": now, "lead": lead}
        claimed = list(self.model.objects.raw(_CLAIM_SQL, values))
        return self.with_prediction().get(pk=claimed[0].pk) if claimed else None


class ReviewItem(models.Model):
    """One stage of the review of one prediction."""

    class State(models.TextChoices):
        """State of an item."""

        OPEN = "open", gettext_lazy("Open")
        CLAIMED = "claimed", gettext_lazy("Claimed")
        PARKED = "parked", gettext_lazy("Waiting for a document")
        DONE = "done", gettext_lazy("Done")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    prediction = models.ForeignKey(Prediction, on_delete=models.PROTECT, related_name="review_items")
    stage = models.CharField(max_length=12, choices=ReviewStage.choices, default=ReviewStage.FIRST)
    stream = models.CharField(max_length=12, choices=ReviewStream.choices)
    selection_probability = models.FloatField()
    priority = models.SmallIntegerField(default=0, help_text="Higher is due earlier.")
    due_at = models.DateTimeField(
        default=timezone.now,
        help_text="Creation time plus the waiting time its priority allows; orders the queue.",
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    for_lead = models.BooleanField(default=False, help_text="Escalated, or an adjudication: for leads only.")
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)

    objects = ReviewItemQuerySet.as_manager()

    class Meta:
        db_table = "review_items"
        ordering = ("due_at", "id")
        permissions = (("lead_review", "Can lead the review: assign, adjudicate, guideline, quality"),)
        indexes = (
            models.Index(
                fields=["for_lead", "due_at", "id"],
                condition=_NOT_DONE & Q(assigned_to=None),
                name="review_items_queue",
            ),
            models.Index(
                fields=["assigned_to", "due_at", "id"], condition=_NOT_DONE, name="review_items_assigned"
            ),
            models.Index(fields=["claimed_by"], condition=Q(state="claimed"), name="review_items_held"),
            models.Index(fields=["-created_at"], name="review_items_newest"),
            models.Index(fields=["-done_at", "due_at", "id"], name="review_items_waiting_first"),
            models.Index(fields=["-done_at", "prediction", "-id"], name="review_items_blind_order"),
            # What waits is counted without a look at what is done.
            models.Index(fields=["prediction"], condition=~Q(state="done"), name="review_items_undecided"),
            models.Index(_SHORT_NUMBER, name="review_items_short_number"),
            models.Index(fields=["done_at"], condition=Q(done_at__isnull=False), name="review_items_by_end"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["prediction", "stage"],
                condition=~Q(stream=ReviewStream.GOLD),
                name="review_items_once_per_stage",
            ),
            models.UniqueConstraint(
                fields=["prediction", "assigned_to"],
                condition=Q(stream=ReviewStream.GOLD),
                name="review_items_gold_once_per_person",
            ),
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
        # Without stage and stream: reviewers see titles of items before they decide.
        return str(self.prediction)

    def is_claimed_by(self, user: User, now: datetime) -> bool:
        """Return whether the user holds a claim that has not expired."""
        held = self.state == self.State.CLAIMED and self.claimed_by_id == user.pk
        return held and self.claimed_until is not None and self.claimed_until >= now


class ItemEvent(models.Model):
    """An event of an item other than a decision; its reason may quote names."""

    class Kind(models.TextChoices):
        """Kind of event."""

        SKIPPED = "skipped", gettext_lazy("Skipped")
        POSTPONED = "postponed", gettext_lazy("Postponed")
        ESCALATED = "escalated", gettext_lazy("Escalated to a lead")
        PARKED = "parked", gettext_lazy("Asked for a document")
        RESUMED = "resumed", gettext_lazy("Document arrived")
        RELEASED = "released", gettext_lazy("Released")
        ASSIGNED = "assigned", gettext_lazy("Assigned")
        UNDONE = "undone", gettext_lazy("Decision undone")
        WITHDRAWN = "withdrawn", gettext_lazy("Withdrawn")
        URGENCY = "urgency", gettext_lazy("Priority or due time changed")
        ANSWERED = "answered", gettext_lazy("Answer of the requester")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    item = models.ForeignKey(ReviewItem, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    reason = EncryptedTextField(blank=True, default="")

    class Meta:
        db_table = "review_events"
        ordering = ("id",)
        indexes = (
            models.Index(fields=["item", "actor"], condition=Q(kind="skipped"), name="review_events_skipped"),
        )

    def __str__(self) -> str:
        return gettext("{kind} at {moment}").format(kind=self.kind, moment=format_moment(self.at))


class Draft(models.Model):
    """What a reviewer typed for an item but has not submitted."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    item = models.ForeignKey(ReviewItem, on_delete=models.CASCADE, related_name="drafts")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    decision = models.CharField(max_length=12, choices=Decision.choices, blank=True)
    text = EncryptedTextField(blank=True, default="")
    client_reason = EncryptedTextField(  # type: ignore[misc]  # null only in rows of an earlier version
        null=True, blank=True, help_text="The reason for the requester."
    )
    saved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "review_drafts"
        constraints = (
            models.UniqueConstraint(fields=["item", "reviewer"], name="review_drafts_one_per_person"),
        )

    def __str__(self) -> str:
        return gettext("draft of {moment}").format(moment=format_moment(self.saved_at))


class AbsenceQuerySet(models.QuerySet["Absence"]):
    """Queries on absences."""

    def active_at(self, now: datetime) -> AbsenceQuerySet:
        """Return absences that include a moment."""
        return self.filter(starts_at__lte=now, ends_at__gt=now)


class Absence(models.Model):
    """A period in which a reviewer is out of office and gets no items."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="absences")
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        db_table = "absences"
        ordering = ("-starts_at",)
        constraints = (
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="absences_end_after_start"),
        )

    def __str__(self) -> str:
        return gettext("absent from {starts_at:%Y-%m-%d} to {ends_at:%Y-%m-%d}").format(
            starts_at=self.starts_at, ends_at=self.ends_at
        )
