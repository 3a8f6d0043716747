"""`make screenshots`: the pictures of docs/images, taken from the running product by a Chromium."""

import io
import secrets
import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.system.browser.people import ANNA, BEN, LEA, Client, move_in, sign_in_at
from tests.system.browser.product import ADMINISTRATOR, FLAGS, Product, ProductDownError, chromium, product
from tests.system.browser.test_accessibility import fill

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
PAIR = ("The Han Seok Trading Co., Ltd.", "Han Seon Trading Holdings Company Limited")
OTHERS = (
    ("Müller & Söhne International GmbH & Co. KG", "Mueller und Soehne Intl. GmbH"),
    ("Аcme Holdings LLC", "Acme Holdings, L.L.C."),
    ("Heron Foods Company", "Heron Fooods Company"),
)
SIZE = ViewportSize(width=1100, height=1000)
PHONE = ViewportSize(width=320, height=700)
DESKTOP = ViewportSize(width=1280, height=1000)
MOBILE = ViewportSize(width=390, height=844)
PAGES = ("overview", "executive", "technical", "review", "experiment-draft", "experiment-results", "approval")
"""Pages that are kept on a desktop and on a phone, light and dark."""

QUEUE = "/admin/feedback/reviewitem/queue/"


def main() -> int:
    """Take every picture and return the exit code."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    try:
        with product(secrets.token_urlsafe(16)) as running, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
            move_in(running)
            picture_of_a_comparison(running, browser)
            pictures_of_the_review(running, browser)
            pictures_of_dashboards_and_models(running, browser)
            browser.close()
    except ProductDownError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def picture_of_a_comparison(running: Product, browser: Browser) -> None:
    """Compare, and keep what the top of the answer looks like."""
    page = signed_in(running, browser, ADMINISTRATOR, "/")
    page.fill("#name1", PAIR[0])
    page.fill("#name2", PAIR[1])
    page.click("#ask .primary")
    page.wait_for_selector(".verdict")
    keep(page, "compare")


def pictures_of_the_review(running: Product, browser: Browser) -> None:
    """A first day: the review queue, an item, the model's answer, the third person, the lead's page."""
    client = Client(running)
    for names in (PAIR, *OTHERS):
        client.objects(*names)
    anna = signed_in(running, browser, ANNA, QUEUE)
    keep(anna, "review-queue")
    take(anna)
    keep(anna, "review-decide")
    anna.set_viewport_size(PHONE)
    keep(anna, "review-decide-phone")
    anna.set_viewport_size(SIZE)
    decide(anna, "immaterial", "One letter and a role word; I think it is one company")
    keep(anna, "review-decision")
    work_through(anna, ("material", "material", "material"))
    ben = signed_in(running, browser, BEN, QUEUE)
    take(ben)
    decide(ben, "material", "Holdings names another company of the group")
    lea = signed_in(running, browser, LEA, QUEUE, dark=True)
    take(lea)
    keep(lea, "review-adjudicate")
    lea.goto(f"{running.base}/admin/feedback/reviewitem/quality/team")
    keep(lea, "review-quality")


def pictures_of_dashboards_and_models(running: Product, browser: Browser) -> None:
    """Four weeks later: dashboards, an experiment and a request to approve."""
    addresses = fill(running)
    for is_dark in (False, True):
        page = signed_in(running, browser, ADMINISTRATOR, "/admin/", dark=is_dark)
        for name in PAGES:
            for size, where in ((DESKTOP, ""), (MOBILE, "-phone")):
                page.set_viewport_size(size)
                page.goto(f"{running.base}{addresses[name]}")
                page.wait_for_load_state("networkidle")
                keep_small(page, f"{name}{where}{'-dark' if is_dark else ''}")


def signed_in(running: Product, browser: Browser, email: str, path: str, dark: bool = False) -> Page:
    """Sign somebody in and open a page; charts are drawn without movement."""
    context = browser.new_context(
        viewport=SIZE, color_scheme="dark" if dark else "light", reduced_motion="reduce"
    )
    page = context.new_page()
    sign_in_at(page, running, email, path)
    return page


def take(page: Page) -> None:
    """Take the next item."""
    arrives(page, "**/decide", lambda: page.keyboard.press("n"))


def decide(page: Page, answer: str, reason: str) -> None:
    """Answer the item in hand."""
    page.fill("#text", reason)
    arrives(page, "**/decision/*", lambda: page.click(f"button[value={answer}]"))


def work_through(page: Page, answers: tuple[str, ...]) -> None:
    """Answer one item after the other."""
    for answer in answers:
        take(page)
        decide(page, answer, "As the guideline says")


def arrives(page: Page, address: str, act: Callable[[], object]) -> None:
    """Do something that leads to another page."""
    act()
    page.wait_for_url(address)


def keep(page: Page, name: str) -> None:
    """Write the picture."""
    page.screenshot(path=IMAGES / f"{name}.png")
    print(f"Written: docs/images/{name}.png")


def keep_small(page: Page, name: str) -> None:
    """Write the picture as WebP, a third of the size of a PNG."""
    with Image.open(io.BytesIO(page.screenshot())) as picture:
        picture.convert("RGB").save(IMAGES / f"{name}.webp", quality=70, method=6)
    print(f"Written: docs/images/{name}.webp")


if __name__ == "__main__":
    sys.exit(main())
