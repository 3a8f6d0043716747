"""axe-core finds nothing on the main pages, light and dark, wide and on a phone."""

import pytest

from tests.system.browser.conftest import SignIn
from tests.system.browser.findings import find_overflow, find_violations
from tests.system.browser.people import BEN, LEA, Client
from tests.system.browser.product import ADMINISTRATOR, Product

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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_review_pages_before_and_after_the_decision(client: Client, sign_in: SignIn, scheme: str) -> None:
    client.objects("Axe Grinders GmbH & Co. KG", f"Axe Grinder GmbH {scheme}")
    page = sign_in(BEN, color_scheme=scheme)
    findings = find_violations(page)
    page.keyboard.press("n")
    page.wait_for_url("**/decide")
    findings += find_violations(page)
    page.click("summary[data-key=s]")
    findings += find_violations(page)
    page.fill("#text", "Another form")
    page.click("button[value=material]")
    page.wait_for_url("**/decision/*")
    findings += find_violations(page)
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
    assert find_violations(sign_in(LEA, path, color_scheme=scheme)) == []


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
        findings[name] = find_violations(page) + find_overflow(page)
    assert {name: found for name, found in findings.items() if found} == {}
