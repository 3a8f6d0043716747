"""Which processes serve, what each has loaded, and drills of a rollback."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.ids import uuid7

ALIVE_TIMEOUT = timedelta(seconds=10)
"""A process that gave no sign of life for so long serves no more."""


class ServingProcessQuerySet(models.QuerySet["ServingProcess"]):
    """Reads of the processes that serve."""

    def alive(self, now: datetime | None = None) -> ServingProcessQuerySet:
        """Those that gave a sign of life lately."""
        return self.filter(seen_at__gte=(now or timezone.now()) - ALIVE_TIMEOUT)

    def with_live_generation(self) -> ServingProcessQuerySet:
        """With the number of the newest deployment, as ``live``."""
        newest = RawSQL("SELECT max(deployment_id) FROM live_slots", ())
        return self.annotate(live=Coalesce(newest, 0, output_field=models.BigIntegerField()))


class ServingProcess(models.Model):
    """One process that answers, as it described itself last."""

    class Kind(models.TextChoices):
        """What the process does."""

        WEB = "web", "Web"
        WORKER = "worker", "Background worker"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    host = models.CharField(max_length=100)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    generation = models.BigIntegerField(default=0, help_text="What it serves.")
    ready = models.JSONField(default=list, help_text="Digests of the artefacts it has built and checked.")
    failed = models.JSONField(default=dict, help_text="Digest of an artefact it could not load -> why.")
    swaps = models.PositiveIntegerField(default=0)
    last_swap_at = models.DateTimeField(null=True, blank=True)
    last_swap_ms = models.PositiveIntegerField(null=True, blank=True)

    objects = ServingProcessQuerySet.as_manager()

    class Meta:
        db_table = "serving_processes"
        verbose_name = "serving process"
        verbose_name_plural = "serving processes"
        ordering = ("host", "kind", "pid")
        permissions = (("drill_rollback", "Can try out whether a rollback works"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.host}:{self.pid}"


class RollbackDrill(models.Model):
    """One trial of a rollback: there and back on a slot that answers nobody."""

    id = models.BigAutoField(primary_key=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    back_ms = models.PositiveIntegerField(null=True, help_text="Until every process served the one before.")
    forward_ms = models.PositiveIntegerField(null=True, help_text="Until every process was back.")
    processes = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "rollback_drills"
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}: {self.error or f'{self.back_ms} ms back'}"
