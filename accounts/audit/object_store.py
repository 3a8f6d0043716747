"""Checkpoints in an S3-compatible object store, locked against deletion until their time (WORM)."""

from __future__ import annotations

from datetime import timedelta

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.utils import timezone

from accounts.models import AuditCheckpoint

_CONFIG = Config(connect_timeout=10, read_timeout=10, retries={"total_max_attempts": 2})


def put_checkpoint(checkpoint: AuditCheckpoint) -> str:
    """Store a checkpoint as an object of its own under object lock; return key and version.

    Credentials, region and endpoint come from the variables of boto3. Raises ``OSError`` when the store does
    not take the object or the bucket has no object lock.
    """
    key = f"checkpoints/{checkpoint.size:020}.txt"
    until = timezone.now() + timedelta(days=settings.AUDIT_ANCHOR_RETENTION_DAYS)
    try:
        answer = boto3.client("s3", config=_CONFIG).put_object(
            Bucket=settings.AUDIT_ANCHOR_BUCKET,
            Key=key,
            Body=checkpoint.note.encode(),
            ContentType="text/plain; charset=utf-8",
            ChecksumAlgorithm="SHA256",
            ObjectLockMode="COMPLIANCE",
            ObjectLockRetainUntilDate=until,
        )
    except (BotoCoreError, ClientError) as error:
        raise OSError(f"the object store did not take the checkpoint: {error}") from error
    return f"{key} version {answer.get('VersionId', 'none')}"
