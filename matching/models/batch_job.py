"""Bulk jobs and the chunks they are compared in. The rows of the files are never in these tables."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from accounts.dates import format_moment
from accounts.encryption.fields import EncryptedTextField
from accounts.ids import uuid7
from accounts.models import User
from matters.models import Matter
from matters.wall import select_visible
from modelops.models import ModelVersion, RunStatus

_CLAIM_CHUNK_SQL = """
WITH running AS (
  SELECT job.id, job.served_at,
         max(job.served_at) OVER (PARTITION BY job.user_id) AS user_served_at
  FROM batch_jobs job
  WHERE job.status = 'running' AND job.rules_version = %(rules)s
), next AS (
  SELECT chunk.id, chunk.job_id
  FROM running JOIN LATERAL (
    SELECT id, job_id FROM batch_chunks
    WHERE job_id = running.id AND done_at IS NULL
      AND (leased_until IS NULL OR leased_until < clock_timestamp())
    ORDER BY attempts, number LIMIT 1 FOR UPDATE SKIP LOCKED
  ) chunk ON true
  ORDER BY running.user_served_at NULLS FIRST, running.served_at NULLS FIRST, running.id
  LIMIT 1
), taken AS (
  UPDATE batch_chunks
  SET attempts = attempts + 1, leased_until = clock_timestamp() + make_interval(secs => %(lease)s)
  FROM next WHERE batch_chunks.id = next.id
)
UPDATE batch_jobs SET served_at = clock_timestamp() FROM next WHERE batch_jobs.id = next.job_id
RETURNING next.id
"""
"""Claims the next chunk: of the user served longest ago, of their job served longest ago.

The chunk is leased for longer than a worker may take, and no lock outlives the statement. The attempt is
counted before the work begins, so that a chunk that kills its worker is not tried for ever.
"""

LEASE_FACTOR = 1.5
"""The lease of a chunk in terms of ``JOB_CHUNK_SECONDS``, after which its worker is stopped."""

UNFINISHED_STATUSES = (RunStatus.QUEUED, RunStatus.RUNNING)


class FileFormat(models.TextChoices):
    """The file formats of jobs and exports."""

    CSV = "csv", "CSV"
    XLSX = "xlsx", "XLSX"
    JSONL = "jsonl", gettext_lazy("JSON Lines")


class BatchJobQuerySet(models.QuerySet["BatchJob"]):
    """Queries for bulk jobs."""

    def visible_to(self, user: User) -> BatchJobQuerySet:
        """Return a user's own jobs and those of their matters and organisation, newest first."""
        return select_visible(self, user, "user").order_by("-id")

    def manageable_by(self, user: User) -> BatchJobQuerySet:
        """Return the jobs that a user may stop and delete: their own, as far as they see them."""
        return self.visible_to(user).filter(user=user)

    def for_listing(self) -> BatchJobQuerySet:
        """Return what a list shows: the model version is joined, file key and header are deferred."""
        return self.with_model().defer("file_key", "shape")

    def with_model(self) -> BatchJobQuerySet:
        """Join the model version and the matter, whose encrypted note is left out."""
        return self.select_related("model", "matter").defer("matter__note")

    def unfinished(self) -> BatchJobQuerySet:
        """Return the jobs that are queued or running."""
        return self.filter(status__in=UNFINISHED_STATUSES)

    def ready_to_prepare(self, now: datetime) -> BatchJobQuerySet:
        """Return the queued jobs whose file no worker is splitting."""
        return self.filter(Q(leased_until=None) | Q(leased_until__lt=now), status=RunStatus.QUEUED)

    def past_retention(self, now: datetime) -> BatchJobQuerySet:
        """Return the finished jobs that are older than ``JOBS_KEPT_DAYS``."""
        return self.exclude(status__in=UNFINISHED_STATUSES).filter(
            finished_at__lt=now - timedelta(days=settings.JOBS_KEPT_DAYS)
        )


class BatchJob(models.Model):
    """A file of pairs compared in the background: its progress. The rows are in encrypted files."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="batch_jobs")
    model = models.ForeignKey(ModelVersion, null=True, on_delete=models.PROTECT, related_name="+")
    generation = models.BigIntegerField(
        default=0, help_text="Generation of the live models when the job was created."
    )
    rules_version = models.CharField(max_length=40)
    status = models.CharField(max_length=10, choices=RunStatus.choices, default=RunStatus.QUEUED)
    profile = models.CharField(max_length=20)
    kind = models.CharField(max_length=12, default="auto")
    format = models.CharField(max_length=5, choices=FileFormat.choices, default=FileFormat.CSV)
    file_name = EncryptedTextField(blank=True, default="", help_text="As uploaded; it may contain a name.")
    file_bytes = models.BigIntegerField(default=0)
    file_key = EncryptedTextField(
        help_text="Decrypts the files of this job, which cannot be read without it."
    )
    shape = EncryptedTextField(help_text="The header and the columns of the names, as JSON.")
    rows_total = models.PositiveIntegerField(null=True, blank=True)
    rows_done = models.PositiveIntegerField(default=0)
    rows_failed = models.PositiveIntegerField(default=0)
    chunks_left = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    leased_until = models.DateTimeField(
        null=True, blank=True, help_text="Until then a worker is splitting the file."
    )
    split_attempts = models.PositiveSmallIntegerField(
        default=0, help_text="How often a worker has begun to split the file."
    )
    served_at = models.DateTimeField(null=True, blank=True, help_text="When a chunk was last claimed.")
    matter = models.ForeignKey(
        Matter,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="The case it belongs to, whose members alone see it.",
    )

    objects = BatchJobQuerySet.as_manager()

    class Meta:
        db_table = "batch_jobs"
        verbose_name = "bulk job"
        permissions = (("oversee_batchjobs", "Can see the bulk jobs of all users"),)
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["user", "-id"], name="batch_jobs_of_user"),
            models.Index(
                fields=["status"],
                condition=Q(status__in=("queued", "running")),
                name="batch_jobs_unfinished",
            ),
            models.Index(fields=["finished_at"], name="batch_jobs_finished"),
            models.Index(
                fields=["matter", "-id"], condition=Q(matter__isnull=False), name="batch_jobs_of_matter"
            ),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(rows_total=None) | Q(rows_done__lte=models.F("rows_total")),
                name="batch_jobs_no_row_twice",
            ),
            models.CheckConstraint(
                condition=~Q(status="succeeded") | Q(rows_done=models.F("rows_total"), chunks_left=0),
                name="batch_jobs_succeeded_with_every_row",
            ),
        )

    def __str__(self) -> str:
        return gettext("{profile} job of {moment}").format(
            profile=self.profile, moment=format_moment(self.created_at)
        )

    @property
    def share(self) -> float:
        """Return the part of the rows that is done, from 0 to 1."""
        if self.status == RunStatus.SUCCEEDED:
            return 1.0
        return self.rows_done / self.rows_total if self.rows_total else 0.0

    @property
    def rate(self) -> float | None:
        """Return the rows per second since the start; ``None`` before the first chunk is done."""
        if self.started_at is None or not self.rows_done:
            return None
        seconds = ((self.finished_at or timezone.now()) - self.started_at).total_seconds()
        return self.rows_done / max(seconds, 0.001)

    @property
    def seconds_left(self) -> int | None:
        """Return the seconds the rest takes at this rate; ``None`` while it cannot be estimated."""
        if self.status != RunStatus.RUNNING or self.rate is None or self.rows_total is None:
            return None
        return round((self.rows_total - self.rows_done) / self.rate)


class BatchChunkQuerySet(models.QuerySet["BatchChunk"]):
    """Queries for chunks, and the statement that claims one."""

    def claim_next(self, rules_version: str) -> int | None:
        """Lease the next chunk, fairly between users, and count the attempt; ``None`` when none is free."""
        lease = settings.JOB_CHUNK_SECONDS * LEASE_FACTOR
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM_CHUNK_SQL, {"rules": rules_version, "lease": lease})
            row = cursor.fetchone()
        return int(row[0]) if row else None

    def find_unfinished(self, chunk_id: int) -> BatchChunk | None:
        """Return an unfinished chunk of a running job with its job, else ``None``."""
        unfinished = self.filter(pk=chunk_id, done_at=None, job__status=RunStatus.RUNNING)
        return unfinished.select_related("job").first()

    def release(self, chunk_id: int) -> None:
        """End the lease of a chunk that was not finished."""
        self.filter(pk=chunk_id, done_at=None).update(leased_until=None)

    def pending(self, job_id: UUID) -> BatchChunkQuerySet:
        """Return the chunks of a job that are not done."""
        return self.filter(job_id=job_id, done_at=None)


class BatchChunk(models.Model):
    """A range of rows of a job. ``output`` names its result file, also when several workers compared it."""

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(BatchJob, on_delete=models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    rows = models.PositiveIntegerField()
    begins_at = models.BigIntegerField(help_text="Byte offset in the file of rows.")
    ends_at = models.BigIntegerField()
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(
        null=True, blank=True, help_text="Until then a worker is comparing the chunk."
    )
    output = models.CharField(max_length=60, blank=True)
    output_bytes = models.BigIntegerField(default=0)
    immaterial = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Rows of this verdict, once compared."
    )
    review = models.PositiveIntegerField(default=0, db_default=0)
    material = models.PositiveIntegerField(default=0, db_default=0)
    done_at = models.DateTimeField(null=True, blank=True)

    objects = BatchChunkQuerySet.as_manager()

    class Meta:
        db_table = "batch_chunks"
        ordering = ("job", "number")
        indexes = (
            models.Index(
                fields=["job", "attempts", "number"],
                condition=Q(done_at=None),
                name="batch_chunks_waiting",
            ),
        )
        constraints = (
            models.UniqueConstraint(fields=["job", "number"], name="batch_chunks_once"),
            models.CheckConstraint(
                condition=Q(done_at=None, output="") | Q(done_at__isnull=False) & ~Q(output=""),
                name="batch_chunks_done_with_output",
            ),
            models.CheckConstraint(
                condition=Q(rows__gte=F("immaterial") + F("review") + F("material")),
                name="batch_chunks_verdicts_of_rows",
            ),
        )

    def __str__(self) -> str:
        return gettext("chunk {number} of job {job_id}").format(number=self.number, job_id=self.job_id)


class BulkSample(models.Model):
    """A sample of a chunk's results for drift monitoring: features, categories, probability and verdict.

    It holds no name and no reference to the job or the user. It is counted within hours, then deleted.
    """

    id = models.BigAutoField(primary_key=True)
    model = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+")
    profile = models.CharField(max_length=20)
    kind = models.CharField(max_length=12)
    at = models.DateTimeField(db_index=True)
    snapshots = models.JSONField(help_text="Features, categories, probability and verdict of each result.")

    class Meta:
        db_table = "bulk_samples"
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.profile} {self.kind} {format_moment(self.at)}"


class BulkCount(models.Model):
    """Verdicts of the rows of one compared chunk, as numbers; kept when the job and its files are deleted."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    profile = models.CharField(max_length=20)
    kind = models.CharField(max_length=12, help_text="As asked for; auto: read from each row.")
    at = models.DateTimeField(db_index=True)
    immaterial = models.PositiveIntegerField()
    review = models.PositiveIntegerField()
    material = models.PositiveIntegerField()
    refused = models.PositiveIntegerField(help_text="Rows that could not be compared.")
    confidence_sum = models.DecimalField(
        max_digits=12, decimal_places=4, help_text="Over the rows that were decided."
    )

    class Meta:
        db_table = "bulk_counts"
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(confidence_sum__gte=0) & Q(confidence_sum__lte=F("immaterial") + F("material")),
                name="bulk_counts_confidence_of_decisions",
            ),
        )

    def __str__(self) -> str:
        return f"{self.profile} {format_moment(self.at)}"
