"""Matters over the API: kept by their members, and named by what belongs to them."""

import csv
import io
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.auth.users import issue_api_key
from accounts.models import AuditEvent, Role, User
from matching.models import BatchJob, Prediction
from matters.models import Matter
from matters.service import close_matter, remove_member
from tests.jobs import PAIRS, csv_file, job_of, sent, worked_off
from tests.matters.cast import create_member, matter_of
from tests.models import stored_prediction
from tests.people import person, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("champion")]

PAIR = {"name1": "Granite Ridge Paving, LLC", "name2": "Granite Ridge, LLC"}


@pytest.fixture
def user() -> User:
    return person(Role.CLIENT)


@pytest.fixture
def client(user: User) -> APIClient:
    return signed_in(user)


@pytest.fixture
def matter(user: User) -> Matter:
    return matter_of(user)


def found(client: APIClient, address: str) -> list[dict[str, Any]]:
    answer = client.get(f"/api/v1/{address}")
    assert answer.status_code == 200, answer.json()
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


def test_a_matter_is_created_read_searched_and_closed(client: APIClient) -> None:
    body = {"client_number": "10023", "matter_number": "0007", "note": "Lease"}
    created = client.post("/api/v1/matters", body)
    assert created.status_code == 201, created.json()
    row = created.json()
    assert (row["reference"], row["note"], row["closed_at"]) == ("10023/0007", "Lease", None)
    assert found(client, "matters?search=0007") == found(client, "matters") == [row]
    assert found(client, "matters?search=99") == []
    assert client.post("/api/v1/matters", body).status_code == 409
    refused = client.post("/api/v1/matters", {**body, "client_number": "Acme Ltd"})
    assert refused.json()["code"] == "matter_refused"
    assert client.post(f"/api/v1/matters/{row['id']}/close").json()["closed_at"]


def test_a_matter_is_changed_in_part_closed_and_opened_again(client: APIClient, matter: Matter) -> None:
    address = f"/api/v1/matters/{matter.pk}"
    assert client.patch(address, {"note": "Second lease"}).json()["note"] == "Second lease"
    changed = client.patch(address, {"matter_number": "0008"}).json()
    assert (changed["reference"], changed["note"]) == ("10023/0008", "Second lease")
    assert client.patch(address, {"matter_number": "0008"}).status_code == 200
    details = [event.detail for event in AuditEvent.objects.filter(action="matter.changed").order_by("id")]
    assert details == [{"fields": ["note"]}, {"fields": ["matter_number"]}]
    assert client.patch(address, {"matter_number": "Acme Ltd"}).json()["code"] == "matter_refused"
    matter_of(matter.created_by, "0009")
    assert client.patch(address, {"matter_number": "0009"}).status_code == 409
    client.post(f"{address}/close")
    refused = client.patch(address, {"note": "Third"})
    assert "open it again" in refused.json()["detail"]
    assert client.post("/api/v1/compare", {**PAIR, "matter": "10023/0008"}).status_code == 400
    assert client.post(f"{address}/reopen").json()["closed_at"] is None
    assert client.post(f"{address}/reopen").status_code == 200
    assert client.post("/api/v1/compare", {**PAIR, "matter": "10023/0008"}).status_code == 201
    assert AuditEvent.objects.filter(action="matter.reopened").count() == 1


def test_another_manager_changes_the_note_and_learns_of_no_other_matter(matter: Matter) -> None:
    matter_of(matter.created_by, "0009")
    manager, member = create_member(matter, is_manager=True), create_member(matter)
    address = f"/api/v1/matters/{matter.pk}"
    answers = [signed_in(manager).patch(address, {"matter_number": number}) for number in ("0009", "0010")]
    assert {(answer.status_code, answer.json()["detail"]) for answer in answers} == {
        (409, "Only who made the matter changes its numbers.")
    }
    assert signed_in(manager).patch(address, {"note": "Ours"}).status_code == 200
    for refused in (
        signed_in(member).patch(address, {"note": "Mine"}),
        signed_in(member).post(f"{address}/reopen"),
    ):
        assert refused.status_code == 403
    matter.refresh_from_db()
    assert (matter.note, matter.reference) == ("Ours", "10023/0007")


def test_members_are_added_by_managers_and_leave_by_themselves(client: APIClient, matter: Matter) -> None:
    colleague = person()
    members = f"/api/v1/matters/{matter.pk}/members"
    added = client.post(members, {"email": colleague.email})
    assert added.status_code == 201, added.json()
    assert [row["email"] for row in found(client, f"matters/{matter.pk}/members")][1] == colleague.email
    theirs = signed_in(colleague)
    assert theirs.post(members, {"email": person().email}).status_code == 403
    assert theirs.post(f"/api/v1/matters/{matter.pk}/close").status_code == 403
    assert theirs.delete(f"{members}/{matter.created_by_id}").status_code == 403
    assert theirs.delete(f"{members}/{colleague.pk}").status_code == 204
    assert theirs.get(f"/api/v1/matters/{matter.pk}").status_code == 404
    assert client.delete(f"{members}/{matter.created_by_id}").status_code == 409
    assert client.post(members, {"email": "nobody@example.com"}).status_code == 409


@pytest.mark.parametrize("role", Role.values)
def test_a_stranger_of_any_role_is_told_that_there_is_no_such_matter(role: str, matter: Matter) -> None:
    stranger = signed_in(person(role))
    for address in ("", "/members", "/close", "/reopen"):
        assert stranger.get(f"/api/v1/matters/{matter.pk}{address}").status_code in (403, 404, 405)
    for address in ("/close", "/reopen"):
        assert stranger.post(f"/api/v1/matters/{matter.pk}{address}").status_code in (403, 404)
    assert stranger.patch(f"/api/v1/matters/{matter.pk}", {"note": "x"}).status_code in (403, 404)
    answer = stranger.post("/api/v1/compare", {**PAIR, "matter": "10023/0007"})
    assert answer.status_code in (400, 403)
    assert answer.status_code == 403 or answer.json()["errors"] == [
        {"field": "matter", "message": "You have no matter with this reference."}
    ]
    assert not Prediction.objects.exists()


def test_a_comparison_is_put_into_a_matter_and_its_members_alone_find_it(
    client: APIClient, matter: Matter
) -> None:
    made = client.post("/api/v1/compare", {**PAIR, "matter": "10023/0007"})
    assert made.status_code == 201, made.json()
    outside = client.post("/api/v1/compare", PAIR).json()
    assert (made.json()["matter"], outside["matter"]) == ("10023/0007", None)
    assert made.json()["cached"] is outside["cached"] is False
    member = signed_in(create_member(matter))
    assert [row["id"] for row in found(member, "predictions")] == [made.json()["id"]]
    assert [row["id"] for row in found(client, "predictions?matter=10023/0007")] == [made.json()["id"]]
    assert len(found(client, "predictions")) == 2
    address = f"/api/v1/predictions/{made.json()['id']}"
    assert member.get(address).json()["matter"] == "10023/0007"
    assert signed_in(person()).get(address).status_code == 404


def test_a_batch_belongs_to_one_matter_and_a_pair_that_names_another_is_refused(
    client: APIClient, matter: Matter
) -> None:
    body = {"matter": str(matter.pk), "pairs": [PAIR, {**PAIR, "matter": "10023/0007"}]}
    answer = client.post("/api/v1/compare/batch", body)
    first, second = answer.json()["results"]
    assert first["answer"]["matter"] == "10023/0007"
    assert second["error"]["errors"][0]["field"] == "matter"
    assert Prediction.objects.get().matter == matter


def test_an_export_names_the_matter_and_the_trail_its_id(client: APIClient, matter: Matter) -> None:
    client.post("/api/v1/compare", {**PAIR, "matter": "10023/0007"})
    client.post("/api/v1/compare", PAIR)
    every = rows(client.get("/api/v1/predictions/export"))
    chosen = rows(client.get("/api/v1/predictions/export?matter=10023/0007"))
    assert [row["matter"] for row in every] == ["", "10023/0007"]
    assert [row["matter"] for row in chosen] == ["10023/0007"]
    event = AuditEvent.objects.filter(action="predictions.exported").latest("id")
    assert event.detail["chosen"] == {"matter": str(matter.pk)}


def rows(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(b"".join(answer).decode(), newline="")))


def test_a_job_belongs_to_a_matter_and_only_its_owner_stops_it(client: APIClient, matter: Matter) -> None:
    made = sent(client, csv_file(PAIRS), matter="10023/0007")
    assert made.status_code == 201, made.json()
    job = made.json()
    assert job["matter"] == "10023/0007"
    sent(client, csv_file(PAIRS))
    assert [row["id"] for row in found(client, "jobs?matter=10023/0007")] == [job["id"]]
    member, stranger = signed_in(create_member(matter, Role.CLIENT)), signed_in(person(Role.CLIENT))
    address = f"/api/v1/jobs/{job['id']}"
    assert (member.get(address).status_code, stranger.get(address).status_code) == (200, 404)
    assert member.delete(address).status_code == 404
    assert client.post(f"{address}/cancel").status_code == 200


def test_who_left_a_matter_no_longer_stops_their_jobs_nor_takes_the_result(matter: Matter) -> None:
    owner = create_member(matter, Role.CLIENT)
    job = worked_off(job_of(owner, csv_file(PAIRS), matter=matter))
    client = signed_in(owner)
    address = f"/api/v1/jobs/{job.pk}"
    assert client.get(f"{address}/result").status_code == 200
    remove_member(matter, owner.pk, matter.created_by)
    for path in ("", "/result", "/rows"):
        assert client.get(f"{address}{path}").status_code == 404
    assert client.delete(address).status_code == 404
    assert BatchJob.objects.filter(pk=job.pk).exists()


def test_nothing_is_added_to_a_closed_matter(client: APIClient, matter: Matter) -> None:
    close_matter(matter, matter.created_by)
    for answer in (
        client.post("/api/v1/compare", {**PAIR, "matter": "10023/0007"}),
        client.post("/api/v1/compare/batch", {"pairs": [PAIR], "matter": "10023/0007"}),
        sent(client, csv_file(PAIRS), matter="10023/0007"),
    ):
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["message"] == "This matter is closed; nothing can be added to it."
    assert not Prediction.objects.exists()


@pytest.mark.usefixtures("matter")
def test_a_key_reads_and_writes_matters_by_the_scopes_of_comparisons(user: User) -> None:
    _, key = issue_api_key(user, "reader", None, ["read"])
    client = APIClient(headers={"Authorization": f"Api-Key {key}"})
    assert len(found(client, "matters")) == 1
    assert client.post("/api/v1/matters", {"client_number": "1", "matter_number": "2"}).status_code == 403


def test_a_member_sees_comparisons_of_the_matter_beside_their_own(
    matter: Matter,
) -> None:
    member = create_member(matter)
    own, walled = stored_prediction(user=member), stored_prediction(user=matter.created_by, matter=matter)
    stored_prediction(user=matter.created_by)
    assert {row["id"] for row in found(signed_in(member), "predictions")} == {str(own.pk), str(walled.pk)}
