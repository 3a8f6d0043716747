"""axe-core finds nothing on any page, for anybody: wide and narrow, light and dark.

All that is found is in ``var/accessibility.txt``, with the pages that each person saw. ``PAGES`` in the
environment, a regular expression, limits the looks to the URL patterns in which it is found.
"""

import os
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page

from tests.system.browser.every_page.conftest import OTHERS
from tests.system.browser.every_page.report import Report
from tests.system.browser.every_page.visits import list_starts, look_at_every_page
from tests.system.browser.findings import note_errors
from tests.system.browser.people import ANNA, CLIENT, LEA, sign_in_at
from tests.system.browser.product import ADMINISTRATOR, Product
from tests.system.browser.test_accessibility import fill

QUEUE = "/admin/feedback/reviewitem/queue/"
STRANGERS = ["/sign-in", "/verify", "/api/docs", "/offline", "/password/reset"]
PATIENCE_MS = 120_000
_FILL_ADMIN = """
import json
from tests.system.browser.every_page.admin_rows import fill
fill({member!r})
print(json.dumps("done"))
"""
WANTED = re.compile(os.environ.get("PAGES", ""))


@pytest.fixture(scope="session")
def history(running: Product) -> list[str]:
    """The addresses of pages that show four weeks of history; every model of the admin has a row then."""
    addresses = list(fill(running).values())
    running.python(_FILL_ADMIN.format(member=OTHERS[0][0]))
    return addresses


@pytest.fixture
def page(browser: Browser) -> Page:
    """A page of a browser in which nobody is signed in."""
    page = browser.new_context().new_page()
    page.set_default_timeout(PATIENCE_MS)
    return page


def open_as(page: Page, running: Product, email: str) -> list[str]:
    """Sign somebody in; return where they start."""
    sign_in_at(page, running, email, "/")
    return ["/"]


def take_an_item(page: Page, running: Product, email: str) -> list[str]:
    """Sign a reviewer in and take an item; return where they start."""
    sign_in_at(page, running, email, QUEUE)
    page.keyboard.press("n")
    page.wait_for_url("**/decide")
    return ["/", page.url.removeprefix(running.base)]


@pytest.mark.parametrize(
    ("who", "email", "begin"),
    [
        ("administrator", ADMINISTRATOR, open_as),
        ("lead", LEA, take_an_item),
        ("reviewer", ANNA, take_an_item),
        ("client", CLIENT, open_as),
        *((role, email, open_as) for email, role in OTHERS),
    ],
)
def test_every_page_of_somebody(
    page: Page,
    running: Product,
    history: list[str],
    report: Report,
    who: str,
    email: str,
    begin: Callable[[Page, Product, str], list[str]],
) -> None:
    starts = [*begin(page, running, email), *history, *list_starts()]
    looks = look_at_every_page(page, note_errors(page), running.base, starts, WANTED)
    findings = report.add(who, looks)
    assert not findings, f"{len(findings)} findings, in {report.path}; the first is {findings[0]}"


def test_every_page_of_a_stranger(page: Page, running: Product, report: Report) -> None:
    starts = [*STRANGERS, *list_starts()]
    looks = look_at_every_page(page, note_errors(page), running.base, starts, WANTED)
    findings = report.add("stranger", looks)
    assert not findings, f"{len(findings)} findings, in {report.path}; the first is {findings[0]}"
