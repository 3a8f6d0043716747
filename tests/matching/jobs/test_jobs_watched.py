"""Answers in files are watched like single ones: as numbers, once, and apart."""

import json
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from feedback.monitoring import performance
from matching import engine
from matching.compare.request import CompareRequest
from matching.compare.service import compare_and_store
from matching.jobs import worker
from matching.jobs.monitoring_sample import MAX_SAMPLE_SIZE
from matching.models import BatchChunk, BulkSample, Prediction
from matching.monitoring import hourly_counts
from matching.monitoring.feature_snapshot import FeatureSnapshot, snapshot_comparison
from matching.monitoring.hourly_counts import count_hour
from matching.serving.live_models import get_model_loader
from modelops.models import Alert, Deployment, DriftReport, HourlyCount, Reference
from tests.jobs import PAIRS, csv_file, job_of, worked_off
from tests.people import person

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
THIS_HOUR = timezone.now().replace(minute=0, second=0, microsecond=0)
CYRILLIC = [(f"Ксилофония {at} GmbH", f"Xylophonia {at} GmbH") for at in range(2_500)]
"""Nothing like it is in the corpus: the script and the unknown words have moved."""


def left_at(moment: datetime) -> int:
    """Move what files left into an hour, and say how many answers that are."""
    BulkSample.objects.filter(at__gte=THIS_HOUR).update(at=moment)
    return sum(len(row.snapshots) for row in BulkSample.objects.filter(at=moment))


@pytest.mark.usefixtures("champion")
def test_a_small_file_leaves_every_answer_as_a_single_question_would_and_no_name() -> None:
    broken = [*PAIRS, ("", "Acme")]
    worked_off(job_of(person(), csv_file(broken), profile="kyc"))
    scorer = get_model_loader().get_live_models().get_champion("kyc").scorer
    alone = {snapshot_comparison(engine.compare(*pair, "kyc", scorer=scorer)).features for pair in PAIRS}
    left = list(BulkSample.objects.order_by("kind"))
    assert [(row.profile, row.kind, len(row.snapshots)) for row in left] == [
        ("kyc", "individual", 1),
        ("kyc", "organisation", 3),
    ]
    snapshots = [FeatureSnapshot.from_json(answer) for row in left for answer in row.snapshots]
    assert {answer.features for answer in snapshots} == alone
    stored_text = json.dumps([row.snapshots for row in left]).lower()
    assert not any(
        word in stored_text
        for pair in PAIRS
        for name in pair
        for word in name.lower().split(" ")
        if len(word) > 5
    )


@pytest.mark.usefixtures("champion")
def test_a_large_piece_leaves_a_sample_and_a_piece_worked_twice_leaves_it_once() -> None:
    job = job_of(person(), csv_file(CYRILLIC))
    worker.split_job_file(job.pk)
    first = BatchChunk.objects.claim_next(engine.RULES_VERSION)
    assert first is not None
    for _ in range(2):
        held = BatchChunk.objects.find_unfinished(first)
        if held:
            worker.compare_chunk(held)
    assert left_at(THIS_HOUR - HOUR) == MAX_SAMPLE_SIZE
    worked_off(job)
    assert left_at(THIS_HOUR - HOUR) == 2 * MAX_SAMPLE_SIZE


@pytest.mark.usefixtures("champion")
def test_a_piece_whose_transaction_is_lost_leaves_nothing() -> None:
    job = job_of(person(), csv_file(PAIRS))
    worker.split_job_file(job.pk)
    chunk_id = BatchChunk.objects.claim_next(engine.RULES_VERSION)
    assert chunk_id is not None
    with transaction.atomic():
        held = BatchChunk.objects.find_unfinished(chunk_id)
        assert held is not None
        worker.compare_chunk(held)
        assert BulkSample.objects.exists()
        transaction.set_rollback(True)
    assert not BulkSample.objects.exists()
    BatchChunk.objects.release(chunk_id)
    worked_off(job)
    assert left_at(THIS_HOUR - HOUR) == len(PAIRS)


def test_a_file_of_another_script_drifts_by_itself_and_leaves_single_questions_alone(
    champion: Deployment,
) -> None:
    user = person()
    for at in range(3):
        compare_and_store(user, CompareRequest(f"Acme Widgets {at} Inc", f"Acme Wigets {at} Inc"))
    for hours in (2, 1):
        worked_off(job_of(user, csv_file(CYRILLIC), kind="organisation"))
        hour = THIS_HOUR - hours * HOUR
        assert left_at(hour + HOUR / 2) == 200
        performance.monitor_hour(hour)
    reports = list(DriftReport.objects.order_by("end"))
    assert [(row.source, row.n, row.drifted) for row in reports] == [
        ("bulk", 200, False),
        ("bulk", 200, True),
    ]
    assert "script" in reports[1].persistent_figures
    assert "of 200 sampled rows of files" in reports[1].summary
    scope = f"{champion.model.version}, general, organisation, bulk files"
    assert [alert.scope for alert in Alert.objects.filter(rule="drift").exclude(state="ok")] == [scope]
    Prediction.objects.update(created_at=THIS_HOUR + HOUR / 2)
    performance.monitor_hour(THIS_HOUR)
    assert dict(HourlyCount.objects.values_list("source", "n").filter(hour=THIS_HOUR)) == {"single": 3}
    assert Reference.objects.values_list("source", flat=True).distinct().get() == "single"


@pytest.mark.usefixtures("champion")
def test_an_hour_counted_in_portions_is_the_hour_counted_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    worked_off(job_of(person(), csv_file(PAIRS * 30)))
    left_at(THIS_HOUR)
    whole = {row.kind: (row.n, row.counts) for row in count_hour(THIS_HOUR)}
    monkeypatch.setattr(hourly_counts, "BATCH_SIZE", 7)
    assert {row.kind: (row.n, row.counts) for row in count_hour(THIS_HOUR)} == whole
    assert HourlyCount.objects.count() == 2


@pytest.mark.usefixtures("champion")
def test_what_files_left_is_deleted_when_it_was_counted_long_ago() -> None:
    worked_off(job_of(person(), csv_file(PAIRS)))
    performance.monitor_day(THIS_HOUR + timedelta(days=1))
    assert BulkSample.objects.count() == 2
    performance.monitor_day(THIS_HOUR + timedelta(days=3))
    assert not BulkSample.objects.exists()
