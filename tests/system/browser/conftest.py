"""One product and one browser for all browser tests."""

import os
import secrets
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.system.browser.findings import note_errors
from tests.system.browser.people import Client, move_in, sign_in_at
from tests.system.browser.product import FLAGS, Product, chromium, product

# Playwright runs its own loop in this thread, which Django takes for an asynchronous program.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

SignIn = Callable[..., Page]
_PATIENCE_MS = 60_000


@pytest.fixture(scope="session")
def running() -> Iterator[Product]:
    """The whole product with people in it."""
    with product(secrets.token_urlsafe(16)) as installation:
        move_in(installation)
        yield installation


@pytest.fixture(scope="session")
def client(running: Product) -> Client:
    """A client application."""
    return Client(running)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    expect.set_options(timeout=_PATIENCE_MS)
    with sync_playwright() as playwright:
        chrome = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        yield chrome
        chrome.close()


@pytest.fixture
def sign_in(running: Product, browser: Browser) -> Iterator[SignIn]:
    """A function that signs somebody in and opens a page; every console error fails the test."""
    contexts: list[BrowserContext] = []
    errors: list[list[str]] = []

    def opened(email: str, path: str = "/admin/feedback/reviewitem/queue/", **options: object) -> Page:
        context = browser.new_context(**options)  # type: ignore[arg-type]
        context.set_default_timeout(_PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        errors.append(note_errors(page))
        sign_in_at(page, running, email, path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [error for of_page in errors for error in of_page] == []
