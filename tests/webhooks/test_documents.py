"""The examples of docs/webhooks.md verify a real message, and no forged one."""

import base64
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Role
from tests.people import person
from tests.webhooks.customers import happen, subscribe
from webhooks.models import EventType
from webhooks.sending import deliver_due_messages

pytestmark = pytest.mark.django_db

PAGE = Path(__file__).resolve().parents[2] / "docs" / "webhooks.md"
Message = tuple[str, dict[str, str], bytes]


@pytest.fixture
def message() -> Iterator[Message]:
    """A secret, and the headers and body of a message under it."""
    user = person(Role.CLIENT)
    with subscribe(user) as (endpoint, secret, hook):
        happen(user)
        deliver_due_messages(endpoint.pk)
        headers, body = hook.posts[0]
        yield secret, headers, body


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)


def functions() -> dict[str, Callable[..., Any]]:
    """The functions that the page defines."""
    names: dict[str, Any] = {}
    for block in blocks("python"):
        exec(block, names)  # noqa: S102 - our own page
    return {name: names[name] for name in ("read_message", "verify_by_hand")}


@pytest.mark.parametrize("name", ["read_message", "verify_by_hand"])
def test_the_python_of_the_page_opens_a_message_and_refuses_a_forged_one(name: str, message: Message) -> None:
    secret, headers, body = message
    verify = functions()[name]
    assert verify(secret, headers, body)["data"] == {"job": "job-1"}
    with pytest.raises(Exception, match="signature"):
        verify(secret, headers, body.replace(b"job-1", b"job-2"))
    with pytest.raises(Exception, match="old"):
        verify(secret, {**headers, "webhook-timestamp": "1795946000"}, body)


def test_the_shell_of_the_page_computes_the_signature(message: Message, tmp_path: Path) -> None:
    secret, headers, body = message
    (tmp_path / "body.json").write_bytes(body)
    (script,) = [block for block in blocks("bash") if "openssl" in block]
    variables = {
        "SECRET": secret,
        "WEBHOOK_ID": headers["webhook-id"],
        "WEBHOOK_TIMESTAMP": headers["webhook-timestamp"],
    }
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env={**os.environ, **variables}, capture_output=True, check=True
    )
    assert f"v1,{done.stdout.decode().strip()}" == headers["webhook-signature"]
    assert len(base64.b64decode(done.stdout)) == 32


def test_the_page_names_every_event() -> None:
    shown = set(re.findall(r"^\| `(\w+\.\w+)` \|", PAGE.read_text(encoding="utf-8"), re.M))
    assert shown == {*EventType.values, "webhook.test"}
