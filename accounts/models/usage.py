"""What accounts and their API keys have sent, day by day: numbers only."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext

from accounts.models.keys import ApiKey
from accounts.models.users import User


class ApiUsage(models.Model):
    """Counts of one day, of one API key or, without a key, of one account's access tokens and pages.

    The store of counters may lose its memory; what it counts afterwards has another ``counter`` and a row of
    its own, so that storing the same counts again changes nothing. Totals are sums over rows.
    """

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    key = models.ForeignKey(ApiKey, on_delete=models.PROTECT, null=True, blank=True, related_name="usage")
    day = models.DateField(help_text="UTC.")
    counter = models.CharField(max_length=32, help_text="Which memory of the store counted it.")
    requests = models.PositiveBigIntegerField(default=0, help_text="With those that a limit refused.")
    pairs = models.PositiveBigIntegerField(default=0, help_text="Pairs of names, rows of files too.")
    refused = models.PositiveBigIntegerField(default=0, help_text="Requests that a limit refused.")
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "api_usage"
        verbose_name_plural = "usage of API keys"
        constraints = (
            models.UniqueConstraint(
                fields=["user", "day", "key", "counter"],
                name="api_usage_once_per_counter",
                nulls_distinct=False,
            ),
        )

    def __str__(self) -> str:
        return gettext("{day}: {requests} requests, {pairs} pairs").format(
            day=self.day, requests=self.requests, pairs=self.pairs
        )
