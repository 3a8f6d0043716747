"""How much of the traffic reviewers see: sampling rates and quotas, each change a row."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class ReviewPolicy(models.Model):
    """Which answers are put before reviewers, and how often. Append-only: the newest row is in force."""

    audit_share = models.FloatField(default=0.02, help_text="Of all answers, whatever they were.")
    uncertain_share = models.FloatField(default=1.0, help_text="Of the answers that say: a person must look.")
    disagreement_share = models.FloatField(
        default=1.0, help_text="Of the answers on which another model disagrees with the champion."
    )
    second_share = models.FloatField(
        default=0.15, help_text="Of first reviews, looked at by a second person."
    )
    gold_share = models.FloatField(default=0.04, help_text="Of a reviewer's items, answers known beforehand.")
    quotas = models.JSONField(
        default=dict, blank=True, help_text="Most new items a day by stream; a stream not named has no limit."
    )
    reason = models.CharField(max_length=500)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "review_policies"
        verbose_name_plural = "review policies"
        ordering = ("-id",)
        constraints = tuple(
            models.CheckConstraint(
                condition=Q(**{f"{share}_share__gte": 0, f"{share}_share__lte": 1}),
                name=f"review_policies_{share}_is_a_share",
            )
            for share in ("audit", "uncertain", "disagreement", "second", "gold")
        )

    def __str__(self) -> str:
        return f"review policy of {self.set_at:%Y-%m-%d %H:%M}"
