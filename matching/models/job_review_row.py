"""Rows of bulk jobs that their owner sent to reviewers, as predictions of their own."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from matching.models.batch_job import BatchJob
from matching.models.prediction import Prediction


class JobReviewRow(models.Model):
    """One row of a job with the prediction that reviewers decide; the prediction outlives the job."""

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(BatchJob, on_delete=models.CASCADE, related_name="review_rows")
    number = models.PositiveIntegerField(help_text="Number of the row below the header, from 1.")
    prediction = models.OneToOneField(Prediction, on_delete=models.PROTECT, related_name="job_row")
    sent_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "job_review_rows"
        ordering = ("job", "number")
        constraints = (
            models.UniqueConstraint(fields=["job", "number"], name="job_review_rows_once"),
            models.CheckConstraint(condition=Q(number__gt=0), name="job_review_rows_number_from_one"),
        )

    def __str__(self) -> str:
        return gettext("row {number} of job {job_id}").format(number=self.number, job_id=self.job_id)
