"""The review pages as people use them, in a real browser on the whole product."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Response, expect

from tests.system.browser.conftest import SignIn
from tests.system.browser.people import ANNA, BEN, LEA, Client

WIDE = {"viewport": {"width": 1400, "height": 1000}}


def press(page: Page, key: str) -> None:
    """Press a key of the page, whose script listens from the end of its loading on."""
    page.wait_for_load_state()
    page.keyboard.press(key)


def take(page: Page) -> None:
    """Take the next item by its key."""
    press(page, "n")
    page.wait_for_url("**/decide")


def decide(page: Page, key: str, reason: str = "") -> None:
    """Write a reason and answer by a key."""
    if reason:
        page.fill("#text", reason)
        page.locator("h2#names").click()
    press(page, key)
    page.wait_for_url("**/decision/*")


def test_decide_by_keys_see_the_answer_revise_undo_and_hand_out_a_memo(
    client: Client, sign_in: SignIn, tmp_path: Path
) -> None:
    client.objects("Larkspur Kiln GmbH & Co. KG", "Larkspur Kiln GmbH")
    page = sign_in(ANNA, **WIDE)
    take(page)
    assert "Model:" not in page.content()
    decide(page, "1", "Only the form is longer")
    expect(page.locator("#models")).to_have_text("Model: Material")
    page.get_by_text("Revise my decision").click()
    page.check("input[value=material]")
    page.fill("#revise-text", "A partnership is another form")
    page.get_by_role("button", name="Store the revision").click()
    expect(page.locator(".verdict").first).to_contain_text("Revised:")
    press(page, "u")
    page.wait_for_url("**/decide")
    expect(page.locator("#text")).to_have_value("Only the form is longer")
    decide(page, "2", "Another legal form")
    for form in ("PDF", "JSON"):
        with page.expect_download() as coming:
            page.get_by_role("button", name=form, exact=True).click()
        coming.value.save_as(tmp_path / form)
    assert (tmp_path / "PDF").read_bytes().startswith(b"%PDF-")
    assert json.loads((tmp_path / "JSON").read_text())["final"] == "material"


def test_a_second_person_is_blind_a_third_settles_it_and_the_precedent_appears(
    client: Client, sign_in: SignIn
) -> None:
    client.objects("Vermilion Ostler Holdings Ltd", "Vermilion Ostler Ltd")
    anna, ben, lea = sign_in(ANNA), sign_in(BEN), sign_in(LEA)
    take(anna)
    decide(anna, "1", "Zanzibar told me")
    take(ben)
    assert "Zanzibar" not in ben.content()
    assert "Vermilion" in ben.content()
    decide(ben, "2", "A holding is another company")
    take(lea)
    expect(lea.locator(".prior__pair")).to_contain_text("Zanzibar told me")
    lea.fill("#text", "A group role word names another company")
    lea.select_option("#clause", index=1)
    lea.locator("h2#names").click()
    press(lea, "2")
    lea.wait_for_url("**/decision/*")
    client.objects("Cobalt Ferrier Holdings Ltd", "Cobalt Ferrier Ltd")
    take(anna)
    expect(anna.locator(".precedent").first).to_contain_text("Vermilion Ostler Holdings Ltd")
    decide(anna, "2", "As in the precedent")


def test_two_browsers_race_for_one_item(client: Client, sign_in: SignIn) -> None:
    client.objects("Only One Pair Ltd", "Only One Pair LLC")
    pages = [sign_in(ANNA), sign_in(BEN)]
    for page in pages:
        page.get_by_role("button", name=re.compile("next item")).click(no_wait_after=True)
    for page in pages:
        page.wait_for_load_state()
        expect(page.locator("h2#names, h2#recent")).to_be_visible()
    winners = [page for page in pages if page.url.endswith("/decide")]
    assert len(winners) == 1
    loser = next(page for page in pages if page is not winners[0])
    expect(loser.get_by_text("Nothing is waiting for you.").first).to_be_visible()
    decide(winners[0], "2", "Another form")


def test_everything_by_keyboard_alone(client: Client, sign_in: SignIn) -> None:
    client.objects("Keyboard Only Ltd", "Keyboard Only LLC")
    page = sign_in(ANNA)
    reach(page, "button[data-key=n]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/decide")
    reach(page, "#text")
    page.keyboard.type("Two forms 1 2 3")
    assert page.url.endswith("/decide")
    reach(page, "button[value=material]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/decision/*")
    assert page.locator("#yours").inner_text() == "You: Material"


def reach(page: Page, selector: str) -> None:
    """Press Tab until an element has the focus, and see that the focus shows."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none"
            return
    raise AssertionError(f"Tab does not reach {selector}")


def test_keys_are_listed_on_a_key_and_can_be_switched_off(client: Client, sign_in: SignIn) -> None:
    client.objects("Switched Off Ltd", "Switched Off LLC")
    page = sign_in(ANNA)
    take(page)
    press(page, "?")
    expect(page.get_by_role("dialog", name="Keys of this page")).to_contain_text("Cannot tell")
    press(page, "2")
    press(page, "Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="Help on keys").click()
    press(page, "Escape")
    expect(page.get_by_role("button", name="Help on keys")).to_be_focused()
    assert page.url.endswith("/decide")
    page.uncheck("[data-keys]")
    page.locator("h2#names").click()
    press(page, "2")
    page.wait_for_timeout(300)
    assert page.url.endswith("/decide")
    page.check("[data-keys]")
    decide(page, "2", "Another form")


def test_without_javascript_every_step_works(client: Client, sign_in: SignIn) -> None:
    client.objects("No Script Ltd", "No Script LLC")
    page = sign_in(ANNA, java_script_enabled=False)
    page.get_by_role("button", name=re.compile("next item")).click()
    page.get_by_role("button", name=re.compile("Cannot tell")).click()
    expect(page.get_by_role("alert")).to_contain_text("Say which fact is missing")
    page.fill("#text", "The register")
    page.get_by_role("button", name=re.compile("^2")).click()
    assert page.locator("#yours").inner_text() == "You: Material"


@pytest.mark.parametrize(
    "names",
    [
        ("شركة الخليج للتجارة ذ.م.م", "شركة الخليج للتجاره"),
        ("Aktiengesellschaftsvorstandsvorsitzendenversammlung " * 3, "Donaudampfschifffahrt AG"),
    ],
)
def test_on_a_phone_nothing_is_cut_and_right_to_left_stays_so(
    client: Client, sign_in: SignIn, names: tuple[str, str]
) -> None:
    client.objects(*names)
    page = sign_in(ANNA, viewport={"width": 320, "height": 700})
    page.get_by_role("button", name=re.compile("next item")).click()
    page.wait_for_url("**/decide")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    arabic = "شركة" in names[0]
    expect(page.locator("ol.aligned, dl.apart").first).to_be_visible()
    assert (page.locator("ol.aligned").get_attribute("dir") == "rtl") is arabic
    small = page.eval_on_selector_all(
        ".review button",
        "all => all.filter(one => one.checkVisibility() && one.getBoundingClientRect().height < 44).length",
    )
    assert small == 0
    page.click(".answer >> nth=2")
    page.fill("#text", "The extract")
    page.click(".answer >> nth=2")
    page.wait_for_url("**/decision/*")


def test_the_model_answers_nobody_before_the_decision_in_the_network_either(
    client: Client, sign_in: SignIn
) -> None:
    client.objects("Network Quiet GmbH & Co. KG", "Network Quiet GmbH")
    page = sign_in(ANNA)
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer) if answer.ok else None)
    take(page)
    page.wait_for_load_state("networkidle")
    bodies = [answer.text() for answer in answers if "html" in answer.headers.get("content-type", "")]
    assert any("Network Quiet" in body for body in bodies)
    assert not any(re.search(r"Another name:|% confidence|effect--", body) for body in bodies)
    decide(page, "2", "Another form")
