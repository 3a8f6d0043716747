"""Serving processes with the models they have loaded, and rollback drills."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.dates import format_moment
from accounts.ids import uuid7

ALIVE_TIMEOUT = timedelta(seconds=10)
"""A process without a heartbeat for this long counts as gone."""


class ServingProcessQuerySet(models.QuerySet["ServingProcess"]):
    """Queries on serving processes."""

    def alive(self, now: datetime | None = None) -> ServingProcessQuerySet:
        """Return processes with a heartbeat within :data:`ALIVE_TIMEOUT`."""
        return self.filter(seen_at__gte=(now or timezone.now()) - ALIVE_TIMEOUT)

    def with_live_generation(self) -> ServingProcessQuerySet:
        """Annotate the newest live generation as ``live`` (0 without a deployment)."""
        newest = RawSQL("SELECT max(deployment_id) FROM live_slots", ())
        return self.annotate(live=Coalesce(newest, 0, output_field=models.BigIntegerField()))


class ServingProcess(models.Model):
    """One process that answers comparison requests, as it last reported itself."""

    class Kind(models.TextChoices):
        """Type of process."""

        WEB = "web", gettext_lazy("Web")
        WORKER = "worker", gettext_lazy("Background worker")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    host = models.CharField(max_length=100)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField("last heartbeat at", default=timezone.now)
    generation = models.BigIntegerField(default=0, help_text="Generation it serves.")
    ready = models.JSONField(default=list, help_text="Digests of the artefacts it has loaded and checked.")
    failed = models.JSONField(
        default=dict, help_text="Digests of artefacts it could not load, with the error."
    )
    swaps = models.PositiveIntegerField(default=0)
    last_swap_at = models.DateTimeField(null=True, blank=True)
    last_swap_ms = models.PositiveIntegerField(null=True, blank=True)

    objects = ServingProcessQuerySet.as_manager()

    class Meta:
        db_table = "serving_processes"
        verbose_name = "serving process"
        verbose_name_plural = "serving processes"
        ordering = ("host", "kind", "pid")
        permissions = (("drill_rollback", "Can run a rollback drill"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.host}:{self.pid}"


class RollbackDrill(models.Model):
    """One rollback drill: back and forward again on a slot that answers no request."""

    id = models.BigAutoField(primary_key=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    back_ms = models.PositiveIntegerField(
        null=True, help_text="Milliseconds until every process served the earlier version."
    )
    forward_ms = models.PositiveIntegerField(
        null=True, help_text="Milliseconds until every process served the live version again."
    )
    processes = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "rollback_drills"
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{format_moment(self.at)}: {self.error or f'{self.back_ms} ms back'}"
