"""The guideline: from one place, in versions, unchangeable once published."""

from pathlib import Path
from typing import Any

import pytest

from accounts.models import AuditEvent, Role
from feedback.guideline import starting_guideline
from feedback.guideline.service import (
    GuidelineError,
    find_changed_categories,
    find_precedents,
    get_guideline_in_force,
    list_pair_history,
    publish_guideline,
    select_clauses,
    start_draft,
)
from feedback.models import Clause, Feedback, Guideline, Precedent
from matching.engine import load_categories, load_profiles
from matching.models import Prediction
from tests.models import guideline, stored_prediction
from tests.people import person

ROOT = Path(__file__).resolve().parents[3]


def test_the_page_of_the_docs_is_written_from_the_same_place() -> None:
    page = (ROOT / "docs" / "guideline.md").read_text(encoding="utf-8")
    assert page == starting_guideline.render_markdown(), "run `manage.py guideline write`"


def test_every_category_and_every_profile_has_a_clause() -> None:
    rules = starting_guideline.build_clauses()
    assert {id_ for rule in rules for id_ in rule.categories} == set(load_categories())
    titles = " ".join(rule.title for rule in rules)
    assert all(f"({id_})" in titles for id_ in load_profiles())
    assert len({rule.number for rule in rules}) == len(rules)


@pytest.mark.django_db
def test_the_starting_guideline_is_published_once() -> None:
    first = starting_guideline.publish_starting_guideline()
    assert first is not None
    assert starting_guideline.publish_starting_guideline() is None
    current, clauses = get_guideline_in_force()
    assert (current, len(clauses)) == (first, len(starting_guideline.build_clauses()))


@pytest.mark.django_db
def test_a_draft_is_a_copy_that_changes_nothing_until_it_is_published() -> None:
    old, lead = guideline(), person(Role.LEAD)
    draft = start_draft(lead, "2")
    draft.clauses.update(text="Rewritten")
    assert get_guideline_in_force()[0] == old
    assert get_guideline_in_force()[1][0].text != "Rewritten"
    with pytest.raises(GuidelineError, match="draft already"):
        start_draft(lead, "3")
    publish_guideline(draft, lead)
    assert get_guideline_in_force()[0] == draft
    assert get_guideline_in_force()[1][0].text == "Rewritten"
    assert Clause.objects.get(guideline=old).text != "Rewritten"
    assert AuditEvent.objects.filter(action="guideline.published", actor=lead).exists()


@pytest.mark.django_db
def test_a_guideline_without_clauses_and_a_published_one_are_not_published() -> None:
    lead = person(Role.LEAD)
    with pytest.raises(GuidelineError, match="without clauses"):
        publish_guideline(Guideline.objects.create(version="9"), lead)
    with pytest.raises(GuidelineError, match="already"):
        publish_guideline(guideline(), lead)


@pytest.mark.django_db
def test_the_clauses_beside_an_item_speak_of_its_differences_and_its_profile() -> None:
    starting_guideline.publish_starting_guideline()
    clauses = select_clauses(get_guideline_in_force()[1], {"O10"}, "kyc")
    assert [row.categories for row in clauses] == [[], ["O10"]]
    assert clauses[0].title.endswith("(kyc)")


def precedent(prediction: Prediction, clause: Clause, **columns: object) -> Precedent:
    word = Feedback.objects.create(
        prediction=prediction,
        reviewer=person(Role.LEAD),
        source="adjudication",
        adjudicated=True,
        user_correction=True,
        clause=clause,
    )
    fields = {
        "material": True,
        "profile": "general",
        "kind": "organisation",
        "categories": ["O06"],
        **columns,
    }
    return Precedent.objects.create(adjudication=word, prediction=prediction, clause=clause, **fields)


@pytest.mark.django_db
def test_precedents_that_differ_in_the_same_ways_come_nearest_first() -> None:
    clause = guideline().clauses.get()
    far = precedent(stored_prediction("A", "B"), clause, categories=["O01", "O02", "O06"])
    near = precedent(stored_prediction("C", "D"), clause, categories=["O06"])
    nearest = precedent(stored_prediction("E", "F"), clause, categories=["O06"], profile="ucc")
    precedent(stored_prediction("G", "H"), clause, kind="individual")
    precedent(stored_prediction("I", "J"), clause, categories=["O33"])
    asked = stored_prediction("K", "L", profile="ucc", differences=[{"category": "O06"}])
    reviewer = person(Role.REVIEWER)
    assert find_precedents(asked, reviewer) == [nearest, near, far]
    assert find_precedents(near.prediction, reviewer) == []


@pytest.mark.django_db
def test_the_history_of_a_pair_leaves_out_this_very_prediction() -> None:
    fields: Any = {"source": "review", "user_correction": True, "reviewer": person(Role.REVIEWER)}
    earlier, now = stored_prediction("Acme", "Acme Ltd", profile="ucc"), stored_prediction("Acme", "Acme Ltd")
    Feedback.objects.create(prediction=earlier, **fields)
    Feedback.objects.create(prediction=now, **fields)
    Feedback.objects.create(prediction=stored_prediction("Acme", "Acme LLC"), **fields)
    assert [(past.profile, past.answer) for past in list_pair_history(now, fields["reviewer"])] == [
        ("ucc", "material")
    ]


@pytest.mark.django_db
def test_a_new_version_changes_the_categories_whose_clauses_read_otherwise() -> None:
    starting_guideline.publish_starting_guideline()
    old, lead = starting_guideline.read_version(), person(Role.LEAD)
    assert find_changed_categories(old) == find_changed_categories("unheard of") == frozenset()
    draft = start_draft(lead, "2")
    draft.clauses.filter(categories=["O17"]).update(text="Material.")
    draft.clauses.filter(categories=["O18"]).delete()
    draft.clauses.filter(categories=[]).update(text="When in doubt, ask.")
    publish_guideline(draft, lead)
    assert find_changed_categories(old) == {"O17", "O18"}
    assert find_changed_categories("2") == frozenset()
