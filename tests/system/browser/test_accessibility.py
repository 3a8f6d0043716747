"""axe-core finds nothing serious on the main pages, light and dark."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.system.browser.conftest import SignIn
from tests.system.browser.people import BEN, LEA, Client

SERIOUS = ("serious", "critical")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
ITEMS = "/admin/feedback/reviewitem"


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
@pytest.mark.parametrize("path", [f"{ITEMS}/quality/team", f"{ITEMS}/quality/mine", "/"])
def test_pages_around_the_review(sign_in: SignIn, path: str, scheme: str) -> None:
    assert serious(sign_in(LEA, path, color_scheme=scheme)) == []
