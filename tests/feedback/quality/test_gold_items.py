"""Leads see what each gold item is, how reviewers did on it, and retire it with a reason."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from accounts.models import AuditEvent, Role, User
from feedback.models import Feedback, GoldAnswer
from feedback.quality.gold_items import summarise_gold_items
from feedback.review.gold import GoldItemError, retire_gold_item
from matters.service import create_matter
from tests.models import guideline, stored_prediction
from tests.people import browse, person, text

pytestmark = pytest.mark.django_db


def gold_item(name: str = "Kestrel Müller", **columns: Any) -> GoldAnswer:
    row = stored_prediction(
        name, "Kestrel Muller", stream="gold", differences=[{"category": "O06"}], selection_probability=1.0
    )
    return GoldAnswer.objects.create(prediction=row, material=False, why="Only an accent.", **columns)


def decide(gold: GoldAnswer, reviewer: User, material: bool | None, **columns: Any) -> Feedback:
    fields = {"source": "review", "stage": "first", "stream": "gold", "seconds": 12.0, **columns}
    return Feedback.objects.create(
        prediction=gold.prediction, reviewer=reviewer, user_correction=material, **fields
    )


def page_of(gold: GoldAnswer) -> str:
    return reverse("admin:feedback_goldanswer_change", args=[gold.pk])


LIST = "admin:feedback_goldanswer_changelist"


@pytest.fixture
def lead() -> User:
    """Somebody who leads."""
    return person(Role.LEAD)


def test_the_list_says_what_each_item_is_and_how_reviewers_did(lead: User) -> None:
    gold, unused = gold_item(), gold_item("Other Müller")
    for answer in (False, False, True, None):
        decide(gold, person(Role.REVIEWER), answer)
    first = decide(gold, person(Role.REVIEWER), True)
    Feedback.objects.filter(pk=first.pk).update(withdrawn_at=first.created_at)
    page = text(browse(lead).get(reverse(LIST)))
    assert page.count("Diacritics / ligatures") == 2
    assert "2 of 4" in page
    assert "not decided yet" in page
    assert "Reviewers were right in <strong>2 of 4</strong> decisions" in page
    assert gold.prediction.name1 not in page
    assert unused.prediction.name1 not in page


def test_the_list_is_filtered_by_state(lead: User) -> None:
    kept, retired = gold_item(), gold_item("Other Müller")
    retire_gold_item(retired, lead, "Disputed")
    in_use = text(browse(lead).get(reverse(LIST), {"state": "in_use"}))
    assert (str(kept.pk) in in_use, str(retired.pk) in in_use) == (True, False)
    gone = text(browse(lead).get(reverse(LIST), {"state": "retired"}))
    assert (str(kept.pk) in gone, str(retired.pk) in gone) == (False, True)


def test_an_empty_list_says_what_to_add(lead: User) -> None:
    page = text(browse(lead).get(reverse(LIST)))
    assert "Add pairs whose answer nobody disputes" in page
    assert "Nobody has decided one yet." in page


def test_the_list_takes_as_many_queries_whatever_its_length(
    lead: User, django_assert_num_queries: Any
) -> None:
    client = browse(lead)
    decide(gold_item(), person(Role.REVIEWER), False)
    client.get(reverse(LIST))
    with django_assert_num_queries(9) as few:
        client.get(reverse(LIST))
    for number in range(5):
        decide(gold_item(f"Kestrel {number}"), person(Role.REVIEWER), False)
    with django_assert_num_queries(len(few.captured_queries)):
        page = text(client.get(reverse(LIST)))
    assert page.count("1 of 1") == 6


@pytest.mark.django_db(transaction=True)
def test_the_page_of_an_item_shows_names_once_recorded_and_every_decision(lead: User) -> None:
    gold, anna = gold_item(clause=guideline().clauses.get()), person(Role.REVIEWER)
    decide(gold, anna, False)
    decide(gold, person(Role.REVIEWER), True)
    page = text(browse(lead).get(page_of(gold)))
    assert gold.prediction.name1 in page
    assert "Only an accent." in page
    assert anna.email in page
    assert "<strong>1 of 2</strong> decisions were right" in page
    assert "/guideline/text/1/#clause-1.1" in page
    assert AuditEvent.objects.filter(action="prediction.names_revealed", actor=lead).count() == 1


def test_names_and_reviewers_are_shown_to_whom_the_permissions_say() -> None:
    gold, anna = gold_item(), person(Role.REVIEWER)
    decide(gold, anna, True)
    auditor = person(Role.AUDITOR)
    page = text(browse(auditor).get(page_of(gold)))
    assert gold.prediction.name1 not in page
    assert "Only an accent." not in page
    assert anna.email in page
    group = auditor.groups.get()
    group.permissions.remove(Permission.objects.get(codename="view_user", content_type__app_label="accounts"))
    page = text(browse(auditor).get(page_of(gold)))
    assert anna.email not in page
    assert "Reviewer 1" in page
    assert browse(person(Role.REVIEWER)).get(page_of(gold)).status_code == 403
    assert not AuditEvent.objects.filter(action="prediction.names_revealed").exists()


def test_an_item_behind_a_wall_is_neither_listed_nor_counted(lead: User) -> None:
    gold = gold_item()
    matter = create_matter(person(), "C-1", "M-1")
    gold.prediction.matter = matter
    gold.prediction.save()
    page = text(browse(lead).get(reverse(LIST)))
    assert str(gold.pk) not in page
    assert "<strong>0</strong> gold items in use" in page
    assert browse(lead).get(page_of(gold)).status_code == 302


def test_a_retired_item_says_by_whom_and_why_and_is_retired_once(lead: User) -> None:
    gold = gold_item()
    retire_gold_item(gold, lead, "Two courts differ")
    with pytest.raises(GoldItemError, match="already"):
        retire_gold_item(gold, lead, "again")
    page = text(browse(lead).get(page_of(gold)))
    assert "Two courts differ" in page
    assert reverse("admin:feedback_goldanswer_retire", args=[gold.pk]) not in page
    summary = summarise_gold_items(GoldAnswer.objects.all())
    assert (summary.in_use, summary.retired) == (0, 1)
    assert AuditEvent.objects.filter(action="gold_answer.retired", actor=lead).count() == 1
