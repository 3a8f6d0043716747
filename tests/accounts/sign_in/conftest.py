"""A browser that signs in as a person does, and an authenticator app that knows the time."""

import base64
import hashlib
import hmac
import re
import struct
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from tests.people import PASSWORD

SignIn = Callable[..., Any]


def compute_code(key: str, at: float | None = None) -> str:
    """Compute what an authenticator app shows (RFC 6238), independent of the product."""
    counter = struct.pack(">Q", int((time.time() if at is None else at) // 30))
    digest = hmac.digest(base64.b32decode(key), counter, hashlib.sha1)
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def set_up_app(client: Client) -> str:
    """Set up an authenticator app on the page; return its key."""
    page = client.get("/account/authenticator-app").content.decode()
    key = re.search(r'id="authenticator-key">(\w+)<', page)
    assert key, page
    answer = client.post("/account/authenticator-app", {"code": compute_code(key[1])})
    assert answer.status_code == 302, answer.content.decode()
    return key[1]


@pytest.fixture
def sign_in(client: Client) -> SignIn:
    """A function that signs somebody in by password; the answer is where the page leads."""

    def signed_in(user: User, password: str = PASSWORD, **more: str) -> Any:
        return client.post("/sign-in", {"login": user.email, "password": password, **more})

    return signed_in
