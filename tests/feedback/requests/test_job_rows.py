"""Rows of a bulk job before reviewers: chosen, bounded, sent once, and their decisions in the file."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import AuditEvent, Role, User
from feedback.models import ReviewItem, ReviewRequest
from feedback.requests.job_rows import RowSelection, plan_sending, send_rows
from feedback.review.decisions import Reasons, submit_decision
from matching.jobs.result_rows import count_verdicts, iterate_rows
from matching.models import (
    BatchJob,
    JobReviewRow,
    PairPrecedent,
    Prediction,
    PredictionReview,
    VerdictChoice,
)
from tests.jobs import FILES, job_of, rows_of, worked_off
from tests.matters.cast import create_member, matter_of
from tests.models import guideline, installed
from tests.people import person, signed_in
from tests.reviews import claim_item

pytestmark = pytest.mark.django_db

ROWS = [
    ("Larkspur Holdings", "Larkspur Holdings, Inc."),
    ("Acme, Inc.", "ACME Incorporated"),
    ('=Quartz "Stone" Holdings', 'Quartz "Stone" Holdings, Inc.'),
    ("", "Nobody"),
    ("Zephyr Trading", "Zephyr Trading, Inc."),
]
REASON = "We need these before the filing."


@pytest.fixture(autouse=True)
def installation() -> None:
    """A live model that is never sure, and a guideline."""
    installed()
    guideline("1")


def build_finished_job(user: User, format_id: str = "csv") -> BatchJob:
    """A job whose rows are for review, identical, and one error."""
    return worked_off(job_of(user, FILES[format_id](ROWS), f"pairs.{format_id}", profile="kyc"))


@pytest.fixture
def job() -> BatchJob:
    """A finished job of a user."""
    return build_finished_job(person(Role.CLIENT))


def review_numbers(job: BatchJob) -> list[int]:
    return [row.number for row in iterate_rows(job, VerdictChoice.REVIEW)]


def address(job: BatchJob, what: str) -> str:
    return f"/api/v1/jobs/{job.pk}/{what}"


def decide(material: bool = True) -> None:
    """A decision of a reviewer on what is due, past the time to undo it."""
    reviewer = person(Role.REVIEWER)
    item = claim_item(reviewer)
    row = submit_decision(
        item, reviewer, material, Reasons("internal", "Two companies."), guideline_version="1"
    )
    PredictionReview.objects.filter(pk=row.prediction_id).update(
        released_at=row.created_at, decided_at=row.created_at
    )
    PairPrecedent.objects.update(active_from=person().created_at.replace(year=2020))


def test_the_plan_shows_what_sending_costs_and_changes_nothing(job: BatchJob) -> None:
    plan = signed_in(job.user).get(address(job, "review-requests")).json()
    numbers = review_numbers(job)
    assert len(numbers) == 3
    assert plan == {
        "review_rows": 3,
        "sent": 0,
        "chosen": 3,
        "budget_left": 500,
        "waiting_items": 0,
        "reviewer_minutes": None,
    }
    assert not Prediction.objects.exists()


def test_rows_are_sent_once_as_requests_of_the_owner(job: BatchJob) -> None:
    client, body = signed_in(job.user), {"reason": REASON, "priority": "urgent"}
    answer = client.post(address(job, "review-requests"), body)
    assert (answer.status_code, answer.json()) == (201, {"sent": 3, "answered": 0})
    again = client.post(address(job, "review-requests"), body)
    assert again.json() == {"sent": 0, "answered": 0}
    rows = JobReviewRow.objects.select_related("prediction")
    assert [row.number for row in rows] == review_numbers(job)
    assert [(row.prediction.name1, row.prediction.verdict, row.prediction.source) for row in rows] == [
        (ROWS[number - 1][0], "review", "job") for number in review_numbers(job)
    ]
    assert {(item.stream, item.priority) for item in ReviewItem.objects.all()} == {("request", 30)}
    assert {request.reason for request in ReviewRequest.objects.all()} == {REASON}
    assert all(review.requested_at for review in PredictionReview.objects.all())
    event = AuditEvent.objects.filter(action="job_rows.sent").order_by("id")[0]
    assert event.detail == {"rows": "all", "sent": 3, "answered": 0}


def test_a_sample_is_the_same_rows_each_time_and_grows(job: BatchJob) -> None:
    first = send_rows(job, job.user, RowSelection("sample", size=2), REASON)
    again = send_rows(job, job.user, RowSelection("sample", size=2), REASON)
    larger = send_rows(job, job.user, RowSelection("sample", size=9), REASON)
    assert [first.sent, again.sent, larger.sent] == [2, 0, 1]


def test_rows_of_a_high_priority_are_those_of_which_the_model_is_least_sure(job: BatchJob) -> None:
    priorities = sorted(row.priority for row in iterate_rows(job, VerdictChoice.REVIEW))
    least = priorities[-1]
    above = [number for number in priorities if number >= least]
    assert plan_sending(job, RowSelection("priority", at_least=least)).chosen == len(above)
    assert plan_sending(job, RowSelection("priority", at_least=0)).chosen == 3


def test_more_than_the_budget_of_a_day_is_refused(job: BatchJob, settings: Settings) -> None:
    settings.JOB_REVIEW_ROWS_PER_DAY = 2
    client = signed_in(job.user)
    refused = client.post(address(job, "review-requests"), {"reason": REASON})
    assert (refused.status_code, refused.json()["code"]) == (409, "rows_not_sent")
    assert not JobReviewRow.objects.exists()
    sample = {"reason": REASON, "rows": "sample", "size": 2}
    assert client.post(address(job, "review-requests"), sample).json()["sent"] == 2
    assert client.get(address(job, "review-requests")).json()["budget_left"] == 0


def test_a_settled_pair_is_answered_and_reaches_no_reviewer(job: BatchJob) -> None:
    send_rows(job, job.user, RowSelection(), REASON)
    decide()
    second = build_finished_job(job.user)
    result = send_rows(second, job.user, RowSelection(), REASON)
    assert (result.sent, result.answered) == (2, 1)
    (row,) = PredictionReview.objects.filter(decided_by="precedent")
    assert not ReviewItem.objects.filter(prediction=row.prediction_id).exists()


@pytest.mark.parametrize("format_id", FILES)
def test_the_file_comes_again_with_the_decisions(format_id: str) -> None:
    job = build_finished_job(person(Role.CLIENT), format_id)
    send_rows(job, job.user, RowSelection(), REASON)
    decide()
    client = signed_in(job.user)
    plain = rows_of(b"".join(client.get(address(job, "result"))), format_id)
    answer = client.get(address(job, "result"), {"reviews": "true"})
    assert "pairs-reviewed" in answer["Content-Disposition"]
    rows = rows_of(b"".join(answer), format_id)
    assert [{name: row[name] for name in plain[0]} for row in rows] == plain
    reviews = [(row["review_status"] or "", row["review_verdict"] or "") for row in rows]
    unread = ("", "") if format_id == "xlsx" else ("queued", "")  # a formula is no name
    assert sorted(reviews) == sorted(
        [("", ""), ("decided", "material"), ("not_needed", ""), unread, ("queued", "")]
    )
    (decided,) = (row for row in rows if row["review_status"] == "decided")
    assert decided["review_reason"] == "Two companies."
    assert str(decided["review_decided_at"]).startswith("20")


def test_rows_are_listed_with_their_reviews_by_verdict_status_and_page(job: BatchJob) -> None:
    client = signed_in(job.user)
    send_rows(job, job.user, RowSelection("sample", size=1), REASON)
    page = client.get(address(job, "rows"), {"limit": 2}).json()
    assert [row["number"] for row in page["results"]] == [1, 2]
    assert {name: page[name] for name in VerdictChoice.values} == count_verdicts(job)
    rest = client.get(address(job, "rows"), {"after": page["next"]}).json()
    assert ([row["number"] for row in rest["results"]], rest["next"]) == ([3, 4, 5], None)
    assert rest["results"][0]["name1"] == ROWS[2][0]
    assert rest["results"][1]["error"]
    assert rest["results"][1]["review"] is None
    queued = client.get(address(job, "rows"), {"review_status": "queued"}).json()["results"]
    assert [row["prediction"] for row in queued] == [str(Prediction.objects.get().pk)]
    waiting = client.get(address(job, "rows"), {"verdict": "review", "review_status": "available"}).json()
    assert len(waiting["results"]) == 2


def test_nobody_else_sees_or_sends_rows(job: BatchJob) -> None:
    stranger = signed_in(person(Role.CLIENT))
    answers: list[Any] = [
        stranger.get(address(job, "rows")),
        stranger.get(address(job, "review-requests")),
        stranger.post(address(job, "review-requests"), {"reason": REASON}),
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    browser = Client()
    browser.force_login(person(Role.LEAD))
    assert browser.get(reverse("job-review-page", args=[job.pk])).status_code == 404


def test_a_job_without_a_result_or_of_other_rules_sends_nothing(job: BatchJob) -> None:
    waiting = job_of(job.user, FILES["csv"](ROWS), profile="kyc")
    client = signed_in(job.user)
    assert client.get(address(waiting, "rows")).json()["code"] == "no_result"
    assert client.get(address(waiting, "review-requests")).json()["code"] == "no_rows_to_send"
    BatchJob.objects.filter(pk=job.pk).update(rules_version="earlier")
    refused = client.post(address(job, "review-requests"), {"reason": REASON})
    assert "start the job again" in refused.json()["detail"]


def test_the_predictions_outlive_the_job(job: BatchJob) -> None:
    send_rows(job, job.user, RowSelection(), REASON)
    assert signed_in(job.user).delete(f"/api/v1/jobs/{job.pk}").status_code == 204
    assert (JobReviewRow.objects.count(), Prediction.objects.count()) == (0, 3)


FORM = {"rows": "all", "size": "50", "at_least": "50", "reason": REASON, "priority": "normal"}


def open_browser(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def test_the_owner_sees_the_budget_then_sends_and_sees_what_reviewers_have(job: BatchJob) -> None:
    browser = open_browser(job.user)
    page, sending = reverse("job-page", args=[job.pk]), reverse("job-review-page", args=[job.pk])
    assert sending in browser.get(page).content.decode()
    assert "500 rows" in browser.get(sending).content.decode()
    assert "Send 3 rows to reviewers" in browser.post(sending, FORM).content.decode()
    assert not JobReviewRow.objects.exists()
    shown = browser.post(sending, {**FORM, "send": "1"}, follow=True).content.decode()
    assert "3 rows wait for reviewers." in shown
    assert describe_reviews(shown) == {
        "Rows that need a person": "3",
        "With reviewers": "3",
        "Decided": "0",
        "Not sent": "0",
    }
    assert sending not in shown
    decide()
    decided = browser.get(page).content.decode()
    assert (describe_reviews(decided)["With reviewers"], describe_reviews(decided)["Decided"]) == ("2", "1")
    only = browser.get(page, {"review_status": "decided"}).content.decode()
    assert only.count('role="rowheader"') == 1
    file = browser.get(reverse("job-result-page", args=[job.pk]), {"reviews": "1"})
    assert b"Two companies." in b"".join(file)


def describe_reviews(page: str) -> dict[str, str]:
    """The terms of the section on reviews, and the numbers beside them."""
    section = page.split('id="reviews"')[1].split("</section>", maxsplit=1)[0]
    return {
        term: re.sub(r"<[^>]*>", "", shown)
        for term, shown in re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", section)
    }


def test_the_page_says_which_field_is_wrong_and_sends_no_more_than_the_budget(
    job: BatchJob, settings: Settings
) -> None:
    settings.JOB_REVIEW_ROWS_PER_DAY = 2
    browser, sending = open_browser(job.user), reverse("job-review-page", args=[job.pk])
    wrong = browser.post(sending, {**FORM, "reason": " ", "size": "0", "send": "1"})
    assert wrong.status_code == 422
    assert "Say what reviewers should decide, and why." in wrong.content.decode()
    assert "Give a number of rows from 1 to 100,000." in wrong.content.decode()
    refused = browser.post(sending, {**FORM, "send": "1"})
    assert "More than is left for you today" in refused.content.decode()
    assert not JobReviewRow.objects.exists()
    sample = browser.post(sending, {**FORM, "rows": "sample", "size": "2", "send": "1"}, follow=True)
    assert describe_reviews(sample.content.decode())["Not sent"] == "1"


def test_members_of_the_matter_see_what_reviewers_have_and_cannot_send() -> None:
    owner, stranger = person(Role.CLIENT), person(Role.CLIENT)
    matter = matter_of(owner)
    member = create_member(matter, Role.CLIENT)
    job = worked_off(job_of(owner, FILES["csv"](ROWS), profile="kyc", matter=matter))
    page, sending = reverse("job-page", args=[job.pk]), reverse("job-review-page", args=[job.pk])
    assert send_rows(job, owner, RowSelection("sample", size=1), REASON).sent == 1
    shown = open_browser(member).get(page).content.decode()
    assert describe_reviews(shown)["With reviewers"] == "1"
    assert sending not in shown
    assert open_browser(member).post(sending, {**FORM, "send": "1"}).status_code == 404
    assert open_browser(stranger).get(page).status_code == 404
    assert open_browser(stranger).get(sending).status_code == 404
    assert JobReviewRow.objects.count() == 1
    assert set(Prediction.objects.values_list("matter", flat=True)) == {matter.pk}


def test_the_admin_shows_counts_and_rows_and_leads_to_the_same_page() -> None:
    lead = person(Role.LEAD)
    job, browser = build_finished_job(lead), open_browser(lead)
    page = reverse("admin:matching_batchjob_change", args=[job.pk])
    shown = browser.get(page, {"verdict": "review"}).content.decode()
    assert reverse("job-review-page", args=[job.pk]) in shown
    assert ROWS[0][1] in shown
    assert ROWS[1][1] not in shown
    send_rows(job, lead, RowSelection(), REASON)
    sent = browser.get(page).content.decode()
    assert "3 of 3 review rows sent" in sent
    assert "Waiting for a reviewer</a>" in sent
    file = browser.get(reverse("admin:matching_batchjob_download", args=[job.pk]), {"reviews": "1"})
    assert b"review_status" in b"".join(file)
