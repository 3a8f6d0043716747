"""Versions of the guideline under which pairs were decided and which are no longer in force."""

from __future__ import annotations

from datetime import datetime

from django.db import models


class ReplacedGuidelineManager(models.Manager["ReplacedGuideline"]):
    """Queries on replaced versions."""

    def find_replacement_time(self, version: str) -> datetime | None:
        """Return when another version came into force; ``None`` while this one is in force."""
        return self.filter(pk=version).values_list("replaced_at", flat=True).first()


class ReplacedGuideline(models.Model):
    """One version after another took its place; written by the app that publishes guidelines."""

    version = models.CharField(max_length=20, primary_key=True)
    replaced_at = models.DateTimeField()

    objects = ReplacedGuidelineManager()

    class Meta:
        db_table = "replaced_guidelines"
        ordering = ("-replaced_at",)

    def __str__(self) -> str:
        return self.version
