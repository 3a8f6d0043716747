"""The workspace of who compares: report and its verification, files, shared text, no network, a phone."""

from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.system.browser.conftest import SignIn
from tests.system.browser.findings import find_overflow, find_violations
from tests.system.browser.people import BEN, LEA, Client
from tests.system.browser.product import Product

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SMALLEST = 44
"""Height in pixels of what a finger presses."""

HIGHEST_HEADER = 64
"""Height in pixels of one line with a button that a finger presses."""
_LOW = """
const kinds = 'input:not([type=hidden], [type=radio], [type=checkbox]), a, button, summary, select';
const inText = 'p:not(.buttons), .visually-hidden, .skip, .hint';
const height = (element) => Math.round(element.getBoundingClientRect().height);
[...document.querySelectorAll(kinds)]
  .filter((element) => element.checkVisibility() && !element.closest(inText))
  .filter((element) => height(element) > 2 && height(element) < %d)
  .map((element) => `${element.tagName} ${element.textContent.trim().slice(0, 30)} ${height(element)}`)
"""
_SHARE = """() => {
  const form = Object.assign(document.createElement("form"), { method: "post", action: "/share" });
  const text = Object.assign(document.createElement("textarea"), { name: "text" });
  text.value = "Quince Ltd vs Quince LLP";
  form.append(text);
  document.body.append(form);
  form.submit();
}"""
_KEPT = """async () => {
  const requests = async (name) => (await caches.open(name)).keys();
  const all = await Promise.all((await caches.keys()).map(requests));
  return all.flat().map((request) => new URL(request.url).pathname);
}"""
_CELLS = "Debtor\tCountry\tSecured name\nQuince Ltd\tGB\tQuince Limited\nHeron Ltd\tGB\tHaron Ltd"


def find_low(page: Page) -> list[str]:
    """What is lower than a finger needs; links inside sentences are not meant."""
    low: list[str] = page.evaluate(_LOW % SMALLEST)
    return low


def compare(page: Page, one: str, other: str) -> None:
    page.fill("#name1", one)
    page.fill("#name2", other)
    page.click("#ask .primary")
    page.wait_for_url("**/predictions/*")


def test_a_report_is_taken_and_verified_by_a_stranger(
    sign_in: SignIn, browser: Browser, running: Product
) -> None:
    page = sign_in(LEA, "/", accept_downloads=True)
    compare(page, "Xylophonia Quince GmbH & Co. KG", "Xylophonia Quince GmbH")
    with page.expect_download() as taken:
        page.click("text=Signed JSON")
    text = taken.value.path().read_text(encoding="utf-8")
    code = text.split('"code": "')[1].split('"')[0]
    assert find_violations(page) == []
    stranger = browser.new_context(**PHONE).new_page()
    stranger.goto(f"{running.base}/verify#{code}")
    expect(stranger.locator("#id_code")).to_have_value(code)
    stranger.get_by_role("button", name="Verify").click()
    expect(stranger.locator("#result")).to_have_text("Genuine, and still the same today")
    assert "Quince" not in stranger.content()
    assert find_violations(stranger) + find_overflow(stranger) == []
    stranger.context.close()


def test_pasted_cells_become_a_result(sign_in: SignIn) -> None:
    page = sign_in(LEA, "/jobs", color_scheme="dark", viewport={"width": 390, "height": 844})
    assert find_violations(page) + find_overflow(page) == []
    page.fill(
        "#job_text", "Debtor\tCountry\tSecured name\nQuince Ltd\tGB\tQuince Limited\nHeron Ltd\tGB\tHaron Ltd"
    )
    page.click("text=Next: choose the columns")
    page.wait_for_url("**/jobs/files/*")
    page.click("text=It holds the titles")
    expect(page.locator("#column1")).to_have_value("Debtor")
    page.select_option("#column2", "Secured name")
    expect(page.locator("th.is-chosen")).to_have_count(2)
    assert find_violations(page) + find_overflow(page) == []
    page.click("text=Compare the file")
    expect(page.locator("#verdicts")).to_be_visible()
    expect(page.locator("table.rowlist")).to_contain_text("Haron Ltd")
    assert find_violations(page) + find_overflow(page) == []


def test_a_file_is_compared_without_scripts(sign_in: SignIn) -> None:
    page = sign_in(LEA, "/jobs", java_script_enabled=False)
    content = b"name1,name2\nQuince Ltd,Quince Limited\n"
    page.set_input_files("#job_file", {"name": "pairs.csv", "mimeType": "text/csv", "buffer": content})
    page.click("text=Next: choose the columns")
    page.click("text=Compare the file")
    page.wait_for_selector("#job-status")
    assert "pairs.csv" in page.inner_text("h1")


def test_shared_text_fills_the_form(sign_in: SignIn) -> None:
    page = sign_in(LEA, "/")
    page.evaluate(_SHARE)
    page.wait_for_url("**/share")
    assert (page.input_value("#name1"), page.input_value("#name2")) == ("Quince Ltd", "Quince LLP")


def test_without_a_network_the_offline_page_says_so_and_no_name_was_kept(sign_in: SignIn) -> None:
    page = sign_in(LEA, "/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    compare(page, "Quince Heron Ltd", "Quince Heron LLP")
    kept = page.evaluate(_KEPT)
    assert [path for path in kept if not path.startswith("/static/")] == ["/offline"]
    page.context.set_offline(True)
    page.goto(page.url)
    expect(page.locator("h1")).to_have_text("No connection")
    assert "Quince" not in page.content()


def test_on_a_phone_everything_pressed_is_high_enough(sign_in: SignIn, running: Product) -> None:
    page = sign_in(LEA, "/", **PHONE)
    low = {"/": find_low(page)}
    compare(page, "Quince Ltd", "Quince LLP")
    low["answer"] = find_low(page)
    for path in ("/history", "/jobs", "/verify"):
        page.goto(f"{running.base}{path}")
        low[path] = find_low(page)
    assert {name: found for name, found in low.items() if found} == {}


def test_on_a_phone_the_header_is_one_line_with_a_menu_that_opens_by_keyboard(sign_in: SignIn) -> None:
    page = sign_in(LEA, "/", color_scheme="dark", **PHONE)
    assert page.evaluate("document.querySelector('.top').getBoundingClientRect().height") < HIGHEST_HEADER
    page.get_by_role("button", name="Menu").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    assert find_low(page) + find_violations(page) == []
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Compare"
    page.keyboard.press("Escape")
    expect(page.get_by_role("navigation", name="Main")).to_be_hidden()


def test_on_a_phone_the_decisions_are_in_sight_and_no_key_is_hinted_at(
    client: Client, sign_in: SignIn
) -> None:
    client.objects("Axe Grinders GmbH & Co. KG", "Axe Grinder GmbH phone")
    page = sign_in(BEN, **PHONE)
    page.click("text=Next item") if page.locator("text=Next item").count() else page.click(".big")
    page.wait_for_url("**/decide")
    for button in page.locator(".answer").all():
        box = button.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 844
        assert box["height"] >= SMALLEST
    assert [key for key in page.locator("kbd").all() if key.is_visible()] == []
    assert find_violations(page) + find_overflow(page) == []


def test_the_menu_of_the_admin_opens_by_keyboard(sign_in: SignIn) -> None:
    page = sign_in(LEA, "/admin/", viewport={"width": 390, "height": 844})
    menu = page.get_by_role("button", name="Menu", exact=True)
    menu.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#nav-sidebar", state="visible")
    assert menu.get_attribute("aria-expanded") == "true"
