"""What waits: who sees which items in the list, by which filters, what is counted, and what stays hidden."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import admin_tools
from accounts.models import Role, User
from feedback.admin.items import ReviewItemAdmin
from feedback.models import Feedback, ItemEvent, Precedent, ReviewItem, ReviewStage
from feedback.requests.service import request_review
from feedback.review import queue
from feedback.review.waiting import (
    build_available_condition,
    count_overdue,
    select_waiting,
    tabulate_waiting,
)
from matching.compare import sampling
from matching.models import Prediction
from tests.matters.cast import create_member, matter_of
from tests.models import create_item, guideline, stored_prediction
from tests.people import person

pytestmark = pytest.mark.django_db

LIST = "admin:feedback_reviewitem_changelist"
HINTS = (
    "Random audit",
    "Verdict: review",
    "Client objection",
    "Second review",
    "First review",
    "Adjudication",
)


@pytest.fixture(autouse=True)
def no_gold() -> None:
    sampling.cache_policy(sampling.SamplingPolicy(audit=0, second=0, gold=0, uncertain=1), 3600)


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def create_due_item(prediction: Prediction | None = None, **columns: Any) -> ReviewItem:
    now = timezone.now()
    times = {"not_before": now - timedelta(hours=1), "due_at": now + timedelta(days=1)}
    return create_item(prediction, **times | columns)


def decide(item: ReviewItem, reviewer: User) -> None:
    Feedback.objects.create(
        prediction=item.prediction, item=item, reviewer=reviewer, user_correction=True, source="review"
    )


def list_items(user: User, **query: str) -> list[ReviewItem]:
    """The items on the page of a user."""
    return list(browser(user).get(reverse(LIST), query).context["cl"].result_list)


def fill_queue(user: User) -> dict[str, ReviewItem]:
    """One item of each sort, seen from a user."""
    now, other = timezone.now(), person(Role.REVIEWER)
    held: dict[str, Any] = {"state": "claimed", "claimed_until": now + timedelta(minutes=5)}
    items = {
        "free": create_due_item(),
        "own": create_due_item(assigned_to=user),
        "expired": create_due_item(
            state="claimed", claimed_by=other, claimed_until=now - timedelta(minutes=1)
        ),
        "others": create_due_item(assigned_to=other),
        "held": create_due_item(claimed_by=other, **held),
        "held by me": create_due_item(claimed_by=user, **held),
        "lead": create_due_item(for_lead=True),
        "postponed": create_due_item(assigned_to=user, not_before=now + timedelta(hours=1)),
        "parked": create_due_item(state="parked", assigned_to=other),
        "passed": create_due_item(),
        "walled": create_due_item(stored_prediction(matter=matter_of(person()))),
        "second": create_due_item(stage="second"),
        "asked": create_due_item(),
    }
    ItemEvent.objects.create(item=items["passed"], actor=user, kind="skipped")
    first = {"prediction": items["second"].prediction, "reviewer": user, "source": "review"}
    Feedback.objects.create(**first, user_correction=True)
    request_review(items["asked"].prediction, user, "x")
    return items


@pytest.mark.parametrize(
    ("role", "names"),
    [(Role.REVIEWER, {"free", "own", "expired"}), (Role.LEAD, {"free", "own", "expired", "lead"})],
)
def test_what_counts_as_available_is_exactly_what_the_queue_gives(role: str, names: set[str]) -> None:
    user = person(role)
    items = fill_queue(user)
    available = set(ReviewItem.objects.filter(build_available_condition(user, timezone.now())))
    given = set()
    while item := ReviewItem.objects.claim(user, timezone.now(), role == Role.LEAD):
        given.add(item)
    assert available == given == {items[name] for name in names}


def test_a_reviewer_lists_what_the_queue_may_give_them_and_what_is_theirs() -> None:
    user = person(Role.REVIEWER)
    items = fill_queue(user)
    decide(items["others"], user)
    seen = {name for name, item in items.items() if item in list_items(user)}
    assert seen == {"free", "own", "expired", "held by me", "postponed", "others"}
    free = {name for name, item in items.items() if item in list_items(user, status="free")}
    assert free == {"free", "own", "expired"}
    page = reverse("admin:feedback_reviewitem_change", args=[items["second"].pk])
    assert browser(user).get(page).status_code == 302


def test_the_list_and_the_page_of_an_item_tell_a_reviewer_nothing_of_the_answer() -> None:
    user, now = person(Role.REVIEWER), timezone.now()
    first = create_due_item(stream="audit", priority=5, due_at=now + timedelta(days=9))
    second = create_due_item(stage="second", stream="appeal", priority=30, due_at=now - timedelta(days=1))
    decide(second, person(Role.REVIEWER))
    client = browser(user)
    for address in (
        reverse(LIST),
        *(reverse("admin:feedback_reviewitem_change", args=[row.pk]) for row in (first, second)),
    ):
        shown = client.get(address).content.decode()
        assert not [hint for hint in (*HINTS, "overdue", second.prediction.user.email) if hint in shown]
    assert list_items(user) == [first, second]
    assert list_items(user, late="yes", status="free") == []
    for choice in ("stream", "stage", "assigned", "stream__exact", "due_at__lt", "priority__gt"):
        assert client.get(reverse(LIST), {choice: "1"}).status_code == 400


def test_a_second_review_looks_like_a_first_one() -> None:
    rows = []
    for stage in (ReviewStage.FIRST, ReviewStage.SECOND):
        item = create_due_item(
            stored_prediction(), stage=stage, created_at=timezone.now() - timedelta(days=stage == "first")
        )
        Prediction.objects.filter(pk=item.prediction_id).update(created_at=timezone.now() - timedelta(days=2))
        page = browser(person(Role.REVIEWER)).get(reverse(LIST)).content.decode()
        row = page.split("field-display_status")[1].split("</tr>")[0]
        rows.append(row.replace(str(item.pk), ""))
        item.delete()
    assert rows[0] == rows[1]


def test_a_lead_filters_by_status_due_time_age_profile_stream_stage_and_person() -> None:
    lead, now = person(Role.LEAD), timezone.now()
    items = fill_queue(lead)
    kyc = create_due_item(
        stored_prediction(profile="kyc"), stream="audit", created_at=now - timedelta(days=5)
    )
    late = create_due_item(due_at=now - timedelta(hours=1), stage="second")
    ReviewItem.objects.exclude(pk=late.pk).update(due_at=now + timedelta(days=1))
    done = create_due_item(state="done", done_at=now + timedelta(hours=1))
    assert items["walled"] not in list_items(lead)
    assert set(list_items(lead, status="done")) == {done}
    assert set(list_items(lead, status="parked")) == {items["parked"]}
    assert set(list_items(lead, status="postponed")) == {items["postponed"]}
    assert set(list_items(lead, status="lead")) == {items["lead"]}
    assert set(list_items(lead, status="claimed")) == {items["held"], items["held by me"]}
    assert set(list_items(lead, late="yes")) == {late}
    assert set(list_items(lead, age="week")) == set(list_items(lead, profile="kyc")) == {kyc}
    assert set(list_items(lead, stream="audit", status="waiting")) == {kyc}
    assert set(list_items(lead, stage="second")) == {late, items["second"]}
    assert items["own"] in list_items(lead, assigned=str(lead.pk))
    assert items["own"] not in list_items(lead, assigned="nobody")


def test_only_members_see_filter_and_find_the_items_of_a_matter() -> None:
    matter = matter_of(person(), "0042", "ZENITH")
    inside, outside = create_due_item(stored_prediction(matter=matter)), create_due_item()
    for role in (Role.REVIEWER, Role.LEAD):
        member, stranger = create_member(matter, role), person(role)
        assert set(list_items(member)) == {inside, outside}
        assert list_items(member, matter=str(matter.pk)) == list_items(member, q="zenith/0042") == [inside]
        assert list_items(member, matter="none") == [outside]
        assert list_items(stranger) == [outside]
        assert list_items(stranger, q="zenith/0042") == []
        assert list_items(stranger, matter=str(matter.pk)) == [outside]
    guest = person(Role.REVIEWER)
    ReviewItem.objects.filter(pk=inside.pk).update(assigned_to=guest)
    page = browser(guest).get(reverse(LIST)).content.decode()
    assert "a matter of others" in page
    assert "ZENITH" not in page


def test_items_are_found_by_id_number_and_the_two_names_in_either_order() -> None:
    user = person(Role.REVIEWER)
    found, _other = (
        create_due_item(stored_prediction("Larkspur Kiln", "Larkspur Kiln Ltd")),
        create_due_item(),
    )
    prediction = found.prediction
    for text in (str(prediction.pk), str(found.pk), prediction.short_number):
        assert list_items(user, q=text) == [found]
    assert list_items(user, q="nothing") == []
    client = browser(user)
    for names in (("Larkspur Kiln", "Larkspur Kiln Ltd"), ("Larkspur Kiln Ltd", "Larkspur Kiln")):
        form = dict(zip(("name1", "name2"), names, strict=True))
        answer = client.post(reverse("admin:feedback_reviewitem_find_pair"), form)
        assert "Larkspur" not in answer["Location"]
        assert list(client.get(answer["Location"]).context["cl"].result_list) == [found]


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.LEAD])
def test_each_count_is_the_length_of_the_list_it_links_to(role: str) -> None:
    user, now = person(role), timezone.now()
    fill_queue(user)
    for days in (2, 3):
        old = create_due_item(
            stored_prediction(profile="kyc", created_at=now - timedelta(days=days)),
            created_at=now - timedelta(days=days),
            due_at=now - timedelta(days=1),
        )
    create_due_item(old.prediction, stream="gold", stage="second", assigned_to=person(Role.REVIEWER))
    tables = tabulate_waiting(user, now)
    assert len(tables) == (2 if role == Role.LEAD else 1)
    for table in tables:
        for row in table.rows:
            assert len(list_items(user, **dict(parse_qsl(urlsplit(row.href).query)))) == row.waiting
            assert len(list_items(user, **dict(parse_qsl(urlsplit(row.late_href).query)))) == row.late
    kyc = next(row for row in tables[0].rows if row.label == "kyc")
    assert (kyc.waiting, kyc.late, kyc.oldest) == (2, 2, "3\xa0days")


def test_the_queue_page_shows_what_waits_and_hides_how_many_are_overdue_of_a_few() -> None:
    user, now = person(Role.REVIEWER), timezone.now()
    for number in range(5):
        assert count_overdue(user, tabulate_waiting(user, now)) == 0
        create_due_item(due_at=now - timedelta(hours=number + 1))
    assert count_overdue(user, tabulate_waiting(user, now)) == 5
    page = browser(user).get(reverse("admin:review-queue")).content.decode()
    assert "5 items are overdue" in page
    assert 'href="/admin/feedback/reviewitem/?status=free&amp;profile=general"' in page
    assert "Random audit" not in page


def test_own_items_and_decisions_are_named_by_the_two_names() -> None:
    user = person(Role.REVIEWER)
    for number in range(3):
        item = create_due_item(
            stored_prediction(f"Larkspur {number}", "Kiln"), state="parked", assigned_to=user
        )
        decide(item, user)
    page = browser(user).get(reverse("admin:review-queue")).content.decode()
    assert page.count("<bdi>Larkspur 1</bdi> / <bdi>Kiln</bdi>") == 2
    assert queue.claim_next_item(user) is None


def test_lists_of_the_admin_link_by_what_a_row_is() -> None:
    prediction = stored_prediction()
    item = create_due_item(prediction)
    request_review(prediction, prediction.user, "x")
    decide(item, person(Role.REVIEWER))
    client = browser(person(Role.LEAD))
    for table in (
        "feedback_reviewitem",
        "feedback_feedback",
        "feedback_reviewrequest",
        "matching_prediction",
    ):
        page = client.get(reverse(f"admin:{table}_changelist")).content.decode()
        assert f"general · organisation · asked {item.prediction.created_at.day} " in page
        assert prediction.pk.hex[-8:] in page


def test_lists_of_requests_decisions_and_precedents_cost_the_same_for_few_and_for_many() -> None:
    client, clause, counts = browser(person(Role.LEAD)), guideline("1").clauses.get(), []
    lists = [
        reverse(f"admin:{table}_changelist")
        for table in ("feedback_reviewrequest", "feedback_feedback", "feedback_precedent")
    ]
    for number in (2, 4):
        for _ in range(number):
            item = create_due_item()
            request_review(item.prediction, item.prediction.user, "x")
            decide(item, person(Role.REVIEWER))
            fields = {"prediction": item.prediction, "clause": clause}
            Precedent.objects.create(
                adjudication=Feedback.objects.latest("id"), kind="organisation", **fields
            )
        found = []
        for address in lists:
            client.get(address)
            with CaptureQueriesContext(connection) as captured:
                assert client.get(address).content.decode().count("general · organisation") >= number
            found.append(len(captured))
        counts.append(found)
    assert counts[0] == counts[1]


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.LEAD])
def test_a_hundred_items_cost_as_many_queries_as_five(role: str) -> None:
    client, counts, author = browser(person(role)), [], person()
    matter = matter_of(author)
    for number in (5, 95):
        for turn in range(number):
            place = matter if turn % 2 else None
            create_due_item(
                stored_prediction(user=author, matter=place), assigned_to=person() if turn == 1 else None
            )
        client.get(reverse(LIST))
        found = []
        for address in (reverse(LIST), reverse("admin:review-queue")):
            with CaptureQueriesContext(connection) as captured:
                assert client.get(address).status_code == 200
            found.append(len(captured))
        counts.append(found)
    assert counts[0] == counts[1]


def test_a_search_costs_as_many_queries_for_every_word_and_every_number_of_items() -> None:
    user, counts = person(Role.REVIEWER), set()
    client, items = browser(user), [create_due_item()]
    client.get(reverse(LIST))
    for more in (0, 10):
        items += [create_due_item() for _ in range(more)]
        prediction = items[0].prediction
        for text in (prediction.short_number, str(prediction.pk), prediction.pair_digest, "C1/M1 C2"):
            with CaptureQueriesContext(connection) as captured:
                assert client.get(reverse(LIST), {"q": text}).status_code == 200
            counts.add(len(captured))
    assert counts == {7}


def test_a_short_number_is_found_by_its_index_and_the_wall_is_read_once() -> None:
    item = create_due_item()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    numbered = ReviewItem.objects.with_short_number(item.prediction.short_number).order_by()
    assert list(numbered) == [item]
    assert "review_items_short_number" in numbered.explain()
    waiting = select_waiting(person(Role.LEAD), timezone.now())
    assert list(waiting) == [item]
    assert "InitPlan" in waiting.explain()
    assert "SubPlan" not in waiting.explain()  # which would be planned, and paid, for each row


def test_a_long_list_counts_some_rows_beyond_the_page_and_says_that_there_are_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ReviewItemAdmin, "list_per_page", 2)
    monkeypatch.setattr(admin_tools, "_ROWS_AHEAD", 3)
    for _ in range(7):
        create_due_item()
    client = browser(person(Role.LEAD))
    shown = {page: client.get(reverse(LIST), {"p": page}) for page in ("1", "2", "3", "none")}
    assert [answer.context["cl"].paginator.shown_count for answer in shown.values()] == [
        "5+",
        "7+",
        "7",
        "5+",
    ]
    assert "5+" in shown["1"].content.decode()
    assert len(shown["3"].context["cl"].result_list) == 2
