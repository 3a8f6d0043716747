"""Reports that were issued, without a name, and the letterhead they carry."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from accounts.dates import format_moment
from accounts.ids import uuid7
from matching.models import Prediction, ReviewDecision, ReviewStatus, VerdictChoice

MAX_LOGO_BYTES = 100 * 1024
MAX_LETTERHEAD_LENGTH = 400


class LogoType(models.TextChoices):
    """The forms of a logo."""

    PNG = "png", "PNG"
    JPEG = "jpg", "JPEG"


class Letterhead(models.Model):
    """Text and logo at the head of reports; append-only, the newest row applies."""

    id = models.BigAutoField(primary_key=True)
    text = models.TextField(blank=True, help_text="Who issues the reports, in a few lines.")
    logo = models.BinaryField(blank=True, default=b"")
    logo_type = models.CharField(max_length=3, choices=LogoType.choices, blank=True)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "letterheads"
        verbose_name = "letterhead"
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(logo_type="", logo=b"") | Q(logo_type__in=LogoType.values) & ~Q(logo=b""),
                name="letterheads_know_their_logo",
            ),
        )

    def __str__(self) -> str:
        return gettext("letterhead of {moment}").format(moment=format_moment(self.changed_at))


class IssuedReport(models.Model):
    """A report that was issued: what a third party with its code may learn, and digests of the rest."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code_digest = models.CharField(
        max_length=64, unique=True, help_text="Keyed digest of the verification code, which is not stored."
    )
    prediction = models.ForeignKey(Prediction, on_delete=models.PROTECT, related_name="issued_reports")
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    issued_at = models.DateTimeField(default=timezone.now)
    verdict = models.CharField(max_length=10, choices=VerdictChoice.choices)
    review_status = models.CharField(max_length=14, choices=ReviewStatus.choices)
    decision = models.CharField(max_length=11, choices=ReviewDecision.choices, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    names_digest = models.CharField(
        max_length=64, blank=True, help_text="Keyed digest of the two names; empty without them."
    )
    sha256 = models.CharField(max_length=64, help_text="Of the content, as printed on the report.")

    class Meta:
        db_table = "issued_reports"
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(verdict__in=VerdictChoice.values), name="issued_reports_verdict_is_known"
            ),
            models.CheckConstraint(
                condition=Q(decision="", decided_at=None)
                | Q(
                    decision__in=ReviewDecision.values,
                    decided_at__isnull=False,
                    review_status=ReviewStatus.DECIDED,
                ),
                name="issued_reports_decided_with_a_date",
            ),
        )

    def __str__(self) -> str:
        return gettext("report of {moment}").format(moment=format_moment(self.issued_at))
