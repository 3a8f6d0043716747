"""Who looks at the pages."""

import pytest
from django.test import Client

from accounts.models import User
from tests.people import person


@pytest.fixture
def user() -> User:
    """Somebody who may compare."""
    return person()


@pytest.fixture
def browser(user: User) -> Client:
    """Their browser, signed in."""
    client = Client()
    client.force_login(user)
    return client
