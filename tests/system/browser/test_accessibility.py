"""axe-core finds nothing serious on the main pages, light and dark, wide and on a phone."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.system.browser.conftest import SignIn
from tests.system.browser.people import BEN, LEA, Client
from tests.system.browser.product import ADMINISTRATOR, Product

SERIOUS = ("serious", "critical")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
ITEMS = "/admin/feedback/reviewitem"
FIXED_PAGES = {
    "overview": "/admin/",
    "executive": "/admin/analytics/executive/",
    "technical": "/admin/analytics/technical/",
    "review": "/admin/analytics/review/",
    "daily-metrics": "/admin/analytics/reports/daily-metrics/",
    "user-activity": "/admin/analytics/reports/user-activity/",
    "model-performance": "/admin/analytics/reports/model-performance/",
    "experiments": "/admin/experiments/experiment/",
    "new-experiment": "/admin/experiments/experiment/add/",
    "live": "/admin/modelops/liveslot/",
    "registry": "/admin/modelops/modelversion/",
    "requests": "/admin/modelops/promotionrequest/",
    "runs": "/admin/modelops/trainingrun/",
}
"""Pages whose address is the same in every installation."""
_FILL = """
import json
from tests.system.browser.history import fill
print(json.dumps(fill({password!r})))
"""


def serious(page: Page) -> list[tuple[str, str]]:
    """Rule and place of every serious finding inside what is ours."""
    violations: list[dict[str, Any]] = Axe().run(page, options=RULES).response["violations"]
    bad = [violation for violation in violations if violation["impact"] in SERIOUS]
    return [(violation["id"], node["html"][:160]) for violation in bad for node in violation["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_review_pages_before_and_after_the_decision(client: Client, sign_in: SignIn, scheme: str) -> None:
    client.objects("Axe Grinders GmbH & Co. KG", f"Axe Grinder GmbH {scheme}")
    page = sign_in(BEN, color_scheme=scheme)
    findings = serious(page)
    page.keyboard.press("n")
    page.wait_for_url("**/decide")
    findings += serious(page)
    page.click("summary[data-key=s]")
    findings += serious(page)
    page.fill("#text", "Another form")
    page.click("button[value=material]")
    page.wait_for_url("**/decision/*")
    findings += serious(page)
    assert findings == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "path",
    [
        f"{ITEMS}/quality/team",
        f"{ITEMS}/quality/mine",
        "/admin/feedback/guideline/text/",
        "/admin/feedback/guideline/text/?q=form",
        "/admin/feedback/goldanswer/",
        "/admin/analytics/review-quality/",
        "/",
        "/webhooks",
        "/keys",
        "/api/docs",
        "/api/docs/reference",
    ],
)
def test_pages_around_the_review(sign_in: SignIn, path: str, scheme: str) -> None:
    assert serious(sign_in(LEA, path, color_scheme=scheme)) == []


def fill(product: Product) -> dict[str, str]:
    """Write four weeks of history and return the addresses of its pages by name."""
    pages: dict[str, str] = product.python(_FILL.format(password=product.password))
    return FIXED_PAGES | pages


@pytest.fixture(scope="module")
def pages(running: Product) -> dict[str, str]:
    """The addresses of reports, dashboards, experiments and model pages, each with something to show."""
    return fill(running)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_reports_dashboards_experiments_and_model_pages(
    sign_in: SignIn, pages: dict[str, str], running: Product, scheme: str, width: int
) -> None:
    page = sign_in(ADMINISTRATOR, "/admin/", color_scheme=scheme, viewport={"width": width, "height": 900})
    findings = {}
    for name, address in pages.items():
        page.goto(f"{running.base}{address}")
        findings[name] = serious(page) + find_overflow(page)
    assert {name: found for name, found in findings.items() if found} == {}


def find_overflow(page: Page) -> list[tuple[str, str]]:
    """Whether the page itself is wider than the screen; what scrolls inside its own frame is not."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [("wider than the screen", f"{wide} px")] if wide > 0 else []
