"""Deployments, live slots, and the requests that lead to them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from accounts.ids import uuid7
from accounts.language.sentences import Text
from modelops.language import show_sentence
from modelops.models.registry import ModelVersion

EVERY_PROFILE = "*"
"""The profile of a deployment that serves all profiles without a deployment of their own."""

DRILL_PROFILE = "~drill"
"""The profile of rollback drills. No comparison request can name it, so no request is answered from it."""


def describe_profile(profile: str) -> str:
    """Return a profile as screens show it."""
    return gettext("all profiles") if profile == EVERY_PROFILE else profile


class ServingRole(models.TextChoices):
    """The role of a live model version."""

    CHAMPION = "champion", gettext_lazy("Champion (answers)")
    CHALLENGER = "challenger", gettext_lazy("Challenger (answers in an experiment)")
    SHADOW = "shadow", gettext_lazy("Shadow (scores, never answers)")


_ROLE_NAMES: Mapping[str, Text] = {
    ServingRole.CHAMPION: gettext_lazy("champion"),
    ServingRole.CHALLENGER: gettext_lazy("challenger"),
    ServingRole.SHADOW: gettext_lazy("shadow"),
}


def describe_role(role: str) -> str:
    """Return a role as sentences on screens name it."""
    return str(_ROLE_NAMES.get(role, role))


class DeploymentQuerySet(models.QuerySet["Deployment"]):
    """Queries on the history of deployments."""

    def as_of(self, moment: datetime, role: str = ServingRole.CHAMPION) -> DeploymentQuerySet:
        """Return the deployment of each profile that was live at a moment."""
        rows = self.exclude(profile=DRILL_PROFILE).filter(at__lte=moment, role=role)
        return rows.order_by("profile", "-generation").distinct("profile")

    def live(self) -> DeploymentQuerySet:
        """Return the deployments that are live now, with their versions."""
        return self.exclude(profile=DRILL_PROFILE).filter(slot__isnull=False).select_related("model")

    def for_schema(self, profile: str, schema: str) -> DeploymentQuerySet:
        """Return champion deployments of a profile whose model has this feature schema, newest first."""
        rows = self.filter(profile=profile, role=ServingRole.CHAMPION, model__schema_hash=schema)
        return rows.select_related("model").order_by("-generation")


class Deployment(models.Model):
    """A version took a role for a profile at a time. Append-only: triggers refuse updates and deletions."""

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
        default=False, help_text="An emergency rollback by one person; raises an alert."
    )
    first = models.BooleanField(default=False, help_text="The shipped model of a new installation.")
    upgrade = models.BooleanField(
        default=False,
        help_text="The shipped model of an updated program whose features the previous model does not fit.",
    )
    drill = models.BooleanField(default=False, help_text="Part of a drill: answers no request.")
    automatic = models.BooleanField(
        default=False, help_text="Became shadow without an approval: it never answers."
    )
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
            ("request_deployment", "Can request that a model version be made live"),
            ("approve_deployment", "Can approve what another person requested"),
            ("rollback_deployment", "Can roll back to the previous version, alone"),
        )

    def __str__(self) -> str:
        return gettext("{generation}: {model} as {role} for {profile}").format(
            generation=self.generation,
            model=self.model,
            role=describe_role(self.role),
            profile=describe_profile(self.profile),
        )

    @property
    def shown_reason(self) -> str:
        """The reason; what the program gave, in the language of the page."""
        return show_sentence(self.reason)


class LiveSlot(models.Model):
    """The deployment that is live now for a profile and role.

    Unique constraints allow one row for each, so a profile never has two champions.
    """

    profile = models.CharField(max_length=20)
    role = models.CharField(max_length=12, choices=ServingRole.choices)
    deployment = models.OneToOneField(Deployment, on_delete=models.PROTECT, related_name="slot")

    class Meta:
        db_table = "live_slots"
        verbose_name = "live now"
        verbose_name_plural = "live now"
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
        return gettext("{role} for {profile}: {deployment_id}").format(
            role=describe_role(self.role),
            profile=describe_profile(self.profile),
            deployment_id=self.deployment_id,
        )


class PromotionRequest(models.Model):
    """A request to make a version live; another person approves or declines it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="requests")
    profile = models.CharField(max_length=20, default=EVERY_PROFILE)
    role = models.CharField(max_length=12, choices=ServingRole.choices, default=ServingRole.CHAMPION)
    expected = models.BigIntegerField(
        "expected generation", null=True, blank=True, help_text="Live generation at the time of the request."
    )
    reason = models.TextField()
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(auto_now_add=True)
    gates = models.JSONField(
        default=list, blank=True, help_text="Results of the gates at the time of the request."
    )
    examination = models.JSONField(
        default=dict,
        blank=True,
        help_text="Each measure of the version and of the champion on the same rows, at the request.",
    )
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
        return gettext("{model} as {role} for {profile}").format(
            model=self.model, role=describe_role(self.role), profile=describe_profile(self.profile)
        )

    @property
    def is_open(self) -> bool:
        """Say whether the request is neither approved nor declined yet."""
        return self.closed_at is None
