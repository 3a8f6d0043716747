"""Roll-ups: every prediction once, imports and gold items never, and repairable."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Role
from analytics import rollup, tasks
from analytics.models import DailyVolume, HourlyReview, HourlyVolume, RollUpProgress
from feedback.models import Feedback
from feedback.review.gold import KnownAnswer, add_gold_item
from matching.compare.request import CompareRequest
from matching.compare.service import compare_and_store, compare_batch
from matching.models import BatchJob, BulkCount, Prediction, PredictionSource
from tests.jobs import PAIRS, csv_file, job_of, worked_off
from tests.models import installed, stored_prediction
from tests.people import person

pytestmark = pytest.mark.django_db

NOW = timezone.now()
THIS_HOUR = rollup.floor_hour(NOW)
DAY = timedelta(days=1)


def decision(prediction: Prediction, material: bool | None, **columns: object) -> Feedback:
    """A reviewer's first decision, as the review pages would have stored it."""
    fields = {"reviewer": person(Role.REVIEWER), "source": "review", "stage": "first", **columns}
    return Feedback.objects.create(prediction=prediction, user_correction=material, **fields)


def count_hours(start: datetime, end: datetime) -> list[tuple[str, int]]:
    """What is rolled up of a period, by source."""
    rows = HourlyVolume.objects.filter(hour__gte=start, hour__lt=end).order_by("source", "id")
    return [(row.source, row.count) for row in rows]


def test_requests_pages_batches_and_files_count_and_imports_and_gold_items_do_not() -> None:
    installed()
    user, pair = person(Role.CLIENT), CompareRequest("Acme, Inc.", "ACME Incorporated")
    compare_and_store(user, pair)
    compare_and_store(user, pair, PredictionSource.PAGE)
    compare_and_store(user, pair, PredictionSource.IMPORT)
    compare_batch(user, [pair] * 3)
    worked_off(job_of(user, csv_file([*PAIRS, ("", "Acme")])))
    add_gold_item(person(Role.LEAD), "Acme Inc", "Acme LLC", "general", KnownAnswer(True, "Two forms."))
    tasks.roll_up_hours()
    begin = rollup.floor_hour(timezone.now()) - DAY
    assert count_hours(begin, timezone.now()) == [("api", 1), ("batch", 3), ("job", 4), ("page", 1)]
    assert rollup.verify(begin, timezone.now()) == []


def test_rows_of_a_file_still_count_when_its_job_is_deleted() -> None:
    installed()
    job = worked_off(job_of(person(Role.CLIENT), csv_file(PAIRS)))
    BatchJob.objects.filter(pk=job.pk).delete()
    row = BulkCount.objects.get()
    assert (row.immaterial + row.review + row.material, row.refused) == (4, 0)
    rollup.roll_up(THIS_HOUR - DAY, rollup.floor_hour(timezone.now()) + rollup.HOUR)
    assert sum(row.count for row in HourlyVolume.objects.all()) == 4


def test_rolling_up_twice_gives_the_same_rows() -> None:
    user = person()
    for at in (NOW, NOW, NOW - timedelta(hours=3)):
        stored_prediction(user=user, source="api", created_at=at)
    stored_prediction(user=user, source="api", verdict="review", created_at=NOW)
    for _ in range(2):
        rollup.roll_up(THIS_HOUR - DAY, THIS_HOUR + rollup.HOUR)
    newest, earlier = HourlyVolume.objects.order_by("-hour")
    assert (newest.immaterial, newest.review, newest.confidence_sum) == (2, 1, Decimal("1.98"))
    assert (earlier.hour, earlier.count) == (THIS_HOUR - timedelta(hours=3), 1)


def test_an_hour_belongs_to_the_day_of_utc() -> None:
    at = datetime(2026, 3, 29, 23, 59, 59, tzinfo=UTC)
    stored_prediction(created_at=at, source="api")
    stored_prediction(created_at=at + timedelta(seconds=1), source="api")
    rollup.roll_up(at.replace(hour=0, minute=0, second=0), rollup.floor_hour(at) + 2 * rollup.HOUR)
    hours = sorted(HourlyVolume.objects.values_list("hour", flat=True))
    assert hours == [datetime(2026, 3, 29, 23, tzinfo=UTC), datetime(2026, 3, 30, tzinfo=UTC)]


def test_decisions_count_overrides_and_what_was_wrongly_immaterial() -> None:
    immaterial = stored_prediction(source="api")
    decision(immaterial, True)
    decision(immaterial, False)
    decision(immaterial, None)
    unsure = stored_prediction(source="api", verdict="review", prediction=True)
    decision(unsure, True)
    decision(unsure, False)
    decision(immaterial, True, withdrawn_at=NOW)
    decision(immaterial, True, stream="gold")
    rollup.roll_up(THIS_HOUR - DAY, rollup.floor_hour(timezone.now()) + rollup.HOUR)
    rows = HourlyReview.objects.all()
    assert sum(row.decisions for row in rows) == 5
    assert sum(row.overrides for row in rows) == 2
    assert sum(row.caught for row in rows) == 1


def test_history_is_caught_up_and_then_only_the_newest_hours_are_counted() -> None:
    stored_prediction(created_at=NOW - timedelta(days=20), source="api")
    stored_prediction(created_at=NOW, source="api")
    assert rollup.roll_up_new_hours(NOW) >= 20 * 24
    assert HourlyVolume.objects.count() == 2
    assert RollUpProgress.objects.get().rolled_until == THIS_HOUR
    late = stored_prediction(created_at=NOW - rollup.HOUR, source="api")
    assert rollup.roll_up_new_hours(NOW) == 3
    assert HourlyVolume.objects.filter(hour=rollup.floor_hour(late.created_at)).exists()


def test_the_number_of_queries_does_not_grow_with_traffic() -> None:
    counts = []
    for size in (1, 12):
        for at in range(size):
            stored_prediction(created_at=NOW - timedelta(hours=at), source="api")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            rollup.roll_up(THIS_HOUR - DAY, THIS_HOUR + rollup.HOUR)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 15


def test_a_day_is_the_sum_of_its_hours_whichever_hour_is_counted_again() -> None:
    day, user = datetime(2026, 3, 29, tzinfo=UTC), person()
    for hour in (1, 1, 23):
        stored_prediction(user=user, source="api", created_at=day + timedelta(hours=hour))
    stored_prediction(source="page", created_at=day + timedelta(hours=24))
    rollup.roll_up(day, day + 2 * DAY)
    rollup.roll_up(day + timedelta(hours=23), day + DAY)
    assert [(row.day, row.source, row.count) for row in DailyVolume.objects.order_by("day")] == [
        (day.date(), "api", 3),
        ((day + DAY).date(), "page", 1),
    ]


def test_verify_finds_a_wrong_day_and_repair_ends_it() -> None:
    stored_prediction(created_at=NOW, source="api")
    rollup.roll_up(THIS_HOUR - DAY, THIS_HOUR + rollup.HOUR)
    DailyVolume.objects.update(material=7)
    [difference] = rollup.verify(THIS_HOUR, THIS_HOUR + rollup.HOUR)
    assert (difference.what, difference.in_rows, difference.in_rollup) == ("predictions of the day", 1, 8)
    assert rollup.repair(THIS_HOUR, THIS_HOUR + rollup.HOUR) == 1
    assert rollup.verify(THIS_HOUR, THIS_HOUR + rollup.HOUR) == []


def test_verify_finds_a_wrong_hour_and_repair_ends_it() -> None:
    stored_prediction(created_at=NOW, source="api")
    rollup.roll_up(THIS_HOUR - DAY, THIS_HOUR + rollup.HOUR)
    HourlyVolume.objects.update(immaterial=5)
    period = f"--from={(NOW - DAY):%Y-%m-%d}"
    out = StringIO()
    with pytest.raises(CommandError, match="2 differences"):
        call_command("rollup", period, "--verify", stdout=out)
    assert "1 in the rows, 5 rolled up" in out.getvalue()
    call_command("rollup", period, stdout=out)
    assert "2 hours or days differed and are repaired" in out.getvalue()
    call_command("rollup", period, "--verify", stdout=out)
    assert "every hour agrees with the rows" in out.getvalue()


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(CommandError, match="ends before it begins"):
        call_command("rollup", "--from=2026-02-01", "--to=2026-01-01")


def test_the_table_refuses_imports_and_an_hour_twice() -> None:
    row = stored_prediction(source="api")
    rollup.roll_up(THIS_HOUR - DAY, rollup.floor_hour(timezone.now()) + rollup.HOUR)
    stored = HourlyVolume.objects.get()
    stored.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        stored.save()
    stored.source = "import"
    with pytest.raises(IntegrityError), transaction.atomic():
        stored.save()
    assert row.source == "api"


def test_imports_stored_before_sources_were_are_marked() -> None:
    imported = stored_prediction()
    Feedback.objects.create(
        prediction=imported, user_correction=True, reviewer=imported.user, source="import"
    )
    gold = stored_prediction(stream="gold", selection_probability=1)
    other = stored_prediction()
    migration = import_module("analytics.migrations.0002_mark_imports")
    with connection.cursor() as cursor:
        cursor.execute(migration.MARK_GOLD)
        cursor.execute(migration.MARK_IMPORTS)
    sources = dict(Prediction.objects.values_list("pk", "source"))
    assert sources == {imported.pk: "import", gold.pk: "gold", other.pk: ""}
