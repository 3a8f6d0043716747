"""A customer with a webhook."""

from collections.abc import Iterator

import pytest

from accounts.models import Role, User
from tests.people import person
from tests.webhooks.customers import Subscribed, subscribe


@pytest.fixture
def user() -> User:
    """The customer's account."""
    return person(Role.CLIENT)


@pytest.fixture
def customer(user: User) -> Iterator[Subscribed]:
    """Their webhook, subscribed to everything."""
    with subscribe(user) as endpoint:
        yield endpoint
