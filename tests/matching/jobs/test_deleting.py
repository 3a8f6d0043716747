"""A job is deleted at any moment of its life."""

import threading
import time

import pytest
from django.db import connection, transaction

from matching.jobs import service, worker
from matching.models import BatchChunk, BatchJob
from tests.jobs import PAIRS, csv_file, job_of
from tests.people import person


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("champion")
def test_a_job_is_deleted_while_its_file_is_split() -> None:
    user = person()
    job = job_of(user, csv_file(PAIRS))
    has_chunks = threading.Event()

    def split() -> None:
        try:
            with transaction.atomic():
                worker.split_job_file(job.pk)
                has_chunks.set()
                time.sleep(0.5)  # the other connection deletes meanwhile
        finally:
            connection.close()

    splitting = threading.Thread(target=split)
    splitting.start()
    assert has_chunks.wait(30)
    service.delete(job, user)
    splitting.join()
    assert not BatchJob.objects.exists()
    assert not BatchChunk.objects.exists()
