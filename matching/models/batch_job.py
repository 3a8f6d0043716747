"""Bulk jobs and the pieces they are worked off in. The rows of the files are never in these tables."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, models
from django.db.models import Q
from django.utils import timezone

from accounts.encryption.fields import EncryptedTextField
from accounts.ids import uuid7
from accounts.models import User
from modelops.models import ModelVersion, RunStatus

_CLAIM_CHUNK_SQL = """
WITH asked AS (
  SELECT job.id, job.served_at,
         max(job.served_at) OVER (PARTITION BY job.user_id) AS user_served_at
  FROM batch_jobs job
  WHERE job.status = 'running' AND job.rules_version = %(rules)s
), next AS (
  SELECT chunk.id, chunk.job_id
  FROM asked JOIN LATERAL (
    SELECT id, job_id FROM batch_chunks
    WHERE job_id = asked.id AND done_at IS NULL
    ORDER BY attempts, number LIMIT 1 FOR UPDATE SKIP LOCKED
  ) chunk ON true
  ORDER BY asked.user_served_at NULLS FIRST, asked.served_at NULLS FIRST, asked.id
  LIMIT 1
), taken AS (
  UPDATE batch_chunks SET attempts = attempts + 1 FROM next WHERE batch_chunks.id = next.id
)
UPDATE batch_jobs SET served_at = clock_timestamp() FROM next WHERE batch_jobs.id = next.job_id
RETURNING next.id
"""
"""The next piece: of the person who was served longest ago, of their job that was served longest ago.

Counted as an attempt before it is worked on, so that a piece that kills its worker is not tried for ever.
"""

UNFINISHED_STATUSES = (RunStatus.QUEUED, RunStatus.RUNNING)


class FileFormat(models.TextChoices):
    """What a job reads and writes."""

    CSV = "csv", "CSV"
    XLSX = "xlsx", "XLSX"
    JSONL = "jsonl", "JSON Lines"


class BatchJobQuerySet(models.QuerySet["BatchJob"]):
    """Reads of bulk jobs."""

    def for_user(self, user: User) -> BatchJobQuerySet:
        """A person's own jobs, newest first, by the index."""
        return self.filter(user=user).order_by("-id")

    def for_listing(self) -> BatchJobQuerySet:
        """What a list shows: with the version that answers, without key and header."""
        return self.select_related("model").defer("file_key", "shape")

    def unfinished(self) -> BatchJobQuerySet:
        """Jobs that wait or are worked on."""
        return self.filter(status__in=UNFINISHED_STATUSES)

    def ready_to_prepare(self, now: datetime) -> BatchJobQuerySet:
        """Jobs whose file nobody is cutting into pieces."""
        return self.filter(Q(leased_until=None) | Q(leased_until__lt=now), status=RunStatus.QUEUED)

    def past_retention(self, now: datetime) -> BatchJobQuerySet:
        """Finished jobs that have been kept long enough."""
        return self.exclude(status__in=UNFINISHED_STATUSES).filter(
            finished_at__lt=now - timedelta(days=settings.JOBS_KEPT_DAYS)
        )


class BatchJob(models.Model):
    """A file of pairs to be compared. The rows live in encrypted files; this row says how far it came."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="batch_jobs")
    model = models.ForeignKey(ModelVersion, null=True, on_delete=models.PROTECT, related_name="+")
    generation = models.BigIntegerField(default=0, help_text="What was live when the job came.")
    rules_version = models.CharField(max_length=40)
    status = models.CharField(max_length=10, choices=RunStatus.choices, default=RunStatus.QUEUED)
    profile = models.CharField(max_length=20)
    kind = models.CharField(max_length=12, default="auto")
    format = models.CharField(max_length=5, choices=FileFormat.choices, default=FileFormat.CSV)
    file_name = EncryptedTextField(blank=True, default="", help_text="As uploaded; it may quote a name.")
    file_bytes = models.BigIntegerField(default=0)
    file_key = EncryptedTextField(help_text="Opens the files of this job; without it they are noise.")
    shape = EncryptedTextField(help_text="The header, and where the names are, as JSON.")
    rows_total = models.PositiveIntegerField(null=True, blank=True)
    rows_done = models.PositiveIntegerField(default=0)
    rows_failed = models.PositiveIntegerField(default=0)
    chunks_left = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    leased_until = models.DateTimeField(
        null=True, blank=True, help_text="Until then somebody is cutting the file into pieces."
    )
    served_at = models.DateTimeField(null=True, blank=True, help_text="When a piece was last taken.")

    objects = BatchJobQuerySet.as_manager()

    class Meta:
        db_table = "batch_jobs"
        verbose_name = "bulk job"
        permissions = (("oversee_batchjobs", "Can see everybody's bulk jobs"),)
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["user", "-id"], name="batch_jobs_of_user"),
            models.Index(
                fields=["status"],
                condition=Q(status__in=("queued", "running")),
                name="batch_jobs_unfinished",
            ),
            models.Index(fields=["finished_at"], name="batch_jobs_finished"),
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
        return f"{self.profile} job of {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def share(self) -> float:
        """Part of the rows that is done, from 0 to 1."""
        if self.status == RunStatus.SUCCEEDED:
            return 1.0
        return self.rows_done / self.rows_total if self.rows_total else 0.0

    @property
    def rate(self) -> float | None:
        """Rows a second since the work began; ``None`` before the first piece is done."""
        if self.started_at is None or not self.rows_done:
            return None
        seconds = ((self.finished_at or timezone.now()) - self.started_at).total_seconds()
        return self.rows_done / max(seconds, 0.001)

    @property
    def seconds_left(self) -> int | None:
        """Seconds the rest takes at this rate; ``None`` while nobody can know."""
        if self.status != RunStatus.RUNNING or self.rate is None or self.rows_total is None:
            return None
        return round((self.rows_total - self.rows_done) / self.rate)


class BatchChunkQuerySet(models.QuerySet["BatchChunk"]):
    """Reads of pieces, and the statements that hand them out."""

    def claim_next(self, rules_version: str) -> int | None:
        """Choose the next piece, fairly between people, and count the attempt; ``None`` when none is free."""
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM_CHUNK_SQL, {"rules": rules_version})
            row = cursor.fetchone()
        return int(row[0]) if row else None

    def lock_unfinished(self, chunk_id: int) -> BatchChunk | None:
        """Lock an unfinished piece until the transaction ends; ``None`` when somebody else has it.

        The lock ends with the connection, also after ``kill -9``: then the piece is free at once.
        """
        free = self.filter(pk=chunk_id, done_at=None, job__status=RunStatus.RUNNING)
        return free.select_related("job").select_for_update(skip_locked=True, of=("self",)).first()

    def pending(self, job_id: UUID) -> BatchChunkQuerySet:
        """Pieces of a job that are not done."""
        return self.filter(job_id=job_id, done_at=None)


class BatchChunk(models.Model):
    """Some rows of a job. ``output`` names the one file that counts, whoever else worked on it."""

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(BatchJob, on_delete=models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    rows = models.PositiveIntegerField()
    begins_at = models.BigIntegerField(help_text="Byte of the file of rows.")
    ends_at = models.BigIntegerField()
    attempts = models.PositiveSmallIntegerField(default=0)
    output = models.CharField(max_length=60, blank=True)
    output_bytes = models.BigIntegerField(default=0)
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
        )

    def __str__(self) -> str:
        return f"piece {self.number} of job {self.job_id}"


class BulkSample(models.Model):
    """Some answers of a piece as those who watch see them: numbers and categories.

    No name, and no way back to the job or the person. Read within the hours that follow, then deleted.
    """

    id = models.BigAutoField(primary_key=True)
    model = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+")
    profile = models.CharField(max_length=20)
    kind = models.CharField(max_length=12)
    at = models.DateTimeField(db_index=True)
    answers = models.JSONField(help_text="Features, categories, probability and verdict of each answer.")

    class Meta:
        db_table = "bulk_samples"
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.profile} {self.kind} {self.at:%Y-%m-%d %H:%M}"
