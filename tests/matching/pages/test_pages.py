"""The comparison page and the page of a prediction, as a browser without JavaScript sees them."""

import html
import json
import logging
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import Role, User
from matching.models import Prediction
from tests.models import erased
from tests.people import person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("champion")]

PAIR = {
    "name1": "Granite Ridge Paving, LLC",
    "name2": "Granite Ridge, L.L.C.",
    "profile": "general",
    "kind": "auto",
}


def page_of(response: Any) -> str:
    return html.unescape(response.content.decode())


def compared(browser: Client, **given: str) -> str:
    """The page a comparison leads to."""
    response = browser.post("/", {**PAIR, **given})
    assert response.status_code == 302, page_of(response)
    answer = browser.get(response["Location"])
    assert answer.status_code == 200
    return page_of(answer)


def refused(browser: Client, **given: str) -> str:
    response = browser.post("/", {**PAIR, **given})
    assert response.status_code == 422
    assert not Prediction.objects.exists()
    return page_of(response)


@pytest.mark.parametrize("path", ["/", "/predictions/00000000-0000-7000-8000-000000000000"])
def test_a_stranger_is_led_to_the_sign_in_page(client: Client, path: str) -> None:
    response = client.get(path)
    assert (response.status_code, response["Location"]) == (302, f"{reverse('account_login')}?next={path}")


def test_a_form_from_another_site_is_refused_with_a_page(user: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(user)
    response = browser.post("/", PAIR)
    assert response.status_code == 403
    assert "The form could not be accepted" in page_of(response)
    assert not Prediction.objects.exists()


def test_the_form_offers_every_profile_and_explains_the_chosen_one(browser: Client) -> None:
    page = page_of(browser.get("/"))
    assert page.count("<option value=") == 7 + 3
    assert "The default for work without a special regime." in page


def test_a_comparison_is_stored_and_shown_at_an_address_without_names(browser: Client, user: User) -> None:
    response = browser.post("/", PAIR)
    stored = Prediction.objects.get()
    assert stored.user == user
    assert response["Location"] == f"/predictions/{stored.pk}"
    page = page_of(browser.get(response["Location"]))
    assert "Material" in page
    assert "In name A only" in page
    assert str(stored.pk) in page
    assert stored.rules_version in page
    assert "Not legal advice." in page


def test_the_page_shows_rules_structure_steps_and_other_profiles(browser: Client) -> None:
    page = compared(browser)
    for expected in (
        "general/O",
        "How each name was read",
        "ELF",
        "As received",
        "UCC search logic",
        "Legal form",
    ):
        assert expected in page
    assert Prediction.objects.count() == 1, "other profiles are looked at, not stored"


def test_a_review_names_what_would_settle_it(browser: Client) -> None:
    page = compared(browser, name1="Larkspur Holdings", name2="Larkspur Holdings, Inc.")
    assert "A person must look" in page
    assert "What would settle it:" in page


def test_the_models_weights_are_drawn_when_the_model_decided(browser: Client) -> None:
    page = compared(browser, name1="Heron Foods Company", name2="Heron Fooods Company")
    assert "Model contributions" in page
    assert "Baseline" in page
    assert "Model contributions" not in compared(browser, name1="Acme Inc", name2="ACME Inc.")


def test_hostile_names_are_shown_and_never_act(browser: Client) -> None:
    hostile = '<script>alert(1)</script> "><img src=x onerror=alert(2)> Inc'
    response = browser.get(browser.post("/", {**PAIR, "name1": hostile})["Location"])
    source = response.content.decode()
    assert "<script>alert" not in source
    assert "<img" not in source
    assert "&lt;img" in source
    assert "script-src 'self'" in response["Content-Security-Policy"]
    assert "unsafe" not in response["Content-Security-Policy"]


def test_a_control_that_turns_the_direction_is_shown_by_its_code_only(browser: Client) -> None:
    page = compared(browser, name1="Acme \u202eLLC")
    aligned = page[page.index('class="aligned"') : page.index("</ol>")]
    assert "U+202E" in aligned
    assert "\u202e" not in aligned


def test_names_written_in_opposite_directions_have_a_line_each(browser: Client) -> None:
    page = compared(browser, name1="محمد علي حسن", name2="Mohammed Ali Hassan")
    assert 'dir="rtl"' in page
    assert "written in opposite directions" in page
    assert 'class="aligned" dir="rtl"' in compared(browser, name1="شركة النور", name2="شركة النور للتجارة")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name1": ""}, "Enter a name."),
        ({"name2": " \r\n "}, "Enter a name."),
        ({"name1": "!!!"}, "at least one letter or digit"),
        ({"name2": "x" * 1001}, "at most 1000 characters"),
        ({"name1": "Acme\x00"}, "Null characters"),
        ({"profile": "martian"}, "not a valid choice"),
        ({"kind": "ship"}, "not a valid choice"),
        ({"jurisdiction1": "Germany"}, "such as DE or US-DE"),
    ],
)
def test_what_cannot_be_compared_is_said_beside_the_field_and_nothing_is_lost(
    browser: Client, given: dict[str, str], said: str
) -> None:
    page = refused(browser, **given)
    assert said in page
    assert {**PAIR, **given}["name2" if "name1" in given else "name1"] in page


def test_a_line_break_pasted_into_a_name_counts_as_a_space(browser: Client) -> None:
    compared(browser, name1="Granite Ridge\r\nPaving, LLC")
    assert Prediction.objects.get().name1 == "Granite Ridge Paving, LLC"


def test_the_longest_registered_names_are_drawn_whole(browser: Client) -> None:
    name = "Consolidated " * 31
    assert name in compared(browser, name1=name, name2=name + "Ltd")


def test_names_are_swapped_without_javascript_and_without_comparing(browser: Client) -> None:
    page = page_of(browser.post("/", {**PAIR, "register": "name1", "jurisdiction2": "DE", "swap": "1"}))
    assert page.index(PAIR["name2"]) < page.index(PAIR["name1"])
    assert '<option value="name2" selected>' in page
    assert 'name="jurisdiction1" value="DE"' in page
    assert not Prediction.objects.exists()


def test_what_was_said_about_the_names_is_kept_and_filled_in_again(browser: Client) -> None:
    page = compared(browser, profile="ucc", jurisdiction1="us-tx", register="name1")
    assert "95.503" in page
    assert 'value="US-TX"' in page
    assert '<option value="name1" selected>' in page


def test_the_answer_is_given_as_json_to_its_owner(browser: Client) -> None:
    browser.post("/", PAIR)
    stored = Prediction.objects.get()
    answer = browser.get(f"/predictions/{stored.pk}.json")
    assert json.loads(answer.content)["id"] == str(stored.pk)
    assert json.loads(answer.content)["verdict"] == stored.verdict


def test_somebody_elses_answer_is_nowhere(browser: Client) -> None:
    compared(browser)
    pk = Prediction.objects.get().pk
    other = Client()
    other.force_login(person(Role.ADMINISTRATOR))
    for path in (f"/predictions/{pk}", f"/predictions/{pk}.json"):
        assert other.get(path).status_code == 404
    assert other.post(f"/predictions/{pk}/feedback", {"user_correction": "true"}).status_code in (403, 404)


def test_an_auditor_may_not_compare(client: Client) -> None:
    client.force_login(person(Role.AUDITOR))
    assert client.get("/")["Location"] == "/start"
    response = client.post("/", {"name1": "Acme", "name2": "Acme Ltd", "profile": "general"})
    assert response.status_code == 403
    assert not Prediction.objects.exists()


def test_an_erased_pair_is_shown_without_its_names(browser: Client) -> None:
    compared(browser)
    erased(Prediction.objects.get())
    page = page_of(browser.get(f"/predictions/{Prediction.objects.get().pk}"))
    assert "were erased" in page
    assert "Granite" not in page


def test_pages_that_hold_names_are_kept_by_no_cache(browser: Client) -> None:
    for response in (browser.get("/"), browser.get(browser.post("/", PAIR)["Location"])):
        assert "no-store" in response["Cache-Control"]
        assert "private" in response["Cache-Control"]


def test_no_name_reaches_the_log_or_the_title(browser: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        page = compared(browser)
        refused_page = browser.post("/", {**PAIR, "kind": "ship"})
    assert refused_page.status_code == 422
    assert "Granite" not in caplog.text
    [title] = re.findall(r"<title>(.*?)</title>", page)
    assert title == "Material · Legal Name Comparison"


def test_too_many_comparisons_are_refused_for_a_while(browser: Client, settings: Settings) -> None:
    settings.API_RATE = "1/min"
    compared(browser)
    response = browser.post("/", PAIR)
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert PAIR["name1"] in page_of(response)
