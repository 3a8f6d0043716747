"""The pages that say how well review goes."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, User
from feedback.models import Feedback, GoldAnswer
from feedback.quality import impact, report
from matching.models import Prediction
from modelops.models import TrainingRun
from tests.models import installed, scoring_version, stored_prediction
from tests.people import person

pytestmark = pytest.mark.django_db


def said(prediction: Prediction, reviewer: User, material: bool | None, **columns: Any) -> Feedback:
    fields = {"source": "review", "stage": "first", "seconds": 10.0, "guideline_version": "1", **columns}
    return Feedback.objects.create(
        prediction=prediction, reviewer=reviewer, user_correction=material, **fields
    )


def doubled(first: User, second: User, answers: list[tuple[bool, bool]], **columns: Any) -> None:
    """Items that two people answered so."""
    for number, (first_answer, second_answer) in enumerate(answers):
        prediction = stored_prediction(f"Acme {number}", "Acme", differences=[{"category": "O06"}])
        said(prediction, first, first_answer, **columns)
        said(prediction, second, second_answer, stage="second", **columns)


def sample() -> report.BlindDecisionSample:
    return report.BlindDecisionSample(report.get_window_start())


def test_agreement_of_everybody_by_guideline_and_by_category() -> None:
    anna, ben = person(Role.REVIEWER), person(Role.REVIEWER)
    doubled(anna, ben, [(True, True)] * 12 + [(False, False)] * 4 + [(True, False)] * 4)
    doubled(anna, ben, [(False, False)] * 2, guideline_version="2")
    agreement = report.measure_all_reviewers(sample())
    assert agreement is not None
    assert (agreement.coefficients.n, round(agreement.coefficients.percent, 3)) == (22, 0.818)
    assert agreement.kappa_interval is not None
    assert [(row.name, row.coefficients.n) for row in report.measure_by_guideline(sample())] == [
        ("1", 20),
        ("2", 2),
    ]
    assert [row.name for row in report.measure_by_category(sample())] == ["O06 Diacritics / ligatures"]


def test_no_coefficient_is_stated_of_too_few_items() -> None:
    anna, ben, lead = person(Role.REVIEWER), person(Role.REVIEWER), person(Role.LEAD)
    doubled(anna, ben, [(True, True)] * 12 + [(True, False)] * 7)
    few = report.measure_all_reviewers(sample())
    assert few is not None
    assert (few.is_stated, few.kappa_interval) == (False, None)
    client = Client()
    client.force_login(lead)
    address, sentence = reverse("admin:review-quality-team"), "coefficients are stated from 20 on"
    assert sentence in client.get(address).content.decode()
    doubled(anna, ben, [(True, True)])
    assert sentence not in client.get(address).content.decode().partition("Under each version")[0]
    many = report.measure_all_reviewers(sample())
    assert many is not None
    assert many.is_stated


def test_revisions_and_words_taken_back_do_not_count() -> None:
    anna, ben = person(Role.REVIEWER), person(Role.REVIEWER)
    prediction = stored_prediction()
    first = said(prediction, anna, True)
    said(prediction, anna, False, revises=first, prediction_shown=True)
    said(prediction, ben, True, stage="second", withdrawn_at=timezone.now())
    assert report.measure_all_reviewers(sample()) is None
    said(prediction, ben, True, stage="second")
    agreement = report.measure_all_reviewers(sample())
    assert agreement is not None
    assert (agreement.coefficients.n, agreement.coefficients.percent) == (1, 1.0)


def test_gold_accuracy_is_each_reviewers_own() -> None:
    anna = person(Role.REVIEWER)
    for number, (truth, answer) in enumerate([(True, True), (True, False), (False, False)]):
        prediction = stored_prediction(f"Gold {number}", stream="gold", selection_probability=1.0)
        GoldAnswer.objects.create(prediction=prediction, material=truth)
        said(prediction, anna, answer, stream="gold")
    share = sample().measure_gold_accuracy()[anna.pk]
    assert (share.hits, share.n) == (2, 3)
    assert share.bounds == pytest.approx((0.2077, 0.9385), abs=5e-4)


def test_a_clear_fall_of_agreement_is_marked() -> None:
    anna, ben = person(Role.REVIEWER), person(Role.REVIEWER)
    old = timezone.now() - timedelta(days=60)
    doubled(anna, ben, [(True, True)] * 20, created_at=old)
    doubled(anna, ben, [(True, False)] * 15 + [(True, True)] * 5)
    drop = report.detect_agreement_drop(sample(), timezone.now())
    assert drop is not None
    assert (drop[0].coefficients.percent, drop[1].coefficients.percent, drop[2]) == (0.25, 1.0, True)


def test_overrides_are_counted_by_rule() -> None:
    anna = person(Role.REVIEWER)
    for number, answer in enumerate([True, True, False]):
        row = stored_prediction(f"A {number}", "A", differences=[{"category": "O06"}], prediction=False)
        said(row, anna, answer)
    ((name, share),) = report.count_overrides_by_category(sample())
    assert (name[:3], share.hits, share.n) == ("O06", 2, 3)


def test_what_a_reviewers_answers_changed_is_counted_on_the_next_model() -> None:
    installed()
    anna = person(Role.REVIEWER)
    assert impact.measure_impact(anna) is None
    version = scoring_version("2", log_odds=4.0)
    run = TrainingRun.objects.create(
        trigger="test", status="succeeded", model=version, finished_at=timezone.now()
    )
    for pair in (("Heron Foods Company", "Heron Fooods Company"), ("Acme", "Acme")):
        row = stored_prediction(*pair, prediction=False)
        said(row, anna, True, processed=True, training_run=run)
    measured_impact = impact.measure_impact(anna)
    assert measured_impact is not None
    assert (measured_impact.decisions, measured_impact.changed_predictions) == (2, 1)


def test_both_pages_open_empty_and_full() -> None:
    anna, ben, lead = person(Role.REVIEWER), person(Role.REVIEWER), person(Role.LEAD)
    browsers = {user: Client() for user in (anna, lead)}
    for user, browser in browsers.items():
        browser.force_login(user)
    for answers in ([], [(True, True)] * 11 + [(False, True)]):
        doubled(anna, ben, answers)
        mine = browsers[anna].get(reverse("admin:review-quality-mine")).content.decode()
        whole = browsers[lead].get(reverse("admin:review-quality-team")).content.decode()
    assert "<strong>12</strong> decisions" in mine
    assert "0.92" in whole
    assert browsers[anna].get(reverse("admin:review-quality-team")).status_code == 403
