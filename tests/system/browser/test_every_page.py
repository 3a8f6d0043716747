"""axe-core finds nothing serious on any page: each is followed from the addresses and links that there are.

A page is one URL pattern: the first link to it is opened, at 1280 pixels light and at 390 pixels dark.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.urls import Resolver404, resolve
from playwright.sync_api import Browser, Page

from tests.system.browser.conftest import SignIn
from tests.system.browser.people import LEA
from tests.system.browser.product import ADMINISTRATOR, Product
from tests.system.browser.test_accessibility import fill, find_overflow, serious
from tests.walk import addresses

LOOKS = ((1280, "light"), (390, "dark"))
"""Each width and each scheme once: contrast does not depend on the width."""
CLIENT_WITH_HISTORY = "harbour-bank@history.example"
NO_PAGES = (
    "/api/v1",
    "/api/schema",
    "/static/",
    "/scim/",
    "/metrics",
    "/sign-out",
    "/ready",
)
_LINKS = "[...document.querySelectorAll('a[href]:not([download])')].map(link => link.href)"
_FOLLOW_SCHEME = (
    "document.documentElement.classList.toggle('dark', matchMedia('(prefers-color-scheme: dark)').matches)"
)
"""What the theme of the admin does when it is loaded."""


def list_starts() -> list[str]:
    """Return the addresses that need no row."""
    return [page.url for page in addresses() if "<" not in page.shown and "get" in page.methods]


def find_pattern(base: str, address: str) -> str:
    """Return the URL pattern of an address of the product; empty for another one, or for no page."""
    parts = urlsplit(address)
    if not address.startswith(base) or parts.path.startswith(NO_PAGES):
        return ""
    try:
        return resolve(parts.path).route
    except Resolver404:
        return ""


def visit_pages(page: Page, base: str, starts: list[str], seen: set[str]) -> Iterator[str]:
    """Open each page once, in the order of the links to it, and yield its pattern."""
    waiting = [f"{base}{path}" for path in starts]
    while waiting:
        address = waiting.pop(0)
        pattern = find_pattern(base, address)
        if not pattern or pattern in seen:
            continue
        # Asked for without the page first: a file, or a refusal, would be an error of the browser.
        answer = page.request.get(address)
        if answer.status == 200 and "text/html" in answer.headers.get("content-type", ""):
            seen.add(pattern)
            page.goto(address, wait_until="load")
            yield pattern
            waiting += page.evaluate(_LINKS)


def look(page: Page) -> dict[str, list[tuple[str, str]]]:
    """Return what is wrong with the page, by look."""
    found = {}
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of two words
        page.evaluate(_FOLLOW_SCHEME)
        if wrong := serious(page) + find_overflow(page):
            found[f"{width} {scheme}"] = wrong
    return found


@pytest.fixture(scope="module")
def history(running: Product) -> dict[str, str]:
    """The addresses of pages with rows to show."""
    return fill(running)


@pytest.mark.parametrize("email", [ADMINISTRATOR, LEA, CLIENT_WITH_HISTORY])
def test_every_page_of_somebody(
    sign_in: SignIn, running: Product, history: dict[str, str], email: str
) -> None:
    page = sign_in(email, "/")
    starts = ["/", *(history.values() if email == ADMINISTRATOR else ()), *list_starts()]
    pages = visit_pages(page, running.base, starts, SEEN)
    assert {pattern: wrong for pattern in pages if (wrong := look(page))} == {}
    assert len(SEEN) > 20


def test_every_page_of_a_stranger(browser: Browser, running: Product) -> None:
    page = browser.new_context().new_page()
    pages = visit_pages(page, running.base, ["/sign-in", "/verify", "/api/docs", *list_starts()], set())
    assert {pattern: wrong for pattern in pages if (wrong := look(page))} == {}


SEEN: set[str] = set()
"""What somebody has seen needs no second look."""
