"""The page of the guideline: contents, search, links to clauses that stay, earlier versions and drafts."""

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from feedback.guideline import starting_guideline
from feedback.guideline.service import publish_guideline, start_draft
from feedback.guideline.text import build_chapters, mark_words, split_search
from feedback.models import Clause, Guideline
from tests.models import guideline
from tests.people import person

pytestmark = pytest.mark.django_db


def read(user: User, version: str = "", **query: str) -> Any:
    browser = Client()
    browser.force_login(user)
    address = (
        reverse("admin:guideline-version", args=[version]) if version else reverse("admin:guideline-text")
    )
    return browser.get(address, query)


def text(response: Any) -> str:
    return str(response.content.decode())


@pytest.fixture
def reviewer() -> User:
    """Somebody who reviews."""
    return person(Role.REVIEWER)


def test_the_contents_name_every_chapter_and_lead_to_every_clause(reviewer: User) -> None:
    starting_guideline.publish_starting_guideline()
    page = text(read(reviewer))
    for chapter in ("1 Principles", "2 How to answer", "3 Profiles", "4 Organisations", "5 Individuals"):
        assert f"<strong>{chapter}</strong>" in page
    for clause in Clause.objects.all():
        assert f'href="#{clause.anchor}"' in page
        assert page.count(f'id="{clause.anchor}"') == 1


def test_clauses_from_before_chapters_get_the_title_they_had() -> None:
    starting_guideline.publish_starting_guideline()
    named = list(Clause.objects.values_list("number", "chapter"))
    Clause.objects.update(chapter="")
    own = guideline("own").clauses.get()
    migration = import_module("feedback.migrations.0016_chapters_of_clauses")
    migration.name_chapters(apps, None)
    assert list(Clause.objects.exclude(pk=own.pk).values_list("number", "chapter")) == named
    own.refresh_from_db()
    assert own.chapter == ""


def test_a_search_shows_the_clauses_with_every_word_and_marks_them(reviewer: User) -> None:
    row = guideline()
    row.clauses.create(number="1.2", title="A <form>", text="The Same form in other words.", position=1)
    page = text(read(reviewer, q="SAME form"))
    assert "1 clause contains" in page
    assert "<mark>Same</mark> <mark>form</mark>" in page
    assert "A &lt;<mark>form</mark>&gt;" in page
    assert 'id="clause-1.1"' not in page


def test_a_search_without_a_hit_says_so_and_leads_back(reviewer: User) -> None:
    guideline()
    page = text(read(reviewer, q="<script>"))
    assert "No clause of this version contains <strong><bdi>&lt;script&gt;</bdi></strong>" in page
    assert "Show the whole guideline" in page
    assert 'id="clause-1.1"' not in page


def test_words_of_a_search_are_no_patterns() -> None:
    assert split_search("  A.b  a.B c ") == ["a.b", "c"]
    assert mark_words("axb A.B", ["a.b"]) == [("axb ", False), ("A.B", True)]
    rows = [Clause(number="1.1", title="Ask", text="axb"), Clause(number="2.1", title="A.b", text="")]
    assert [chapter.number for chapter in build_chapters(rows, ["a.b"])] == ["2"]


def test_an_earlier_version_stays_readable_and_says_which_one_is_in_force(reviewer: User) -> None:
    old, lead = guideline("1"), person(Role.LEAD)
    draft = start_draft(lead, "2 b/c")
    draft.clauses.update(text="Rewritten.")
    publish_guideline(draft, lead)
    page = text(read(reviewer, "1"))
    assert "An earlier version." in page
    assert "In force from" in page
    assert "The same words are one name." in page
    assert "Read version 2 b/c, which is in force" in page
    current = text(read(reviewer, "2 b/c"))
    assert "Rewritten." in current
    assert "An earlier version." not in current
    assert text(read(reviewer)).count("Rewritten.") == 1
    clause = old.clauses.get()
    assert clause.get_absolute_url() == "/admin/feedback/guideline/text/1/#clause-1.1"


def test_only_who_edits_the_draft_reads_it(reviewer: User) -> None:
    guideline("1")
    lead = person(Role.LEAD)
    start_draft(lead, "2")
    assert "Nobody decides under it until it is published." in text(read(lead, "2"))
    assert read(reviewer, "2").status_code == 404
    assert read(person(Role.AUDITOR), "2").status_code == 404
    assert "/guideline/text/2/" not in text(read(reviewer))


def test_who_may_not_view_the_guideline_reads_no_version() -> None:
    guideline("1")
    for role in (Role.MODEL_ENGINEER, Role.APPROVER):
        assert read(person(role)).status_code == 403
        assert read(person(role), "1").status_code == 403


def test_without_a_guideline_the_page_says_who_publishes_the_first(reviewer: User) -> None:
    assert "A lead publishes the first version" in text(read(reviewer))
    assert read(reviewer, "1").status_code == 404


def test_reading_takes_as_many_queries_whatever_the_length(
    reviewer: User, django_assert_num_queries: Any
) -> None:
    guideline("1")
    browser = Client()
    browser.force_login(reviewer)
    browser.get(reverse("admin:guideline-text"))
    rows = [
        Clause(guideline=Guideline.objects.get(), number=f"2.{n}", title="t", text="t") for n in range(60)
    ]
    with django_assert_num_queries(7) as few:
        browser.get(reverse("admin:guideline-text"))
    Clause.objects.bulk_create(rows)
    with django_assert_num_queries(len(few.captured_queries)):
        page = text(browser.get(reverse("admin:guideline-text")))
    assert page.count('<article class="rule-text"') == 61
