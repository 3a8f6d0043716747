"""Predictions: the stored results of comparison requests."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.dates import format_moment
from accounts.encryption.fields import EncryptedTextField
from accounts.ids import build_min_uuid7, uuid7
from accounts.models import User
from experiments.models import Experiment
from matching.models.review_status import build_status_condition
from matters.models import Matter
from matters.wall import Scope, select_visible
from modelops.models import ModelVersion

if TYPE_CHECKING:
    from matching.models.prediction_review import PredictionReview


class VerdictChoice(models.TextChoices):
    """The three verdicts of the engine."""

    IMMATERIAL = "immaterial", _("Immaterial")
    REVIEW = "review", _("A person must look")
    MATERIAL = "material", _("Material")


class ReviewStream(models.TextChoices):
    """Why a prediction is sent to review."""

    AUDIT = "audit", _("Random audit")
    UNCERTAIN = "uncertain", _("Verdict: review")
    DISAGREEMENT = "disagreement", _("Champion and challenger disagree")
    APPEAL = "appeal", _("Client objection")
    REQUEST = "request", _("Request of the user")
    GOLD = "gold", _("Gold item")


class PredictionSource(models.TextChoices):
    """Where a compared pair came from."""

    API = "api", "API"
    PAGE = "page", _("Page")
    BATCH = "batch", _("Batch")
    JOB = "job", _("Bulk job")
    IMPORT = "import", _("Imported label")
    GOLD = "gold", _("Gold item")


UNLISTED_COLUMNS = ("name1", "name2", "words", "context", "differences", "features", "traits")
"""Columns that are large or encrypted, which a list leaves unread."""

SHORT_NUMBER_LENGTH = 8
"""Characters of the short number of a prediction."""

R = TypeVar("R", bound="models.QuerySet[Any]")


def join_prediction(rows: R) -> R:
    """Join the prediction of each row, without what a list leaves unread."""
    unread = (f"prediction__{name}" for name in UNLISTED_COLUMNS)
    return rows.select_related("prediction").defer(*unread)


class PredictionQuerySet(models.QuerySet["Prediction"]):
    """Queries for predictions."""

    def visible_to(self, user: User, scope: Scope | None = None) -> PredictionQuerySet:
        """Return a user's own predictions and those of their matters and organisation, newest first."""
        return select_visible(self, user, "user", scope).order_by("-id")

    def for_listing(self) -> PredictionQuerySet:
        """Return what a list shows: the model version is joined, text and features are deferred."""
        return self.with_model().defer("words", "context", "features", "traits")

    def filter_by(
        self,
        verdict: str = "",
        profile: str = "",
        review_status: str = "",
        created_from: datetime | None = None,
        created_to: datetime | None = None,
        matter: Matter | None = None,
    ) -> PredictionQuerySet:
        """Return the predictions of these values, with the time from (incl.) to (excl.).

        The time is read from the ids, which the index holds, so a list stays as fast as its history grows.
        """
        rows = self.filter(verdict=verdict) if verdict else self
        rows = rows.filter(profile=profile) if profile else rows
        rows = rows.filter(build_status_condition(review_status, timezone.now())) if review_status else rows
        rows = rows.filter(matter=matter) if matter else rows
        rows = rows.filter(pk__gte=build_min_uuid7(created_from)) if created_from else rows
        return rows.filter(pk__lt=build_min_uuid7(created_to)) if created_to else rows

    def for_review(self, since: datetime | None) -> PredictionQuerySet:
        """Return the predictions that a stream sent to review, since a time if one is given."""
        drawn = self.exclude(stream="")
        return drawn.filter(created_at__gte=since) if since else drawn

    def with_model(self) -> PredictionQuerySet:
        """Join the model version and the matter, whose encrypted note is left out."""
        return self.select_related("model", "matter").defer("matter__note")

    def with_review(self) -> PredictionQuerySet:
        """Join the review, where there is one."""
        return self.select_related("requester_review")


class Prediction(models.Model):
    """The stored result of one comparison request; the names and all text that quotes them are encrypted."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # Every insert pays for every index: the foreign keys have none of their own.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="predictions", db_index=False
    )
    model = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="predictions", db_index=False
    )
    name1 = EncryptedTextField()
    name2 = EncryptedTextField()
    prediction = models.BooleanField(help_text="True: the difference is material.")
    confidence = models.DecimalField(
        max_digits=5,
        decimal_places=4,
        null=True,
        help_text="Probability that the verdict is right; none for a review.",
    )
    created_at = models.DateTimeField(default=timezone.now)
    verdict = models.CharField(max_length=10, choices=VerdictChoice.choices)
    material_probability = models.DecimalField(max_digits=5, decimal_places=4)
    profile = models.CharField(max_length=20)
    kind = models.CharField(max_length=12)
    pair_digest = models.CharField(max_length=64)
    context = EncryptedTextField(
        blank=True, default="", help_text="Facts about the two names, as the client sent them."
    )
    differences = models.JSONField(
        default=list, help_text="Categories, spans and effects, without text of a name."
    )
    words = EncryptedTextField(help_text="The returned text, which may quote the names, as JSON.")
    features = models.BinaryField(default=b"", help_text="Feature values of the model, in half precision.")
    traits = models.JSONField(
        default=dict, help_text="Scripts, legal form and share of unknown words, without text of a name."
    )
    rules_version = models.CharField(max_length=40)
    generation = models.BigIntegerField()
    experiment = models.ForeignKey(
        Experiment, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    variant = models.CharField(max_length=1, blank=True)
    matter = models.ForeignKey(
        Matter,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="The case it belongs to, whose members alone see it.",
    )
    latency_ms = models.PositiveIntegerField()
    cached = models.BooleanField(default=False)
    source = models.CharField(
        max_length=6,
        choices=PredictionSource.choices,
        blank=True,
        default="",
        db_default="",
        help_text="Empty: stored before sources were.",
    )
    stream = models.CharField(max_length=12, choices=ReviewStream.choices, blank=True)
    selection_probability = models.FloatField(
        null=True, blank=True, help_text="Probability with which the stream draws such a prediction."
    )
    erased_at = models.DateTimeField(null=True, blank=True)

    objects = PredictionQuerySet.as_manager()

    class Meta:
        db_table = "predictions"
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["user", "-id"], name="predictions_of_user"),
            # A filter with few matches must not read the rest of the history.
            models.Index(fields=["user", "verdict", "-id"], name="predictions_of_user_verdict"),
            models.Index(fields=["user", "profile", "-id"], name="predictions_of_user_profile"),
            models.Index(fields=["verdict", "-id"], name="predictions_of_verdict"),
            models.Index(fields=["profile", "-id"], name="predictions_of_profile"),
            models.Index(fields=["pair_digest"], name="predictions_of_pair"),
            models.Index(fields=["-created_at"], name="predictions_newest"),
            models.Index(fields=["created_at"], condition=~Q(stream=""), name="predictions_for_review"),
            models.Index(
                fields=["experiment", "created_at"],
                condition=Q(experiment__isnull=False),
                name="predictions_of_experiment",
            ),
            models.Index(
                fields=["matter", "-id"], condition=Q(matter__isnull=False), name="predictions_of_matter"
            ),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(verdict=VerdictChoice.REVIEW, confidence__isnull=True)
                | ~Q(verdict=VerdictChoice.REVIEW)
                & Q(confidence__isnull=False, confidence__gte=0, confidence__lte=1),
                name="predictions_confidence_of_a_decision",
            ),
            models.CheckConstraint(
                condition=Q(verdict__in=VerdictChoice.values), name="predictions_verdict_is_known"
            ),
            models.CheckConstraint(
                condition=Q(stream="", selection_probability=None)
                | ~Q(stream="") & Q(selection_probability__gt=0, selection_probability__lte=1),
                name="predictions_picked_with_a_chance",
            ),
        )
        permissions = (("reveal_names", "Can reveal the names of a prediction"),)

    def __str__(self) -> str:
        # Without the verdict: reviewers see titles of predictions before they decide.
        return gettext("{profile} · {kind} · asked {moment} · {number}").format(
            profile=self.profile,
            kind=gettext("person") if self.kind == "individual" else gettext("organisation"),
            moment=format_moment(self.created_at),
            number=self.short_number,
        )

    @property
    def short_number(self) -> str:
        """The end of the id, by which people tell comparisons apart; not unique."""
        return self.pk.hex[-SHORT_NUMBER_LENGTH:]

    @property
    def leaning(self) -> str | None:
        """The likelier verdict of a review; none for a verdict that decides."""
        if self.verdict != VerdictChoice.REVIEW:
            return None
        return VerdictChoice.MATERIAL.value if self.prediction else VerdictChoice.IMMATERIAL.value

    @property
    def leaning_probability(self) -> float | None:
        """Probability in [0.5, 1] of the leaning; none for a verdict that decides."""
        material = float(self.material_probability)
        return max(material, round(1 - material, 4)) if self.leaning else None

    @property
    def current_review(self) -> PredictionReview | None:
        """The review that ``with_review`` joined or the compare path set; it is never read by a query."""
        review: PredictionReview | None = self._state.fields_cache.get("requester_review")
        return review

    @property
    def categories(self) -> set[str]:
        """Category ids of the stored differences."""
        return {difference["category"] for difference in self.differences}
