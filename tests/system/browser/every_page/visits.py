"""Every page that an address or a link leads to, opened wide and narrow, looked at light and dark."""

from collections.abc import Iterable, Iterator
from re import Pattern
from typing import NamedTuple
from urllib.parse import urlsplit

from django.urls import Resolver404, resolve
from playwright.sync_api import Page

from tests.system.browser.findings import Finding, find_overflow, find_violations
from tests.walk import addresses

WIDTHS = (1280, 390)
SCHEMES = ("light", "dark")
NO_PAGES = (
    "/api/v1",
    "/api/schema",
    "/static/",
    "/scim/",
    "/metrics",
    "/sign-out",
    "/ready",
    "/admin/search/",
)
"""For programs, and parts of pages."""
_LINKS = "[...document.querySelectorAll('a[href]:not([download])')].map(link => link.href)"
_FOLLOW_SCHEME = """() => {
    const isDark = matchMedia('(prefers-color-scheme: dark)').matches;
    document.documentElement.classList.toggle('dark', isDark);
    document.documentElement.classList.toggle('light', false);
    document.getAnimations().forEach(animation => animation.finish());
}"""
"""What the theme of the admin does when it is loaded; colours change at once."""


class Look(NamedTuple):
    """What was found on a page, which is named by its URL pattern, at one width in one scheme."""

    pattern: str
    width: int
    scheme: str
    findings: list[Finding]


def list_starts() -> list[str]:
    """Return the addresses that need no row."""
    return [page.url for page in addresses() if "<" not in page.shown and "get" in page.methods]


def look_at_every_page(
    page: Page, errors: list[str], base: str, starts: Iterable[str], wanted: Pattern[str]
) -> Iterator[Look]:
    """Yield the looks at each page: the starts, and the first address of every URL pattern under a link.

    A page whose URL pattern is not ``wanted`` is opened for its links only.
    """
    waiting = [f"{base}{path}" for path in starts]
    named = set(waiting)
    seen: set[str | None] = {None}
    opened: set[str] = set()
    while waiting:
        asked = waiting.pop(0)
        if asked not in named and _find_pattern(base, asked) in seen:
            continue
        address = _reach_page(page, asked)
        pattern = _find_pattern(base, address)
        if pattern is None or address in opened or (pattern in seen and address not in named):
            continue
        seen.add(pattern)
        opened.add(address)
        if wanted.search(pattern):
            yield from _look(page, errors, address, pattern)
        else:
            page.goto(address, wait_until="load")
            errors.clear()
        waiting += page.evaluate(_LINKS)


def _find_pattern(base: str, address: str) -> str | None:
    """Return the URL pattern of an address of the product, nothing for another one or for no page."""
    parts = urlsplit(address)
    if not address.startswith(base) or parts.path.startswith(NO_PAGES):
        return None
    try:
        return f"/{resolve(parts.path).route}"
    except Resolver404:
        return None


def _reach_page(page: Page, address: str) -> str:
    """Return the address of the page to which an address leads; empty for a file or a refusal.

    It is asked for without the browser's page, which would report them as errors.
    """
    answer = page.request.get(address)
    is_page = answer.status == 200 and "text/html" in answer.headers.get("content-type", "")
    return answer.url if is_page else ""


def _look(page: Page, errors: list[str], address: str, pattern: str) -> Iterator[Look]:
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        page.goto(address, wait_until="load")
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of two words
            page.evaluate(_FOLLOW_SCHEME)
            findings = find_violations(page) + find_overflow(page)
            findings += [Finding("error of the browser", error) for error in errors]
            errors.clear()
            yield Look(pattern, width, scheme, findings)
