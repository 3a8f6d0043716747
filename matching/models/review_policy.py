"""The review policy: sampling rates and quotas that decide what reviewers see; each change appends a row."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from accounts.dates import format_moment


class ReviewPolicy(models.Model):
    """Sampling rates in [0, 1] and daily quotas of the review queue. The newest row is in force."""

    audit_share = models.FloatField("audit sampling rate", default=0.02, help_text="Of all predictions.")
    uncertain_share = models.FloatField(
        "uncertain sampling rate", default=1.0, help_text="Of the predictions whose verdict is review."
    )
    disagreement_share = models.FloatField(
        "disagreement sampling rate",
        default=1.0,
        help_text="Of the predictions on which a challenger or shadow disagrees with the champion.",
    )
    second_share = models.FloatField(
        "second review sampling rate",
        default=0.15,
        help_text="Of the first reviews, to be repeated by a second reviewer.",
    )
    gold_share = models.FloatField(
        "gold sampling rate", default=0.04, help_text="Of the items of a reviewer, to be gold items."
    )
    quotas = models.JSONField(
        default=dict,
        blank=True,
        help_text="Most new items a day by stream; a stream that is not named has no quota.",
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
        return gettext("review policy of {moment}").format(moment=format_moment(self.set_at))
