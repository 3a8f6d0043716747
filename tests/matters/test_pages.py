"""The pages of matters: made, searched, shown, joined and left, and chosen where one compares."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import Role, User
from feedback.requests.service import request_review
from matching.models import Prediction, PredictionReview
from matters.models import Matter, MatterMember
from matters.service import close_matter
from tests.documents import store_document
from tests.jobs import PAIRS, csv_file, job_of
from tests.matters.cast import create_member, matter_of
from tests.models import stored_prediction
from tests.people import person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("champion")]

PAIR = {
    "name1": "Granite Ridge Paving, LLC",
    "name2": "Granite Ridge, LLC",
    "profile": "general",
    "kind": "auto",
}


@pytest.fixture
def user() -> User:
    return person(Role.CLIENT)


@pytest.fixture
def browser(user: User) -> Client:
    return open_browser(user)


def open_browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status
    return str(answer.content.decode())


def test_a_matter_is_made_and_searched(browser: Client) -> None:
    fields = {"client_number": "10023", "matter_number": "0007", "note": "Lease of the warehouse"}
    made = browser.post("/matters", fields, follow=True)
    assert "Matter 10023/0007" in text(made)
    assert "Lease of the warehouse" in text(browser.get("/matters"))
    assert "10023/0007" in text(browser.get("/matters", {"search": "0007"}))
    assert "None of your matters" in text(browser.get("/matters", {"search": "99"}))


def test_what_was_typed_stays_when_it_is_refused(browser: Client) -> None:
    page = text(
        browser.post("/matters", {"client_number": "Acme Ltd", "matter_number": "7", "note": "Lease"}), 422
    )
    assert "Numbers have letters" in page
    assert 'value="Acme Ltd"' in page
    assert "Lease" in page
    assert "This field may not be blank." in text(browser.post("/matters", {"client_number": "1"}), 422)


def test_a_matter_shows_comparisons_files_documents_and_memos(user: User, browser: Client) -> None:
    matter = matter_of(user, note="Lease")
    open_row, settled = (stored_prediction(user=user, matter=matter, verdict="review") for _ in range(2))
    request_review(open_row, user, "Please")
    store_document(open_row, user, "extract.pdf")
    decision = {"decision": "material", "decided_by": "reviewers", "people": 1}
    at = settled.created_at
    PredictionReview.objects.create(
        prediction=settled, user=user, status="decided", decided_at=at, released_at=at, **decision
    )
    job_of(user, csv_file(PAIRS), "pairs of the lease.csv", matter=matter)
    page = text(browser.get(f"/matters/{matter.pk}"))
    for shown in ("Acme Incorporated", "extract.pdf", "pairs of the lease.csv", "Memo of", "Lease"):
        assert shown in page
    assert f"/predictions/{settled.pk}/memo" in page
    assert text(open_browser(person()).get(f"/matters/{matter.pk}"), 404)


def test_a_long_matter_takes_the_queries_of_a_short_one(
    user: User, browser: Client, django_assert_max_num_queries: Any
) -> None:
    matter = matter_of(user)
    for _ in range(30):
        stored_prediction(user=user, matter=matter)
    browser.get(f"/matters/{matter.pk}")
    with django_assert_max_num_queries(11):
        page = text(browser.get(f"/matters/{matter.pk}"))
    assert page.count("Acme Incorporated") == 25


def test_managers_add_and_remove_members_on_the_page(user: User, browser: Client) -> None:
    matter, colleague = matter_of(user), person()
    added = browser.post(f"/matters/{matter.pk}/members", {"email": colleague.email}, follow=True)
    assert colleague.email in text(added)
    theirs = open_browser(colleague)
    page = text(theirs.get(f"/matters/{matter.pk}"))
    assert "Leave" in page
    assert "Add the member" not in page
    assert theirs.post(f"/matters/{matter.pk}/members", {"email": colleague.email}).status_code == 403
    assert theirs.post(f"/matters/{matter.pk}/close").status_code == 403
    assert theirs.post(f"/matters/{matter.pk}/members/{user.pk}/remove").status_code == 403
    left = theirs.post(f"/matters/{matter.pk}/members/{colleague.pk}/remove", follow=True)
    assert "You have left the matter." in text(left)
    refused = browser.post(f"/matters/{matter.pk}/members/{user.pk}/remove", follow=True)
    assert "needs a manager" in text(refused)
    assert list(MatterMember.objects.values_list("user", flat=True)) == [user.pk]


def test_a_matter_is_closed_on_its_page(user: User, browser: Client) -> None:
    matter = matter_of(user)
    closed = text(browser.post(f"/matters/{matter.pk}/close", follow=True))
    assert "Closed on" in closed
    assert f"/matters/{matter.pk}/change" not in closed
    opened = text(browser.post(f"/matters/{matter.pk}/reopen", follow=True))
    assert "The matter is open again." in opened
    assert "Compare in this matter" in opened


def test_numbers_and_note_are_changed_and_a_refusal_keeps_what_was_typed(user: User, browser: Client) -> None:
    matter = matter_of(user, note="Lease")
    address = f"/matters/{matter.pk}/change"
    assert "Lease" in text(browser.get(address))
    fields = {"client_number": "10023", "matter_number": "Acme Ltd", "note": "Second lease"}
    refused = text(browser.post(address, fields), 422)
    assert "Numbers have letters" in refused
    assert 'value="Acme Ltd"' in refused
    changed = text(browser.post(address, {**fields, "matter_number": "0008"}, follow=True))
    assert "Matter 10023/0008" in changed
    assert "Second lease" in changed
    manager, member = create_member(matter, is_manager=True), create_member(matter)
    assert "readonly" in text(open_browser(manager).get(address))
    for reader, status in ((member, 403), (person(Role.CLIENT), 404)):
        for path in (address, f"/matters/{matter.pk}/reopen"):
            assert open_browser(reader).post(path, fields).status_code == status
    assert open_browser(member).get(address).status_code == 403


def test_who_has_no_matter_is_not_asked_for_one(browser: Client) -> None:
    assert 'name="matter"' not in text(browser.get("/"))
    assert 'name="matter"' not in text(browser.get("/history"))


def test_a_comparison_is_put_into_a_matter_which_is_remembered(user: User, browser: Client) -> None:
    matter, other = matter_of(user), matter_of(user, "0008")
    assert chosen(browser.get("/")) == ""
    assert chosen(browser.get("/", {"matter": str(other.pk)})) == str(other.pk)
    answer = browser.post("/", {**PAIR, "matter": str(matter.pk)}, follow=True)
    assert Prediction.objects.get().matter == matter
    assert f'href="/matters/{matter.pk}">10023/0007' in text(answer)
    assert chosen(browser.get("/")) == str(matter.pk)
    close_matter(matter, user)
    assert chosen(browser.get("/")) == ""
    page = text(browser.post("/", {**PAIR, "matter": str(matter.pk)}), 422)
    assert "This matter is closed" in page
    assert "Granite Ridge Paving" in page
    assert Prediction.objects.count() == 1


def chosen(answer: Any) -> str:
    options = re.findall(r'<option value="([0-9a-f-]{36})" selected', text(answer))
    return options[0] if options else ""


def test_the_history_filters_by_matter(user: User, browser: Client) -> None:
    matter = matter_of(user)
    stored_prediction("Inside Ltd", "Inside LLC", user=user, matter=matter)
    stored_prediction("Outside Ltd", "Outside LLC", user=user)
    page = text(browser.get("/history", {"matter": str(matter.pk)}))
    assert ("Inside Ltd" in page, "Outside Ltd" in page) == (True, False)
    stranger = matter_of(person())
    assert text(browser.get("/history", {"matter": str(stranger.pk)}), 422)


def test_a_pair_is_found_again_in_the_matters_of_its_reader(user: User) -> None:
    matter = matter_of(user)
    row = stored_prediction("Inside Ltd", "Inside LLC", user=user, matter=matter)
    names = {"name1": "Inside Ltd", "name2": "Inside LLC"}
    member, stranger = open_browser(create_member(matter)), open_browser(person())
    assert f"/predictions/{row.pk}" in text(member.post("/history", names))
    assert f"/predictions/{row.pk}" not in text(stranger.post("/history", names))


def test_the_list_of_matters_names_no_matter_of_others() -> None:
    matter: Matter = matter_of(person())
    assert matter.reference not in text(open_browser(person(Role.ADMINISTRATOR)).get("/matters"))
