"""Exports of many names: who asked and why, how many rows, and who else approved."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from accounts.ids import uuid7
from matching.models.batch_job import FileFormat

ARCHIVE_FORMAT = "zip"
"""The format of an export that holds a file for each row."""


class ExportRequest(models.Model):
    """One export of names. Above the limit it is taken only after a second person approved. Holds no name."""

    class Kind(models.TextChoices):
        """What is exported."""

        PREDICTIONS = "predictions", gettext_lazy("Predictions")
        FEEDBACK = "feedback", gettext_lazy("Feedback")
        MEMOS = "memos", gettext_lazy("Memos")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    selection = models.JSONField(help_text="Filters of predictions, or ids.")
    format = models.CharField(max_length=5, choices=[*FileFormat.choices, (ARCHIVE_FORMAT, "ZIP")])
    rows = models.PositiveIntegerField(help_text="Rows when it was asked for.")
    reason = models.CharField(max_length=500)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    needs_approval = models.BooleanField()
    is_approved = models.BooleanField("approved", null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_reason = models.CharField(max_length=500, blank=True)
    taken_at = models.DateTimeField("downloaded at", null=True, blank=True)

    class Meta:
        db_table = "export_requests"
        ordering = ("-id",)
        indexes = (models.Index(fields=["requested_by", "requested_at"], name="export_requests_of_person"),)
        constraints = (
            models.CheckConstraint(condition=~Q(reason=""), name="export_requests_have_a_reason"),
            models.CheckConstraint(
                condition=Q(is_approved=None, decided_by=None, decided_at=None)
                | Q(is_approved__isnull=False, decided_by__isnull=False, decided_at__isnull=False),
                name="export_requests_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("requested_by")),
                name="export_requests_two_people",
            ),
            models.CheckConstraint(
                # A condition that is unknown (no decision yet) would pass, so that is ruled out.
                condition=Q(taken_at=None)
                | Q(needs_approval=False)
                | Q(is_approved__isnull=False, is_approved=True),
                name="export_requests_taken_after_approval",
            ),
        )
        permissions = (
            ("export_names", "Can export many names at once"),
            ("approve_export", "Can approve the exports of others"),
        )

    def __str__(self) -> str:
        return gettext("{kind}, {rows} rows").format(kind=self.get_kind_display(), rows=self.rows)

    @property
    def status(self) -> str:
        """What happened last, in words."""
        if self.taken_at:
            return "downloaded"
        if self.is_approved is not None:
            return "approved" if self.is_approved else "declined"
        return gettext("waits for approval") if self.needs_approval else gettext("not downloaded")
