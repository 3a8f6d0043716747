"""No page carries inline scripts or styles: the content security policy would silently drop them."""

import re

import pytest
from django.test import Client

from accounts.models import Role
from tests.people import person
from tests.walk import addresses

THEIRS = "periodic-task-overrides"
"""A script of the scheduler's own form, which works without it."""

INLINE = re.compile(
    r"<style\b[^>]*>"
    r"|<script(?![^>]*\b(?:src=|nonce=|application/json))[^>]*>"
    r"|<[a-z][^>]*\s(?:style|on[a-z]+)=\"[^\"]*\""
)


@pytest.mark.django_db
def test_no_page_of_an_administrator_has_an_inline_script_style_or_handler() -> None:
    browser = Client(raise_request_exception=False)
    browser.force_login(person(Role.ADMINISTRATOR))
    violations = []
    for door in addresses():
        if "get" not in door.methods or door.shown.startswith(("/api/v1/", "/sign-out", "/admin/logout")):
            continue
        answer = browser.get(door.url)
        assert answer.status_code < 500 or door.shown == "/ready", door.shown
        if answer.get("Content-Type", "").startswith("text/html"):
            hits = (hit[0][-80:] for hit in INLINE.finditer(answer.content.decode()))
            violations += [f"{door.shown}: {hit}" for hit in hits if THEIRS not in hit]
    assert not violations, "\n".join(violations)


@pytest.mark.parametrize("path", ["/admin/", "/", "/api/v1/me"])
def test_the_policy_allows_nothing_inline_anywhere(path: str, client: Client) -> None:
    assert "unsafe-inline" not in client.get(f"{path}nowhere")["Content-Security-Policy"]
