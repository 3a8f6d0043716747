"""Health, readiness, metrics and the headers of every response."""

import re

import pytest
from django.conf import settings
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings

from config.web.middleware import ContentSecurityPolicyMiddleware

GONE = {**settings.CACHES, "default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/1"}}


def test_health_needs_no_database(client: Client) -> None:
    response = client.get("/health")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_ready_when_database_and_cache_answer(client: Client) -> None:
    response = client.get("/ready")
    assert (response.status_code, response.json()) == (200, {"database": "ok", "cache": "ok"})


@pytest.mark.django_db
def test_not_ready_without_the_cache_and_says_so(client: Client) -> None:
    with override_settings(CACHES=GONE):
        response = client.get("/ready")
    assert (response.status_code, response.json()["cache"]) == (503, "down")


@pytest.mark.django_db(transaction=True)
def test_not_ready_without_the_database_and_says_so(client: Client) -> None:
    database = connections["default"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(database.settings_dict, "PORT", "1")
        database.close()
        response = client.get("/ready")
    assert (response.status_code, response.json()["database"]) == (503, "down")


def test_metrics_are_open_in_embedded_mode_only(client: Client) -> None:
    assert b"django_http_requests" in client.get("/metrics").content
    with override_settings(EMBEDDED_DATABASE=False):
        assert client.get("/metrics").status_code == 403


@override_settings(METRICS_TOKEN="a token")
def test_metrics_with_a_token_open_to_its_bearer_only(client: Client) -> None:
    assert client.get("/metrics").status_code == 403
    assert client.get("/metrics", headers={"Authorization": "Bearer another"}).status_code == 403
    assert client.get("/metrics", headers={"Authorization": "Bearer a token"}).status_code == 200


def test_request_id_of_the_caller_is_returned(client: Client) -> None:
    response = client.get("/health", headers={"X-Request-ID": "caller-id-0001"})
    assert response["X-Request-ID"] == "caller-id-0001"


@pytest.mark.parametrize("given", ["", "short", "line\nbreak-injected", "x" * 65])
def test_request_id_that_could_harm_a_log_is_replaced(client: Client, given: str) -> None:
    response = client.get("/health", headers={"X-Request-ID": given})
    assert response["X-Request-ID"] != given
    assert len(response["X-Request-ID"]) == 32


def test_every_answer_carries_the_security_headers(client: Client) -> None:
    response = client.get("/health")
    assert "default-src 'self'" in response["Content-Security-Policy"]
    assert "unsafe" not in response["Content-Security-Policy"]
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"


def test_admin_pages_allow_what_their_theme_needs_but_no_inline_script(client: Client) -> None:
    policy = client.get("/admin/nowhere")["Content-Security-Policy"]
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert scripts == "script-src 'self' 'unsafe-eval'"


def test_nonce_is_in_the_policy_only_when_a_page_used_it_and_differs_each_time(rf: RequestFactory) -> None:
    def page(request: HttpRequest) -> HttpResponse:
        return HttpResponse(str(request.csp_nonce))  # type: ignore[attr-defined]

    middleware = ContentSecurityPolicyMiddleware(page)
    first, second = (middleware(rf.get("/")) for _ in range(2))
    assert f"'nonce-{first.content.decode()}'" in first["Content-Security-Policy"]
    assert first.content != second.content


@pytest.mark.django_db
def test_api_documentation_runs_under_the_policy(client: Client) -> None:
    page = client.get("/api/docs")
    inline = re.findall(r"<script(?![^>]*src=)([^>]*)>", page.content.decode())
    nonces = [re.search(r'nonce="([^"]+)"', attributes) for attributes in inline]
    assert all(nonce and nonce[1] in page["Content-Security-Policy"] for nonce in nonces)
    assert "<style" not in page.content.decode()
