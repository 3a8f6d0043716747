"""A lead sees what a draft changes and does before it is published, and publishes what was seen."""

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, Role, User
from feedback.admin.guidelines import GuidelineAdmin
from feedback.guideline.comparison import ChangeKind, compare_clauses, compare_words
from feedback.guideline.publication import preview_publication
from feedback.guideline.service import start_draft
from feedback.models import Clause, Feedback, Guideline, Precedent
from matching.models import PairPrecedent
from tests.models import guideline, stored_prediction
from tests.people import browse, person, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead() -> User:
    """Somebody who leads."""
    return person(Role.LEAD)


@pytest.fixture
def client(lead: User) -> Client:
    """Their browser."""
    return browse(lead)


@pytest.fixture
def draft(lead: User) -> Guideline:
    """A draft beside a version of three clauses: one changed, one removed, one added, one renumbered."""
    row = guideline("1")
    row.clauses.create(number="1.2", title="Ampersand", text="It is a word.", categories=["O05"], position=1)
    row.clauses.create(number="1.3", title="Places", text="They are names.", position=2)
    draft = start_draft(lead, "2")
    draft.clauses.filter(number="1.1").update(
        text="The same words are one legal name.", categories=["O06", "O01"]
    )
    draft.clauses.filter(number="1.2").delete()
    draft.clauses.filter(number="1.3").update(number="1.4")
    draft.clauses.create(number="1.3", title="Numbers", text="They are names <too>.", position=3)
    return draft


def page_of(draft: Guideline) -> str:
    return reverse("admin:feedback_guideline_publish_draft", args=[draft.pk])


def confirm(client: Client, draft: Guideline, **changes: str) -> Any:
    form = {
        "summary": "Numbers are named",
        "is_confirmed": "1",
        "fingerprint": preview_publication(draft).fingerprint,
        **changes,
    }
    return client.post(page_of(draft), form, follow=True)


def test_every_clause_that_differs_is_named_once(draft: Guideline) -> None:
    preview = preview_publication(draft)
    assert [(change.kind, change.clause.number, change.earlier_number) for change in preview.changes] == [
        (ChangeKind.CHANGED, "1.1", ""),
        (ChangeKind.REMOVED, "1.2", ""),
        (ChangeKind.ADDED, "1.3", ""),
        (ChangeKind.RENUMBERED, "1.4", "1.3"),
    ]
    assert (preview.unchanged, preview.changes[0].new_categories) == (0, ["O01"])


def test_words_are_compared_and_joined_give_both_texts() -> None:
    before, after = "A b c, d.", "A  x c, e f."
    words = compare_words(before, after)
    assert "".join(part.text for part in words if part.kind != "inserted") == before
    assert "".join(part.text for part in words if part.kind != "deleted") == after
    assert compare_words("same", "same") == [("same", "kept")]


def test_a_clause_in_the_middle_changes_none_behind_it() -> None:
    def clauses(first: int, *rows: tuple[str, str]) -> list[Clause]:
        return [
            Clause(pk=first + n, number=no, title=title, text=title) for n, (no, title) in enumerate(rows)
        ]

    before = clauses(1, ("2.9", "A"), ("2.10", "B"))
    after = clauses(11, ("2.9", "New"), ("2.10", "A"), ("2.11", "B"))
    kinds = [(change.clause.number, change.kind) for change in compare_clauses(before, after)]
    assert kinds == [("2.9", "added"), ("2.10", "renumbered"), ("2.11", "renumbered")]


def test_what_the_publication_touches_is_counted_before(draft: Guideline, client: Client) -> None:
    clause = Clause.objects.get(guideline__version="1", number="1.2")
    for number, category in enumerate(("O05", "O06", "O33")):
        row = stored_prediction(f"A {number}", "A", differences=[{"category": category}])
        word = Feedback.objects.create(
            prediction=row,
            reviewer=person(Role.LEAD),
            source="adjudication",
            adjudicated=True,
            user_correction=True,
            clause=clause,
            guideline_version="1",
        )
        Precedent.objects.create(
            adjudication=word,
            prediction=row,
            clause=clause,
            material=True,
            profile="general",
            kind="organisation",
        )
        PairPrecedent.objects.create(
            user=row.user,
            prediction=row,
            key=str(number),
            profile="general",
            material=True,
            guideline_version="1",
            active_from=timezone.now(),
        )
    effects = preview_publication(draft).effects
    assert (effects.ended_precedents, effects.cited_precedents, effects.outdated_labels) == (3, 3, 2)
    assert effects.open_items == effects.claimed_items == 0
    shown = text(client.get(page_of(draft)))
    assert "Version 2 instead of version 1" in shown
    assert "<ins>legal </ins>" in shown
    assert "They are names &lt;too&gt;." in shown
    assert "3 precedents ended" in text(confirm(client, draft))
    assert PairPrecedent.objects.filter(ended_at=None).count() == 0


def test_what_was_seen_is_published_and_recorded(draft: Guideline, client: Client, lead: User) -> None:
    answer = confirm(client, draft)
    assert "Version 2 is in force. 0 precedents ended" in text(answer)
    draft.refresh_from_db()
    assert (draft.status, draft.summary, draft.published_by) == ("published", "Numbers are named", lead)
    event = AuditEvent.objects.get(action="guideline.published")
    assert (event.actor, event.detail["version"], event.detail["precedents_ended"]) == (lead, "2", 0)


def test_a_draft_that_changed_meanwhile_is_not_published(draft: Guideline, client: Client) -> None:
    seen = preview_publication(draft).fingerprint
    draft.clauses.filter(number="1.1").update(text="Otherwise.")
    answer = confirm(client, draft, fingerprint=seen)
    assert answer.status_code == 422
    assert "changed meanwhile" in text(answer)
    draft.refresh_from_db()
    assert (draft.status, draft.summary) == ("draft", "")


@pytest.mark.parametrize(
    ("field", "words"),
    [("summary", "Say what changed and why"), ("is_confirmed", "Confirm that you have read")],
)
def test_nothing_is_published_without_a_reason_and_a_confirmation(
    draft: Guideline, client: Client, field: str, words: str
) -> None:
    answer = confirm(client, draft, **{field: ""})
    assert answer.status_code == 422
    assert "Nothing was published." in text(answer)
    assert words in text(answer)
    assert Guideline.objects.get(version="2").status == "draft"


def test_a_draft_without_a_change_offers_no_button(client: Client, lead: User) -> None:
    guideline("1")
    shown = text(client.get(page_of(start_draft(lead, "2"))))
    assert "there is nothing to publish" in shown
    assert "in force</button>" not in shown


def test_a_published_version_and_an_unknown_one_lead_back_to_the_list(client: Client) -> None:
    row = guideline("1")
    for pk in (row.pk, 999_999):
        answer = client.get(reverse("admin:feedback_guideline_publish_draft", args=[pk]), follow=True)
        assert "There is no such draft" in text(answer)


def test_only_leads_see_what_a_draft_changes(draft: Guideline) -> None:
    for role in (Role.REVIEWER, Role.AUDITOR):
        browser = Client()
        browser.force_login(person(role))
        assert browser.get(page_of(draft)).status_code == 403
        assert browser.post(page_of(draft), {}).status_code == 403
    assert Guideline.objects.get(version="2").status == "draft"


def test_an_edit_that_is_sent_late_leaves_the_version_in_force(draft: Guideline, client: Client) -> None:
    stale = Guideline.objects.get(pk=draft.pk)
    confirm(client, draft)
    stale.summary = "late"
    GuidelineAdmin(Guideline, admin.site).save_model(RequestFactory().post("/"), stale, None, change=True)
    assert Guideline.objects.get(pk=draft.pk).status == "published"
