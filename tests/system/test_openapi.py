"""The API keeps what its OpenAPI document promises, whatever it is sent."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from pytest_django import Settings
from schemathesis.checks import CHECKS, load_all_checks

from accounts.auth.tokens import RefreshToken
from accounts.models import Role
from config.wsgi import application
from tests.models import installed
from tests.people import person

load_all_checks()
document = schemathesis.openapi.from_wsgi("/api/schema", application)

# A bad pair does not spoil a batch: it gets its problem in its place, and the answer is 201.
LENIENT: dict[str, list[Any]] = {"/api/v1/compare/batch": [CHECKS.get_one("negative_data_rejection")]}
# A schema cannot say that a name needs a letter, that a password must be right, or that a prediction exists.
BEYOND_THE_DOCUMENT: list[Any] = [CHECKS.get_one("positive_data_acceptance")]

BOUNDED = settings(
    max_examples=30,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def bearer(settings: Settings) -> Iterator[dict[str, str]]:
    """A client whose allowance lasts, where a model is live."""
    settings.API_RATE = settings.BATCH_RATE = settings.LOGIN_RATE = "1000000/min"
    installed()
    token = RefreshToken.for_user(person(Role.CLIENT)).access_token
    # A request over WSGI would close the connection, and with it the transaction, of the test.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield {"Authorization": f"Bearer {token}"}
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.django_db
@document.parametrize()
@BOUNDED
def test_an_operation_answers_as_documented(case: schemathesis.Case[Any], bearer: dict[str, str]) -> None:
    answer = case.call_and_validate(
        headers=bearer, excluded_checks=BEYOND_THE_DOCUMENT + LENIENT.get(case.path, [])
    )
    assert answer.headers["x-request-id"]
