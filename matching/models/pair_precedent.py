"""Decisions of reviewers that answer when the same pair is asked again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.db import connection, models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from accounts.ids import uuid7
from matching.models.prediction import Prediction

_IN_FORCE = """ended_at IS NULL AND active_from <= statement_timestamp()
  AND (user_id = %(user)s OR %(shared)s)"""
"""Condition on the precedents that may answer a user."""

_FIND_SQL = f"""
SELECT DISTINCT ON (key, material) key, id FROM pair_precedents
WHERE key = ANY(%(keys)s) AND {_IN_FORCE}
ORDER BY key, material, id DESC
"""  # noqa: S608 - no value in it
"""At most two rows for each key: the newest decision of either sort."""

NO_PRECEDENT_SQL = f"""NOT EXISTS (
  SELECT FROM pair_precedents WHERE key = %(key)s AND {_IN_FORCE}
)"""
"""Condition that holds where a user's key has no precedent in force; ``key``, ``user`` and ``shared``."""


class PairPrecedentQuerySet(models.QuerySet["PairPrecedent"]):
    """Queries on precedents of pairs."""

    def find_ids(self, keys: Sequence[str], user_id: UUID, shared: bool) -> dict[str, UUID]:
        """Return the precedent in force of each key that has one, by one statement on the index.

        A key with two decisions that contradict one another has none.
        """
        with connection.cursor() as cursor:
            cursor.execute(_FIND_SQL, {"keys": list(keys), "user": user_id, "shared": shared})
            rows = cursor.fetchall()
        counts = Counter(key for key, _ in rows)
        return {key: pk for key, pk in rows if counts[key] == 1}


class PairPrecedent(models.Model):
    """A settled decision on a pair under one profile and guideline; it answers while it is not ended."""

    class EndReason(models.TextChoices):
        """Why a precedent no longer answers."""

        REPLACED = "replaced", gettext_lazy("Decided again")
        CONTRADICTED = "contradicted", gettext_lazy("Decided again, differently")
        REOPENED = "reopened", gettext_lazy("The decision was reopened")
        GUIDELINE = "guideline", gettext_lazy("Another guideline is in force")
        REVOKED = "revoked", gettext_lazy("Revoked by a lead")
        ERASED = "erased", gettext_lazy("The names were erased")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="Whose prediction was decided.",
    )
    prediction = models.ForeignKey(Prediction, on_delete=models.PROTECT, related_name="pair_precedents")
    key = models.CharField(max_length=64, blank=True, help_text="Keyed digest of all that was asked.")
    profile = models.CharField(max_length=20)
    material = models.BooleanField()
    guideline_version = models.CharField(max_length=20)
    active_from = models.DateTimeField(help_text="When the decision could no longer be undone.")
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=12, choices=EndReason.choices, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = PairPrecedentQuerySet.as_manager()

    class Meta:
        db_table = "pair_precedents"
        verbose_name = "precedent of a pair"
        verbose_name_plural = "precedents of pairs"
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["key", "user"], condition=Q(ended_at=None), name="pair_precedents_one_in_force"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, end_reason="") | Q(ended_at__isnull=False) & ~Q(end_reason=""),
                name="pair_precedents_ended_for_a_reason",
            ),
            models.CheckConstraint(
                condition=~Q(key="") | Q(ended_at__isnull=False), name="pair_precedents_in_force_have_a_key"
            ),
            models.CheckConstraint(
                condition=~Q(guideline_version=""), name="pair_precedents_under_a_guideline"
            ),
        )

    def __str__(self) -> str:
        return gettext("guideline {version}: {comparison}").format(
            version=self.guideline_version, comparison=self.prediction
        )
