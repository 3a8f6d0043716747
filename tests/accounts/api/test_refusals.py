"""Refusals say what would be right: known fields and choices, the header to send, the nearest address."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.auth.users import issue_api_key
from accounts.models import Role
from config.web.api_paths import find_nearest_path, list_api_paths
from tests.models import installed
from tests.people import person, signed_in

pytestmark = pytest.mark.django_db

PAIR = {"name1": "Granite Ridge Paving, LLC", "name2": "Granite Ridge, LLC"}


@pytest.fixture(autouse=True)
def live_model() -> None:
    """An installation with a live model."""
    installed()


def faults(client: APIClient, body: Any, address: str = "compare") -> dict[str, str]:
    answer = client.post(f"/api/v1/{address}", body)
    assert answer.status_code == 400, answer.content
    assert answer["Link"].startswith("</api/docs#errors>")
    return {fault["field"]: fault["message"] for fault in answer.json()["errors"]}


def refusal(header: str | None) -> dict[str, Any]:
    client = APIClient(headers={"Authorization": header} if header else {})
    answer = client.get("/api/v1/me")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="api", Api-Key realm="api"'
    problem: dict[str, Any] = answer.json()
    return problem


def test_an_unknown_profile_lists_the_known_ones_and_the_nearest() -> None:
    message = faults(signed_in(person()), {**PAIR, "profile": "kycc"})["profile"]
    assert message.startswith(
        '"kycc" is not a valid choice. Did you mean kyc? Known: contract, general, kyc,'
    )


def test_an_unknown_field_lists_the_known_ones_beside_every_other_fault() -> None:
    messages = faults(signed_in(person()), {"name1": "Acme", "profil": "ucc", "kind": "ship"})
    assert messages["profil"].startswith("There is no such field. Did you mean profile? Known: identifiers1,")
    assert messages["kind"] == '"ship" is not a valid choice. Known: auto, individual, organisation.'
    assert messages["name2"] == "This field is required."


def test_a_misspelled_field_of_one_pair_spoils_that_pair_only() -> None:
    answer = signed_in(person()).post("/api/v1/compare/batch", {"pairs": [PAIR, {**PAIR, "profil": "ucc"}]})
    first, second = answer.json()["results"]
    assert "answer" in first
    assert second["error"]["errors"][0]["field"] == "profil"


def test_a_misspelled_filter_is_refused_instead_of_ignored() -> None:
    answer = signed_in(person()).get("/api/v1/predictions", {"verdit": "review"})
    assert answer.status_code == 400
    assert "Did you mean verdict?" in answer.json()["errors"][0]["message"]


def test_what_is_repeated_of_unknown_words_is_short() -> None:
    body = {**PAIR, "profile": "x" * 500, **{f"{'y' * 500}{number}": 1 for number in range(50)}}
    messages = faults(signed_in(person()), body)
    assert len(messages["profile"]) < 200
    assert len(messages) == 2


def test_a_key_sent_as_token_and_a_token_sent_as_key_show_the_right_header() -> None:
    user = person(Role.CLIENT)
    _, key = issue_api_key(user, "batch", actor=None)
    problem = refusal(f"Bearer {key}")
    assert problem["code"] == "key_sent_as_token"
    assert "`Authorization: Api-Key lnc_…`" in problem["detail"]
    assert key not in problem["detail"]
    token = signed_in(user)._credentials["HTTP_AUTHORIZATION"].removeprefix("Bearer ")  # type: ignore[attr-defined]
    problem = refusal(f"Api-Key {token}")
    assert problem["code"] == "token_sent_as_key"
    assert "`Authorization: Bearer …`" in problem["detail"]


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        (None, "There is no Authorization header."),
        ("lnc_0123456789ab_secret", "lacks the word before its credential"),
        ("Token lnc_0123456789ab_secret", "a scheme that is not known here"),
    ],
)
def test_missing_credentials_are_told_what_to_send(header: str | None, sentence: str) -> None:
    detail = refusal(header)["detail"]
    assert sentence in detail
    assert "Send `Authorization: Api-Key lnc_…`" in detail
    assert "0123456789ab" not in detail


def test_a_key_without_the_scope_is_told_which_scope() -> None:
    _, key = issue_api_key(person(Role.CLIENT), "batch", None, ["read"])
    answer = APIClient(headers={"Authorization": f"Api-Key {key}"}).post("/api/v1/compare", PAIR)
    assert answer.status_code == 403
    assert answer.json()["detail"] == "This API key lacks the scope `compare`; it has `read`."


def test_a_wrong_method_names_the_right_ones() -> None:
    answer = signed_in(person()).get("/api/v1/compare")
    assert (answer.status_code, answer["Allow"]) == (405, "POST, OPTIONS")
    assert answer.json()["detail"] == 'Method "GET" not allowed. Allowed here: POST.'


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        ("/api/v1/compare/", "/api/v1/compare"),
        ("/api/compare", "/api/v1/compare"),
        ("/api/v1/prediction/01a20784-68fe-77f4-850e-050260a521f4", "/api/v1/predictions/{id}"),
        ("/api/v1/webhook", "/api/v1/webhooks"),
        ("/api/v1/zzzzzzzz/qqqq/wwww", None),
    ],
)
def test_an_address_that_leads_nowhere_names_the_nearest(path: str, nearest: str | None) -> None:
    assert find_nearest_path(path) == nearest
    answer = APIClient().get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert (nearest or "/api/docs") in answer.json()["detail"]


def test_every_address_of_the_api_is_its_own_nearest() -> None:
    assert {path: find_nearest_path(path) for path in list_api_paths()} == {
        path: path for path in list_api_paths()
    }
