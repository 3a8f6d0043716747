"""Health, readiness, metrics and the headers of every response."""

import os
import re
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings
from structlog.contextvars import get_contextvars

from accounts.models import Role
from config.web.middleware import ContentSecurityPolicyMiddleware
from matching.engine import EXECUTION
from matching.serving.live_models import get_model_loader
from tests.models import installed
from tests.people import person, signed_in

_SIXTEEN_REQUESTS = """
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
import django
django.setup()
from django.test import Client
Client(HTTP_HOST="127.0.0.1").get("/health")  # a server loads its middleware before it has threads
together = Barrier(16)
def ask(_):
    together.wait()
    return Client(HTTP_HOST="127.0.0.1", raise_request_exception=False).get("/api/schema").status_code
print(*ThreadPoolExecutor(16).map(ask, range(16)))
"""
GONE = {**settings.CACHES, "default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/1"}}


def test_health_needs_no_database(client: Client) -> None:
    response = client.get("/health")
    assert (response.status_code, response.json()) == (200, {"status": "ok", "engine": EXECUTION})


@pytest.mark.django_db
def test_ready_when_database_and_cache_answer_and_the_model_is_loaded(client: Client) -> None:
    installed()
    response = client.get("/ready")
    assert (response.status_code, response.json()) == (
        200,
        {"database": "ok", "cache": "ok", "model": "ok"},
    )


@pytest.mark.django_db
def test_not_ready_before_a_model_is_live_or_when_it_was_signed_with_another_key(client: Client) -> None:
    assert (client.get("/ready").status_code, client.get("/ready").json()["model"]) == (503, "down")
    installed()
    get_model_loader.cache_clear()
    with override_settings(ARTEFACT_KEY="another key, that signed nothing of what is stored here"):
        response = client.get("/ready")
    assert (response.status_code, response.json()["model"]) == (503, "down")


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


@pytest.mark.django_db
@override_settings(ALLOWED_HOSTS=["names.example"], METRICS_TOKEN="a token", SECURE_SSL_REDIRECT=True)
def test_probes_are_answered_by_address_and_pages_are_not(client: Client) -> None:
    installed()
    by_address = {"Host": "10.0.3.7:5001"}
    statuses = {path: client.get(path, headers=by_address).status_code for path in ("/health", "/ready")}
    assert statuses == {"/health": 200, "/ready": 200}
    assert client.get("/heartbeats", headers=by_address).status_code in {200, 503}
    assert client.get("/metrics", headers=by_address).status_code == 403
    bearer = {**by_address, "Authorization": "Bearer a token"}
    assert client.get("/metrics", headers=bearer).status_code == 200
    assert client.get("/api/v1/me", headers=by_address, secure=True).status_code == 400


@override_settings(SECURE_SSL_REDIRECT=True)
def test_over_plain_http_pages_lead_to_https_and_programs_are_refused(client: Client) -> None:
    page = client.get("/sign-in")
    assert (page.status_code, page["Location"]) == (301, "https://testserver/sign-in")
    for path in ("/api/v1/compare", "/scim/v2/Users"):
        refused = client.post(path)
        assert (refused.status_code, refused["Content-Type"]) == (403, "application/problem+json")
        assert "travelled in clear" in refused.json()["detail"]
    assert client.post("/api/v1/compare", secure=True).status_code == 401


@pytest.mark.django_db
def test_metrics_are_open_in_embedded_mode_only(client: Client) -> None:
    assert b"django_http_requests" in client.get("/metrics").content
    with override_settings(EMBEDDED_DATABASE=False):
        assert client.get("/metrics").status_code == 403


@pytest.mark.django_db
@override_settings(METRICS_TOKEN="a token")
def test_metrics_with_a_token_open_to_its_bearer_only(client: Client) -> None:
    assert client.get("/metrics").status_code == 403
    assert client.get("/metrics", headers={"Authorization": "Bearer another"}).status_code == 403
    assert client.get("/metrics", headers={"Authorization": "Bearer a token"}).status_code == 200


def test_request_id_of_the_caller_is_returned(client: Client) -> None:
    response = client.get("/health", headers={"X-Request-ID": "caller-id-0001"})
    assert response["X-Request-ID"] == "caller-id-0001"


def test_request_id_is_in_the_log_of_an_answer_that_refuses(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    seen = []
    caplog.handler.addFilter(lambda record: seen.append((record.name, get_contextvars())) or True)  # type: ignore[func-returns-value]
    client.get("/api/v1/nowhere", headers={"X-Request-ID": "caller-id-0002"})
    assert ("django.request", {"request_id": "caller-id-0002"}) in seen


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


@pytest.mark.django_db
def test_no_cache_keeps_a_private_answer() -> None:
    installed()
    api = signed_in(person(Role.CLIENT))
    compared = api.post("/api/v1/compare", {"name1": "Acme Ltd", "name2": "Acme Limited"})
    assert compared.status_code == 201
    private = [compared, *(api.get(f"/api/v1/{path}") for path in ("me", "predictions", "nowhere"))]
    private += [api.get(f"/api/v1/predictions/{compared.json()['id']}"), api.get("/health")]
    assert {answer["Cache-Control"] for answer in private} == {"no-store"}
    for path in ("profiles", "categories", "models"):
        answer = api.get(f"/api/v1/{path}")
        assert (answer.status_code, answer["Cache-Control"]) == (200, "private, no-cache")


def test_sixteen_first_requests_at_once_get_the_api_document() -> None:
    """In a process of its own, where the document has not been made; no server runs beside it."""
    ended = subprocess.run(
        [sys.executable, "-c", _SIXTEEN_REQUESTS],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings_test"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.stdout.split() == ["200"] * 16, ended.stderr


@pytest.mark.django_db
def test_the_admin_refuses_a_client_and_asks_a_stranger_to_sign_in(client: Client) -> None:
    answer = client.get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0] == "/sign-in?next=/admin/"
    client.force_login(person(Role.CLIENT))
    assert client.get("/admin/", follow=True).status_code == 403
