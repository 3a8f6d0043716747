"""An experiment from its hypothesis to a shipped model, in a product of its own, and the way back."""

import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page

from analytics.experiments.user_table import SETTLING
from tests.system.browser.findings import find_violations
from tests.system.browser.people import sign_in_at
from tests.system.browser.product import Product, product

ENGINEER, APPROVER, CLIENT = "emil@example.com", "petra@example.com", "bank@example.com"
REVIEWERS = ("anna@example.com", "ben@example.com")
LIST = "/admin/experiments/experiment/"
ROMANISATIONS = (
    ("Sergey", "Sergei"),
    ("Dmitri", "Dmitry"),
    ("Aleksandr", "Alexander"),
    ("Yusuf", "Yousef"),
    ("Viktor", "Victor"),
    ("Andrei", "Andrey"),
)
"""Given names that the champion takes for one, and a model with a prejudice does not."""
_PEOPLE = """
import json
from accounts.auth.users import create_user
from accounts.models import User
from matching.compare.sampling import SamplingPolicy, update_policy
from tests.models import scoring_version
for email, role in {people!r}:
    create_user(email, {password!r}, role, None)
update_policy(User.objects.first(), SamplingPolicy(audit=0, second=0, gold=0), "disagreements only")
print(json.dumps(str(scoring_version("2", log_odds=4.0).pk)))
"""
_REVIEW = """
import json
from django.utils import timezone
from accounts.models import User
from feedback.models import ReviewItem
from feedback.review.decisions import submit_decision
from feedback.review.enqueueing import enqueue_sampled_predictions
enqueue_sampled_predictions()
done = 0
for email in {reviewers!r}:
    reviewer = User.objects.get(email=email)
    while item := ReviewItem.objects.claim(reviewer, timezone.now()):
        submit_decision(item, reviewer, True, "two companies in the register")
        done += 1
print(json.dumps(done))
"""
_DISAGREEMENTS = """
import json
from analytics.experiments.results import get_experiment_results
from experiments.models import Experiment
evidence = get_experiment_results(Experiment.objects.get()).evidence
print(json.dumps([evidence.found, len(evidence.reviewed), evidence.is_decided]))
"""


@pytest.fixture(scope="module")
def own_product() -> Iterator[Product]:
    """A product whose champion this test may replace."""
    with product(secrets.token_urlsafe(16)) as running:
        yield running


@pytest.fixture
def open_as(own_product: Product, browser: Browser) -> Iterator[Callable[[str], Page]]:
    """A function that signs somebody in; every console error fails the test."""
    wrong: list[str] = []
    contexts = []

    def open_list(email: str) -> Page:
        context = browser.new_context()
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        sign_in_at(page, own_product, email, LIST)
        return page

    yield open_list
    for context in contexts:
        context.close()
    assert wrong == []


def press(page: Page, button: str, **fields: str) -> None:
    """Open the page of a step by its button, fill it in and confirm."""
    page.get_by_role("link", name=button, exact=True).first.click()
    for name, value in fields.items():
        page.fill(f"[name={name}]", value)
    page.locator("form[method=post] button[type=submit]").last.click()
    page.wait_for_load_state()


def approve(page: Page, base: str) -> None:
    """Approve the newest promotion request, once every process has the version ready."""
    page.goto(f"{base}/admin/modelops/promotionrequest/")
    page.locator("#result_list tbody a").first.click()
    address = page.url.replace("/change/", "/approve/")
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        page.goto(address)
        if page.locator("[name=override]").count():
            page.fill("[name=override]", "A model of a test")
        page.locator("form[method=post] button[type=submit]").last.click()
        page.wait_for_load_state()
        if "is live as" in page.content():
            return
        time.sleep(1)
    pytest.fail(page.locator("main, body").first.inner_text()[:800])


def wait_for(own: Product, is_done: Callable[[list[Any]], bool]) -> None:
    """Wait until the evidence is as wanted."""
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        if is_done(own.python(_DISAGREEMENTS)):
            return
        time.sleep(1)
    pytest.fail(f"the evidence stays at {own.python(_DISAGREEMENTS)}")


def test_from_a_hypothesis_to_a_shipped_model_and_back(
    own_product: Product, open_as: Callable[[str], Page]
) -> None:
    people = [(ENGINEER, "model_engineer"), (APPROVER, "approver"), (CLIENT, "client")]
    people += [(email, "reviewer") for email in REVIEWERS]
    version = own_product.python(_PEOPLE.format(people=people, password=own_product.password))
    engineer, approver = open_as(ENGINEER), open_as(APPROVER)
    address = draft_and_stage(own_product, engineer, approver, version)
    approver.goto(address)
    press(approver, "Start", reason="A test has little traffic")
    assert "is running" in approver.content()
    ask_about_pairs(own_product)
    wait_for(own_product, lambda seen: seen[0] >= 12)
    review = _REVIEW.format(reviewers=REVIEWERS)
    wait_for(own_product, lambda seen: own_product.python(review) >= 0 and bool(seen[2]))
    conclude_and_ship(own_product, engineer, approver, address)
    assert champion(own_product) == version
    approver.goto(address)
    press(approver, "Roll back", reason="The way back works too")
    assert champion(own_product) != version


def draft_and_stage(own: Product, engineer: Page, approver: Page, version: str) -> str:
    """Fill in a draft and read its forecast, stage B, let another person approve; return the address."""
    engineer.goto(f"{own.base}{LIST}add/")
    engineer.fill("[name=name]", "Is B more accurate?")
    engineer.fill("[name=hypothesis]", "B knows misspelt words better.")
    engineer.select_option("[name=model_b]", version)
    engineer.wait_for_function("document.getElementById('forecast-text').textContent.includes('80 reviews')")
    assert "there is no challenger" in engineer.locator("#forecast-missing").inner_text()
    assert find_violations(engineer) == []
    engineer.click("[name=_continue]")
    engineer.wait_for_url("**/change/")
    press(engineer, "Stage B as challenger", reason="To be compared")
    address = engineer.url
    approve(approver, own.base)
    return address


def conclude_and_ship(own: Product, engineer: Page, approver: Page, address: str) -> None:
    """Read the verdict, conclude with it, request the promotion of B, and approve it."""
    approver.goto(address)
    assert "B is better: right in" in approver.locator("#verdict").inner_text()
    approver.wait_for_function("document.querySelectorAll('#experiment-numbers tbody tr').length > 0")
    assert find_violations(approver) == []
    press(approver, "Conclude", reason="Decided")
    engineer.goto(address)
    press(engineer, "Ship B", reason="More accurate")
    approve(approver, own.base)


def ask_about_pairs(own: Product) -> None:
    """Let a client ask about pairs on which the two versions disagree, once the phase counts."""
    time.sleep(2 * SETTLING.total_seconds())
    session, api = requests.Session(), f"{own.base}/api/v1"
    token = session.post(f"{api}/token", json={"email": CLIENT, "password": own.password}).json()["access"]
    session.headers["Authorization"] = f"Bearer {token}"
    pairs = [
        {"name1": f"{one} {surname}", "name2": f"{other} {surname}"}
        for one, other in ROMANISATIONS
        for surname in ("Orlov", "Volkov", "Koval", "Petrov", "Popov")
    ]
    answer = session.post(f"{api}/compare/batch", json={"pairs": pairs})
    assert answer.status_code == 201, answer.text
    assert {row["answer"]["experiment"] is not None for row in answer.json()["results"]} == {True}


def champion(own: Product) -> str:
    """The version that answers now."""
    found = own.python(
        "import json; from modelops.models import LiveSlot; "
        "print(json.dumps(str(LiveSlot.objects.get(role='champion', profile='*').deployment.model_id)))"
    )
    return str(found)
