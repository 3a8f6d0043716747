"""Signing in with a passkey and with a second factor, in a browser with an authenticator of its own."""

import base64
import hashlib
import hmac
import struct
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.system.browser.findings import find_violations
from tests.system.browser.product import Product

PASSKEY_OWNER, APP_OWNER = "passkey@example.com", "app@example.com"
_PEOPLE = """
import json
from accounts.auth.users import create_user
for email in {emails!r}:
    create_user(email, {password!r}, "client", None)
print(json.dumps("done"))
"""
_PLATFORM_AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
}


@pytest.fixture(scope="module")
def base(running: Product) -> str:
    """The product under a name: browsers make passkeys for names, not for addresses."""
    running.python(_PEOPLE.format(emails=[PASSKEY_OWNER, APP_OWNER], password=running.password))
    return running.base.replace("127.0.0.1", "localhost")


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser profile of its own."""
    found = browser.new_context()
    found.set_default_timeout(15_000)
    yield found
    found.close()


def sign_in(page: Page, base: str, email: str, password: str) -> None:
    page.goto(f"{base}/sign-in")
    page.fill("#username", email)
    page.fill("#password", password)
    page.click("#sign-in")


def compute_code(key: str, later: int = 0) -> str:
    counter = struct.pack(">Q", int((time.time() + later) // 30))
    digest = hmac.digest(base64.b32decode(key), counter, hashlib.sha1)
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def add_authenticator(page: Page) -> Any:
    """Give the browser an authenticator like that of a laptop with a fingerprint reader."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": _PLATFORM_AUTHENTICATOR})
    return session, made["authenticatorId"]


def test_somebody_adds_a_passkey_and_signs_in_with_it_alone(
    context: BrowserContext, base: str, running: Product
) -> None:
    page = context.new_page()
    session, authenticator = add_authenticator(page)
    sign_in(page, base, PASSKEY_OWNER, running.password)
    page.wait_for_url(f"{base}/")
    page.goto(f"{base}/account")
    page.click("text=Add a passkey")
    page.click("#passkey-add")
    page.wait_for_url("**/account/recovery-codes")
    assert page.locator(".codes li").count() == 10
    page.click("text=Sign out")
    page.wait_for_url("**/sign-in**")
    page.click("#passkey-login")
    page.wait_for_url(f"{base}/")
    assert PASSKEY_OWNER in page.content()

    page.click("text=Sign out")
    sign_in(page, base, PASSKEY_OWNER, running.password)
    page.wait_for_url("**/sign-in/second-factor")
    page.click("#passkey-use")
    page.wait_for_url(f"{base}/")

    page.click("text=Sign out")
    session.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    page.click("#passkey-login")
    page.wait_for_selector("#passkey-error:visible")
    assert page.url.startswith(f"{base}/sign-in")


def test_somebody_signs_in_with_password_and_app(
    context: BrowserContext, base: str, running: Product
) -> None:
    page = context.new_page()
    sign_in(page, base, APP_OWNER, running.password)
    page.wait_for_url(f"{base}/")
    page.goto(f"{base}/account/authenticator-app")
    key = page.inner_text("#authenticator-key")
    page.fill("#id_code", compute_code(key))
    page.click("text=Switch it on")
    page.wait_for_url("**/account/recovery-codes")
    page.click("text=Sign out")
    sign_in(page, base, APP_OWNER, running.password)
    page.wait_for_url("**/sign-in/second-factor")
    page.fill("#code", "000000")
    page.press("#code", "Enter")
    page.wait_for_selector("[role=alert]")
    page.fill("#code", compute_code(key, later=30))
    page.press("#code", "Enter")
    page.wait_for_url(f"{base}/")
    assert APP_OWNER in page.content()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_of_signing_in_are_accessible(
    browser: Browser, base: str, running: Product, scheme: Any
) -> None:
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    findings = []
    for path in ("/sign-in", "/password/reset"):
        page.goto(f"{base}{path}")
        findings += find_violations(page)
    sign_in(page, base, "client@example.com", running.password)
    page.wait_for_url(f"{base}/")
    for path in ("/account", "/password", "/account/authenticator-app", "/account/passkeys/add"):
        page.goto(f"{base}{path}")
        findings += find_violations(page)
    context.close()
    assert findings == []
