"""Filters of the history that a user keeps. They hold choices and days, never a word that a user typed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

MAX_QUERY_LENGTH = 200


class SavedFilter(models.Model):
    """The choices of one filter, as the history page has them in its address."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    query = models.CharField(max_length=MAX_QUERY_LENGTH)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "saved_filters"
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=["user", "query"], name="saved_filters_once"),)

    def __str__(self) -> str:
        return self.query
