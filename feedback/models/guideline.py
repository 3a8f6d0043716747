"""The versions of the reviewers' guideline, and the precedents that cite it."""

from __future__ import annotations

import re

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from accounts.language.sentences import lower
from feedback.models.decision import Decision
from matching.models import Prediction

_NOT_IN_ANCHORS = re.compile(r"[^0-9A-Za-z.]+")


class GuidelineQuerySet(models.QuerySet["Guideline"]):
    """Queries on guidelines."""

    def get_in_force(self) -> Guideline | None:
        """Return the version published last, or ``None`` before the first."""
        return self.filter(status=Guideline.Status.PUBLISHED).order_by("-published_at").first()


class Guideline(models.Model):
    """One version of the guideline: an editable draft, or published and immutable."""

    class Status(models.TextChoices):
        """State of a version."""

        DRAFT = "draft", gettext_lazy("Draft")
        PUBLISHED = "published", gettext_lazy("Published")

    version = models.CharField(max_length=20, unique=True, help_text="For example 2.")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    summary = models.TextField(blank=True, help_text="What changed since the version before, and why.")
    created_at = models.DateTimeField(default=timezone.now)
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = GuidelineQuerySet.as_manager()

    class Meta:
        db_table = "guidelines"
        ordering = ("-created_at",)
        constraints = (
            models.CheckConstraint(
                condition=Q(status="draft", published_at=None)
                | Q(status="published", published_at__isnull=False),
                name="guidelines_published_at_a_time",
            ),
            models.UniqueConstraint(
                fields=["status"], condition=Q(status="draft"), name="guidelines_one_draft"
            ),
        )

    def __str__(self) -> str:
        return gettext("guideline {version} ({status})").format(
            version=self.version, status=lower(self.get_status_display())
        )

    def get_absolute_url(self) -> str:
        """Return the address of its text, which stays the same when another version is in force."""
        return reverse("admin:guideline-version", args=[self.version])


class Clause(models.Model):
    """One numbered rule of a guideline, with the categories of difference it applies to."""

    guideline = models.ForeignKey(Guideline, on_delete=models.CASCADE, related_name="clauses")
    chapter = models.CharField(
        max_length=80,
        blank=True,
        default="",
        db_default="",
        help_text="Title of the chapter, which the number before the dot names.",
    )
    number = models.CharField(max_length=10, help_text="For example 3.2.")
    title = models.CharField(max_length=120)
    text = models.TextField()
    categories = ArrayField(
        models.CharField(max_length=5),
        default=list,
        blank=True,
        help_text=gettext_lazy("Ids such as O08, by commas."),
    )
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        db_table = "guideline_clauses"
        ordering = ("position", "number")
        constraints = (
            models.UniqueConstraint(fields=["guideline", "number"], name="guideline_clauses_numbered_once"),
        )

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    def get_absolute_url(self) -> str:
        """Return the address of the clause in the text of its version; reads the guideline."""
        return f"{self.guideline.get_absolute_url()}#{self.anchor}"

    @property
    def anchor(self) -> str:
        """The id of the clause on the page of its version."""
        return "clause-" + _NOT_IN_ANCHORS.sub("-", self.number)


class PrecedentQuerySet(models.QuerySet["Precedent"]):
    """Queries on precedents."""

    def active(self) -> PrecedentQuerySet:
        """Return precedents whose adjudication is not withdrawn and whose names are not erased."""
        return self.filter(withdrawn_at=None, prediction__erased_at=None)


class Precedent(models.Model):
    """An adjudicated pair, shown beside pairs with the same categories of difference."""

    adjudication = models.OneToOneField(
        "feedback.Feedback", on_delete=models.PROTECT, related_name="precedent"
    )
    prediction = models.ForeignKey(Prediction, on_delete=models.PROTECT, related_name="precedents")
    clause = models.ForeignKey(Clause, on_delete=models.PROTECT, related_name="precedents")
    material = models.BooleanField(null=True, help_text="Empty: the names alone do not settle it.")
    profile = models.CharField(max_length=20)
    kind = models.CharField(max_length=12)
    categories = ArrayField(models.CharField(max_length=5), default=list)
    created_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = PrecedentQuerySet.as_manager()

    class Meta:
        db_table = "precedents"
        ordering = ("-id",)
        indexes = (GinIndex(fields=["categories"], name="precedents_by_category"),)

    def __str__(self) -> str:
        return str(self.prediction)

    @property
    def decision(self) -> Decision:
        """What the adjudication decided, as stored in ``material``."""
        return Decision.from_material(self.material)
