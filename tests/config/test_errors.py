"""Error responses outside the views: a page for users, problem details for programs."""

import pytest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from config.web import errors
from matching.serving.live_models import get_model_loader
from tests.people import person


def after(fault: Exception) -> HttpResponse:
    """Return the response to a request during which an exception was raised."""
    try:
        raise fault
    except type(fault):
        return errors.server_error(RequestFactory().get("/"))


@pytest.mark.django_db
def test_an_unknown_address_gets_a_page_with_the_id_to_quote(client: Client) -> None:
    response = client.get("/nothing/here", headers={"X-Request-ID": "abcdef-123456"})
    page = response.content.decode()
    assert response.status_code == 404
    assert "There is nothing here" in page
    assert "abcdef-123456" in page
    assert "unsafe" not in response["Content-Security-Policy"]


@pytest.mark.django_db
def test_below_the_api_an_unknown_address_gets_a_problem(client: Client) -> None:
    response = client.get("/api/v1/nothing")
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["title"] == "Not Found"


def test_a_host_that_is_not_ours_gets_the_plain_page(client: Client) -> None:
    response = client.get("/health/nothing", headers={"Host": "elsewhere.example"})
    assert response.status_code == 400
    assert "This request cannot be read" in response.content.decode()


def test_a_fault_shows_nothing_of_itself() -> None:
    response = after(RuntimeError("Granite Ridge"))
    assert response.status_code == 500
    assert "Something went wrong on our side" in response.content.decode()
    assert "Granite" not in response.content.decode()


def test_a_fault_that_will_pass_says_when_to_come_back() -> None:
    response = after(OperationalError("server closed the connection"))
    assert response.status_code == 503
    assert response["Retry-After"] == errors.RETRY_AFTER_SECONDS
    assert "server closed" not in response.content.decode()


def test_the_page_of_a_fault_asks_nobody_who_is_signed_in() -> None:
    request = HttpRequest()
    request.path = "/"
    assert not hasattr(request, "user")
    assert errors.server_error(request).status_code == 500


@pytest.mark.django_db
def test_before_a_model_is_live_the_page_says_to_come_back(client: Client) -> None:
    get_model_loader.cache_clear()
    client.force_login(person())
    client.raise_request_exception = False
    response = client.post("/", {"name1": "Acme", "name2": "Acme", "profile": "general", "kind": "auto"})
    assert response.status_code == 503
    assert "Not available for a moment" in response.content.decode()
