"""What is wrong with a page: what axe-core and the browser say, and whether it is too wide."""

from typing import NamedTuple

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
_SCRIPT = Axe().axe_script
_IS_LOADED = "typeof axe === 'object'"
_RUN = """async rules => (await axe.run(document, rules)).violations.flatMap(
    violation => violation.nodes.map(node => [violation.id, node.html.slice(0, 160)]))"""
_MEASURE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Finding(NamedTuple):
    """A rule that a page breaks, and where."""

    rule: str
    place: str


def find_violations(page: Page) -> list[Finding]:
    """Return what axe-core finds on the page as it is shown now."""
    if not page.evaluate(_IS_LOADED):
        page.evaluate(_SCRIPT)
    return [Finding(*found) for found in page.evaluate(_RUN, RULES)]


def find_overflow(page: Page) -> list[Finding]:
    """Return whether the page itself is wider than the screen; what scrolls inside its own frame is not."""
    wide = page.evaluate(_MEASURE)
    return [Finding("wider than the screen", f"{wide} px")] if wide > 0 else []


def note_errors(page: Page) -> list[str]:
    """Return a list that receives every error which the browser reports from now on."""
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if _is_error(message) else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    return errors


def _is_error(message: ConsoleMessage) -> bool:
    """Say whether a console message is an error; a refused form (422) is reported there by every browser."""
    return message.type == "error" and "status of 422" not in message.text
