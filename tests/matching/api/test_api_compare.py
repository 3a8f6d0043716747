"""Single comparisons over the API: the response, the problems, and the stored prediction."""

import json
from typing import Any, cast
from uuid import UUID

import pytest
from django.db import IntegrityError, connection
from pytest_django import DjangoAssertNumQueries, Settings
from redis import Redis
from rest_framework.test import APIClient

from accounts.auth.users import issue_api_key
from accounts.models import AuditEvent, Role, User
from accounts.redis_client import breaker, call_redis
from matching.compare.cached_compare import comparison_cache
from matching.models import Prediction
from modelops.models import Deployment
from tests.models import promoted, scoring_version, stored_prediction
from tests.people import person, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("champion")]

PAIR = {"name1": "Granite Ridge Paving, LLC", "name2": "Granite Ridge, LLC"}


@pytest.fixture
def user() -> User:
    """Somebody who may compare."""
    return person()


@pytest.fixture
def client(user: User) -> APIClient:
    """The same person, signed in."""
    return signed_in(user)


def compared(client: APIClient, **question: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/compare", {**PAIR, **question})
    assert answer.status_code == 201, answer.content
    document: dict[str, Any] = answer.json()
    return document


def refused(client: APIClient, question: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/compare", question)
    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    return problem


def test_an_added_distinctive_word_is_material(client: APIClient, champion: Deployment) -> None:
    answer = compared(client)
    assert (answer["prediction"], answer["verdict"]) == (True, "material")
    assert answer["confidence"] == answer["material_probability"] >= 0.5
    assert answer["model"] == {"name": "names", "version": champion.model.version}
    assert answer["profile"] == "general"
    assert answer["cached"] is False
    assert answer["reason"]
    assert "legal advice" in answer["disclaimer"]


def test_a_review_has_a_leaning_and_no_confidence_in_every_form_of_the_answer(client: APIClient) -> None:
    answer = compared(client, name1="Larkspur Holdings", name2="Larkspur Holdings, Inc.", profile="kyc")
    assert (answer["verdict"], answer["confidence"]) == ("review", None)
    assert answer["leaning"] == ("material" if answer["prediction"] else "immaterial")
    likelier = max(answer["material_probability"], 1 - answer["material_probability"])
    assert answer["leaning_probability"] == pytest.approx(likelier)
    stored = client.get(f"/api/v1/predictions/{answer['id']}").json()
    (listed,) = client.get("/api/v1/predictions").json()["results"]
    names = ("confidence", "leaning", "leaning_probability")
    assert [stored[name] for name in names] == [answer[name] for name in names]
    assert [listed[name] for name in names] == [answer[name] for name in names]


def test_a_decision_has_a_confidence_and_no_leaning(client: APIClient) -> None:
    answer = compared(client, name1="Acme Incorporated", name2="Acme, Inc.")
    assert answer["confidence"] == pytest.approx(1 - answer["material_probability"])
    assert (answer["leaning"], answer["leaning_probability"]) == (None, None)


@pytest.mark.parametrize(("verdict", "confidence"), [("review", "0.9"), ("material", None)])
def test_the_database_refuses_a_confidence_that_does_not_fit_the_verdict(
    verdict: str, confidence: str | None
) -> None:
    with pytest.raises(IntegrityError, match="predictions_confidence_of_a_decision"):
        stored_prediction(verdict=verdict, confidence=confidence)


def test_each_difference_is_named_and_located_in_the_names_as_sent(client: APIClient) -> None:
    answer = compared(client)
    word = next(row for row in answer["differences"] if "Paving" in row["text1"])
    start, end = word["span1"]
    assert PAIR["name1"][start:end] == word["text1"]
    assert {"category", "effect", "rule", "authority", "explanation", "title"} <= word.keys()


def test_the_same_form_abbreviated_is_immaterial_and_under_strict_it_is_not(client: APIClient) -> None:
    pair = {"name1": "Acme Incorporated", "name2": "Acme, Inc."}
    assert compared(client, **pair)["verdict"] == "immaterial"
    assert compared(client, **pair, profile="strict")["verdict"] == "material"


def test_a_review_says_which_fact_would_settle_it(client: APIClient) -> None:
    answer = compared(client, name1="Larkspur Holdings", name2="Larkspur Holdings, Inc.")
    assert answer["verdict"] == "review"
    assert answer["missing_fact"]


def test_an_answer_is_read_again_as_it_was_given(client: APIClient) -> None:
    document = compared(client)
    again = client.get(f"/api/v1/predictions/{document['id']}").json()
    assert again == document


def test_another_persons_answer_does_not_exist(client: APIClient) -> None:
    document = compared(client)
    answer = signed_in(person(Role.ADMINISTRATOR)).get(f"/api/v1/predictions/{document['id']}")
    assert answer.status_code == 404
    assert answer.json()["title"] == "Not Found"


def test_the_same_question_is_answered_from_the_cache_and_stored_again(client: APIClient) -> None:
    first, second = compared(client), compared(client)
    same = set(first) - {"id", "created_at", "cached"}
    assert {key: first[key] for key in same} == {key: second[key] for key in same}
    assert (first["cached"], second["cached"]) == (False, True)
    assert Prediction.objects.count() == 2


@pytest.mark.parametrize(
    "change",
    [
        {"profile": "kyc"},
        {"kind": "individual"},
        {"name1": PAIR["name2"], "name2": PAIR["name1"]},
        {"name1": "granite ridge paving, llc"},
        {"register": "name1"},
    ],
)
def test_a_question_that_could_have_another_answer_is_not_answered_from_the_cache(
    client: APIClient, change: dict[str, str]
) -> None:
    compared(client)
    assert compared(client, **change)["cached"] is False


def test_a_new_champion_does_not_answer_from_the_old_ones_cache(client: APIClient) -> None:
    pair = {"name1": "Heron Foods Company", "name2": "Heron Fooods Company"}
    compared(client, **pair)
    promoted(scoring_version("2", log_odds=4.0))
    answer = compared(client, **pair)
    assert (answer["cached"], answer["model"]["version"]) == (False, "2")


def everything_in(store: Redis) -> bytes:
    """All keys and values of the store, as they are."""
    keys = cast("list[bytes]", store.keys("*"))
    return b"".join(key + read_value(store, key) for key in keys).lower()


def read_value(store: Redis, key: bytes) -> bytes:
    if store.type(key) != b"hash":
        return cast("bytes | None", store.get(key)) or b""
    fields = cast("dict[bytes, bytes]", store.hgetall(key))
    return b"".join(name + value for name, value in fields.items())


def test_the_store_holds_no_name_and_no_answer(client: APIClient) -> None:
    compared(client)
    kept = call_redis(everything_in)
    assert b"lnc:rate" in kept
    assert b"score" not in kept
    assert not any(word in kept for word in (b"granite", b"paving", b"ridge"))


def test_without_the_store_the_answer_is_the_same(client: APIClient, settings: Settings) -> None:
    first = compared(client)
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    breaker.reset()
    comparison_cache.clear()  # as in another process
    second = compared(client)
    breaker.reset()
    assert second["cached"] is False
    assert second["verdict"] == first["verdict"]
    assert second["differences"] == first["differences"]


def test_the_table_holds_no_text_of_a_name_in_clear(client: APIClient) -> None:
    compared(client, identifiers1={"date_of_birth": "1980-02-29"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(p)::text FROM predictions p")
        row = cursor.fetchone()[0].lower()
    assert not any(word in row for word in ("granite", "paving", "1980-02-29"))
    assert json.loads(row)["differences"]


def test_no_log_line_holds_a_name(client: APIClient, capfd: pytest.CaptureFixture[str]) -> None:
    compared(client, name1="Xylophonia Quince Ltd", name2="Xylophonia Quince Limited")
    refused(client, {"name1": "Xylophonia Quince", "name2": ""})
    printed = capfd.readouterr()
    assert "xylophonia" not in (printed.out + printed.err).lower()


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ({"name2": "B"}, "name1"),
        ({"name1": "A"}, "name2"),
        ({"name1": "", "name2": "B"}, "name1"),
        ({"name1": "A", "name2": "x" * 1001}, "name2"),
        ({"name1": "A\x00", "name2": "B"}, "name1"),
        ({"name1": None, "name2": "B"}, "name1"),
        ({"name1": ["A"], "name2": "B"}, "name1"),
        ({"name1": 7, "name2": "B"}, "name1"),
        (
            {"name1": "A", "name2": "B", "identifiers1": {"company_number": 123}},
            "identifiers1.company_number",
        ),
        ({"name1": "A", "name2": "B", "profile": "common"}, "profile"),
        ({"name1": "A", "name2": "B", "kind": "ship"}, "kind"),
        ({"name1": "A", "name2": "B", "register": "both"}, "register"),
        ({"name1": "A", "name2": "B", "identifiers1": {str(n): "x" for n in range(11)}}, "identifiers1"),
        ({"name1": "...", "name2": "B"}, "names"),
    ],
)
def test_a_question_that_cannot_be_answered_names_the_field(
    client: APIClient, question: dict[str, Any], field: str
) -> None:
    problem = refused(client, question)
    assert [error["field"] for error in problem["errors"]] == [field]
    assert problem["status"] == 400
    assert not Prediction.objects.exists()


def test_a_body_that_is_no_object_is_a_problem_too(client: APIClient) -> None:
    assert refused(client, [1, 2])["errors"]
    broken = client.post("/api/v1/compare", '{"name1": ', content_type="application/json")
    assert broken.status_code == 400
    assert broken["Content-Type"] == "application/problem+json"


def test_every_refusal_carries_the_id_of_the_request(client: APIClient) -> None:
    answer = client.post("/api/v1/compare", {}, headers={"X-Request-ID": "abcdef-12345"})
    assert answer.json()["request_id"] == answer["X-Request-ID"] == "abcdef-12345"


def test_who_is_not_signed_in_is_refused() -> None:
    answer = APIClient().post("/api/v1/compare", PAIR)
    assert answer.status_code == 401
    assert "Bearer" in answer["WWW-Authenticate"]


def test_an_auditor_may_not_compare() -> None:
    answer = signed_in(person(Role.AUDITOR)).post("/api/v1/compare", PAIR)
    assert answer.status_code == 403
    assert not Prediction.objects.exists()


def test_a_key_with_the_scope_may_compare() -> None:
    _, key = issue_api_key(person(Role.CLIENT), "batch", None, scopes=["compare"])
    client = APIClient(headers={"Authorization": f"Api-Key {key}"})
    assert compared(client)["verdict"] == "material"


def test_names_in_any_script_are_answered(client: APIClient) -> None:
    answer = compared(client, name1="ООО Ромашка", name2="株式会社山田商店")
    assert answer["verdict"] in {"review", "material"}
    stored = Prediction.objects.get(pk=UUID(answer["id"]))
    assert (stored.name1, stored.name2) == ("ООО Ромашка", "株式会社山田商店")


@pytest.mark.usefixtures("single_reads")
def test_a_comparison_costs_few_queries(
    client: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    compared(client)
    # Who is asking and what they may do; the answer itself, unless a precedent is in force.
    with django_assert_num_queries(2):
        assert compared(client)["cached"]
    with django_assert_num_queries(2):
        assert not compared(client, name1="Heron Foods")["cached"]


def test_reading_an_answer_costs_few_queries(
    client: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    document = compared(client)
    with django_assert_num_queries(3):
        assert client.get(f"/api/v1/predictions/{document['id']}").status_code == 200


def test_comparing_writes_no_audit_event(client: APIClient) -> None:
    before = AuditEvent.objects.count()
    compared(client)
    assert AuditEvent.objects.count() == before
