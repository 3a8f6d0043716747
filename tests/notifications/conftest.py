"""The mail server of the tests of notifications."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.notifications.mail import run_trusted_mail_server
from tests.receivers import Mailbox


@pytest.fixture
def mailbox(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """What a real mail server took."""
    with run_trusted_mail_server(settings, tmp_path, monkeypatch) as box:
        yield box
