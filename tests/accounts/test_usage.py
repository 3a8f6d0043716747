"""Usage by key and day: counted with the limits, stored exactly once, bounded by monthly quotas."""

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

from accounts.auth.users import issue_api_key
from accounts.models import ApiKey, ApiUsage, AuditEvent, Role, User
from accounts.redis_client import call_redis
from accounts.usage.counters import Quota, name_day, name_quota
from accounts.usage.quotas import set_monthly_quota
from accounts.usage.report import list_usage
from accounts.usage.storing import store_usage
from matching.models import BatchJob
from tests.jobs import PAIRS, csv_file
from tests.models import installed
from tests.people import person, signed_in

pytestmark = pytest.mark.django_db

PAIR = {"name1": "Granite Ridge Paving, LLC", "name2": "Granite Ridge, LLC"}


@pytest.fixture(autouse=True)
def live_model() -> None:
    """An installation with a live model, and nothing counted before."""
    installed()
    call_redis(lambda client: client.delete(name_day(timezone.now().date())))


@pytest.fixture
def user() -> User:
    return person(Role.CLIENT)


def machine(user: User, name: str = "intake") -> tuple[APIClient, ApiKey]:
    key, token = issue_api_key(user, name, None)
    return APIClient(headers={"Authorization": f"Api-Key {token}"}), key


def totals(user: User) -> dict[str, tuple[int, int, int]]:
    today = timezone.now().date()
    rows = list_usage(user, today - timedelta(days=40), today)
    return {row.key.name if row.key else "": (row.requests, row.pairs, row.refused) for row in rows}


def test_requests_pairs_and_refusals_are_counted_by_key(user: User, settings: Settings) -> None:
    (intake, _), (batch, _) = machine(user), machine(user, "batch")
    intake.post("/api/v1/compare", PAIR)
    intake.get("/api/v1/predictions")
    batch.post("/api/v1/compare/batch", {"pairs": [PAIR] * 3})
    settings.API_RATE = "1/day"
    other, _ = machine(user, "slow")
    assert [other.post("/api/v1/compare", PAIR).status_code for _ in range(3)] == [201, 429, 429]
    store_usage(timezone.now())
    assert totals(user) == {"intake": (2, 1, 0), "batch": (1, 3, 0), "slow": (3, 1, 2)}


def test_access_tokens_are_counted_apart_from_keys(user: User) -> None:
    signed_in(user).post("/api/v1/compare/batch", {"pairs": [PAIR] * 2})
    machine(user)[0].post("/api/v1/compare", PAIR)
    machine(person(Role.CLIENT), "other")[0].post("/api/v1/compare", PAIR)
    assert store_usage(timezone.now()) == 3
    assert totals(user) == {"": (1, 2, 0), "intake": (1, 1, 0)}


def test_counts_that_are_stored_again_or_after_a_crash_stay_the_same(user: User) -> None:
    client, _ = machine(user)
    client.post("/api/v1/compare", PAIR)
    with transaction.atomic():  # as killed before the commit
        store_usage(timezone.now())
        transaction.set_rollback(True)
    assert totals(user) == {}
    for _ in range(3):
        store_usage(timezone.now())
    assert totals(user) == {"intake": (1, 1, 0)}
    client.post("/api/v1/compare", PAIR)
    store_usage(timezone.now())
    assert totals(user) == {"intake": (2, 2, 0)}


@pytest.mark.django_db(transaction=True)
def test_workers_that_store_at_once_add_nothing_twice(user: User) -> None:
    client, _ = machine(user)
    client.post("/api/v1/compare/batch", {"pairs": [PAIR] * 5})

    def store(_: int) -> int:
        try:
            return store_usage(timezone.now())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=4) as workers:
        list(workers.map(store, range(8)))
    assert totals(user) == {"intake": (1, 5, 0)}


def test_a_store_that_lost_its_memory_goes_on_beside_what_is_stored(user: User) -> None:
    client, _ = machine(user)
    client.post("/api/v1/compare/batch", {"pairs": [PAIR] * 5})
    store_usage(timezone.now())
    call_redis(lambda store: store.delete(name_day(timezone.now().date())))
    client.post("/api/v1/compare", PAIR)
    store_usage(timezone.now())
    assert totals(user) == {"intake": (2, 6, 0)}
    assert ApiUsage.objects.count() == 2


def test_a_key_at_its_quota_is_refused_until_the_month_ends(user: User) -> None:
    client, key = machine(user)
    set_monthly_quota(key, 4, person(Role.ADMINISTRATOR), "trial")
    first = client.post("/api/v1/compare/batch", {"pairs": [PAIR] * 3})
    assert first.status_code == 201
    assert '"key-month";q=4;' in first["RateLimit-Policy"]
    assert '"key-month";r=1;' in first["RateLimit"]
    refused = client.post("/api/v1/compare/batch", {"pairs": [PAIR] * 2})
    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (429, "quota_exceeded")
    assert problem["type"].endswith("#quota-exceeded")
    assert problem["violated-policies"] == ["key-month"]
    resets_at = datetime.fromisoformat(problem["resets_at"])
    assert resets_at.day == 1
    assert 0 < (resets_at - timezone.now()).days + 1 <= 31
    assert abs(int(refused["Retry-After"]) - (resets_at - timezone.now()).total_seconds()) < 60
    assert "1 are left" in problem["detail"]
    assert client.post("/api/v1/compare", PAIR).status_code == 201
    assert client.post("/api/v1/compare", PAIR).status_code == 429
    assert client.get("/api/v1/predictions").status_code == 200
    store_usage(timezone.now())
    assert totals(user)["intake"][1:] == (4, 2)


def test_the_quota_of_an_account_counts_all_of_its_keys(user: User) -> None:
    (one, _), (other, _) = machine(user), machine(user, "batch")
    set_monthly_quota(user, 2, person(Role.ADMINISTRATOR), "trial")
    assert [client.post("/api/v1/compare", PAIR).status_code for client in (one, other, one)] == [
        201,
        201,
        429,
    ]


def test_a_quota_counts_what_was_sent_before_it_was_set_and_survives_a_lost_store(user: User) -> None:
    client, key = machine(user)
    client.post("/api/v1/compare/batch", {"pairs": [PAIR] * 3})
    set_monthly_quota(key, 4, person(Role.ADMINISTRATOR), "trial")
    assert client.post("/api/v1/compare", PAIR).status_code == 201
    store_usage(timezone.now())
    now, quota = timezone.now(), Quota("key", key.pk, 4)
    call_redis(lambda store: store.delete(name_day(now.date()), name_quota(quota, now)))
    assert client.post("/api/v1/compare", PAIR).status_code == 429
    set_monthly_quota(key, None, person(Role.ADMINISTRATOR), "ended")
    assert client.post("/api/v1/compare", PAIR).status_code == 201
    events = AuditEvent.objects.filter(action="quota.changed").order_by("id")
    assert [(event.detail["before"], event.detail["after"]) for event in events] == [(None, 4), (4, None)]


def test_the_api_and_the_file_show_usage_by_day_and_key_with_quotas(user: User) -> None:
    client, key = machine(user, "=intake")
    set_monthly_quota(key, 10, person(Role.ADMINISTRATOR), "trial")
    client.post("/api/v1/compare", PAIR)
    store_usage(timezone.now())
    answer = client.get("/api/v1/usage").json()
    (row,) = answer["results"]
    assert (row["key"]["prefix"], row["requests"], row["pairs"]) == (key.prefix, 1, 1)
    (quota,) = answer["quotas"]
    assert (quota["of"], quota["limit"], quota["used"], quota["remaining"]) == ("key", 10, 1, 9)
    file = client.get("/api/v1/usage", {"file": "csv"})
    assert file["Content-Type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(file.content.decode())))
    assert rows[0] == ["day", "key", "name", "requests", "pairs", "refused"]
    assert rows[1][1:] == [key.prefix, "'=intake", "1", "1", "0"]
    wrong = client.get("/api/v1/usage", {"first": "2020-01-01"})
    assert wrong.status_code == 400
    assert "at most 400 days" in wrong.json()["errors"][0]["message"]


def test_nobody_sees_the_usage_of_somebody_else(user: User) -> None:
    machine(user)[0].post("/api/v1/compare", PAIR)
    store_usage(timezone.now())
    stranger, _ = machine(person(Role.CLIENT))
    assert all(
        row["key"]["name"] != "intake" or row["pairs"] == 0
        for row in stranger.get("/api/v1/usage").json()["results"]
    )
    assert totals(user) == {"intake": (1, 1, 0)}


def test_the_page_shows_a_month_and_its_file(
    user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client, key = machine(user)
    set_monthly_quota(key, 10, person(Role.ADMINISTRATOR), "trial")
    client.post("/api/v1/compare/batch", {"pairs": [PAIR] * 8})
    store_usage(timezone.now())
    browser = Client()
    browser.force_login(user)
    page = browser.get("/keys/usage").content.decode()
    assert "8 of 10 pairs (80 %)" in page
    assert "1 requests with 8 pairs" in page
    month = timezone.now().astimezone(UTC).strftime("%Y-%m")
    assert browser.get(f"/keys/usage/{month}.csv")["Content-Type"].startswith("text/csv")
    assert browser.get("/keys/usage/2026-13.csv").status_code == 404
    with django_assert_num_queries(8):
        browser.get("/keys/usage")
    assert "1</span>" in browser.get("/keys").content.decode()


def test_an_administrator_sets_a_quota_with_a_reason(user: User) -> None:
    _, key = machine(user)
    browser = Client()
    browser.force_login(person(Role.ADMINISTRATOR))
    address = f"/admin/accounts/apikey/{key.pk}/set_quota"
    page = browser.get(address, follow=True)
    assert "Pairs this month" in page.content.decode()
    browser.post(page.request["PATH_INFO"], {"pairs": "500", "reason": "contract"})
    key.refresh_from_db()
    assert key.monthly_pairs == 500
    assert AuditEvent.objects.get(action="quota.changed").detail["reason"] == "contract"


def test_the_quota_of_an_account_bounds_its_pages_and_is_told_there(user: User) -> None:
    set_monthly_quota(user, 2, person(Role.ADMINISTRATOR), "trial")
    client, key = machine(user)
    assert client.post("/api/v1/compare", PAIR).status_code == 201
    browser, form = Client(), {**PAIR, "profile": "general", "kind": "auto"}
    browser.force_login(user)
    asked = browser.post("/", form)
    refused = browser.post("/", form)
    assert (asked.status_code, refused.status_code) == (302, 429)
    assert "The monthly quota of this account is 2 pairs; 0 are left" in refused.content.decode()
    assert PAIR["name1"] in refused.content.decode()
    assert int(refused.headers["Retry-After"]) > 60
    german = browser.post("/", form, headers={"Accept-Language": "de"}).content.decode()
    assert "Das monatliche Kontingent dieses Kontos" in german
    again = browser.post(f"{asked.headers['Location']}/again", follow=True).content.decode()
    assert "The monthly quota of this account" in again
    assert client.post("/api/v1/compare", PAIR).status_code == 429
    store_usage(timezone.now())
    assert totals(user) == {key.name: (2, 1, 1), "": (4, 1, 3)}


def test_rows_of_a_file_sent_on_a_page_count_against_the_quota_of_the_account(user: User) -> None:
    set_monthly_quota(user, 5, person(Role.ADMINISTRATOR), "trial")
    browser = Client()
    browser.force_login(user)
    choices = {"column1": "name1", "column2": "name2", "titles": "yes", "profile": "ucc", "kind": "auto"}
    statuses = []
    for _ in range(2):
        sent = browser.post("/jobs", {"file": SimpleUploadedFile("pairs.csv", csv_file(PAIRS))})
        answer = browser.post(sent.headers["Location"], choices)
        statuses.append(answer.status_code)
    assert statuses == [302, 422]
    assert "1 are left, which is less than this request sends" in answer.content.decode()
    assert BatchJob.objects.count() == 1
    store_usage(timezone.now())
    assert totals(user) == {"": (2, len(PAIRS), 1)}
    assert "pages and access tokens" in browser.get("/keys/usage").content.decode()


def test_the_quota_of_a_key_bounds_no_page(user: User) -> None:
    client, key = machine(user)
    set_monthly_quota(key, 1, person(Role.ADMINISTRATOR), "trial")
    assert [client.post("/api/v1/compare", PAIR).status_code for _ in range(2)] == [201, 429]
    browser = Client()
    browser.force_login(user)
    assert browser.post("/", {**PAIR, "profile": "general", "kind": "auto"}).status_code == 302
