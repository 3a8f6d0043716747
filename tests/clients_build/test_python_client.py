"""The built Python client against the running product: comparing, lists, sessions, reviews, webhooks."""

import asyncio
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import legal_names_client
import pytest
from legal_names_client import AsyncClient, Client, Session, models

from tests.clients_build.conftest import Server
from tests.clients_build.lossy_network import lossy_network
from tests.receivers import http_receiver

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"
)


@pytest.fixture
def client(server: Server) -> Iterator[Any]:
    with Client(server.url, server.key) as connected:
        yield connected


def review_of(client: Any, number: int) -> Any:
    """A comparison that a person must look at."""
    return client.compare(f"Larkspur {number} Holdings", f"Larkspur {number} Holdings, Inc.", profile="kyc")


def test_it_is_imported_from_the_wheel_and_typed(wheel: Path) -> None:
    folder = Path(str(legal_names_client.__file__)).parent
    assert folder.parent == wheel
    assert "legal_names_client/py.typed" in ZipFile(wheel).namelist()


def test_a_comparison_is_one_call(client: Any) -> None:
    answer = client.compare("Acme, Inc.", "ACME Incorporated", profile="kyc")
    assert (answer.verdict, answer.profile, answer.review.status) == ("immaterial", "kyc", "not_needed")
    assert client.predictions.get(answer).reason == answer.reason
    assert client.predictions.get(str(answer.id)).id == answer.id


def test_facts_about_the_names_are_sent(client: Any) -> None:
    answer = client.compare("Jordan Rivers", "Rivers, Jordan", kind="individual", jurisdiction1="US-DE")
    assert answer.kind == "individual"
    with pytest.raises(legal_names_client.InvalidRequestError) as refused:
        client.compare("Acme, Inc.", "ACME Incorporated", identifiers1={"lei": "5" * 101})
    assert refused.value.faults[0].field == "identifiers1.lei"


def test_the_same_key_is_answered_once_and_another_body_is_refused(client: Any) -> None:
    first = client.compare("Acme, Inc.", "ACME Incorporated", idempotency_key="client-1")
    assert client.compare("Acme, Inc.", "ACME Incorporated", idempotency_key="client-1").id == first.id
    with pytest.raises(legal_names_client.IdempotencyKeyReusedError) as refused:
        client.compare("Acme, Inc.", "Acme Limited", idempotency_key="client-1")
    assert (refused.value.code, refused.value.status in {409, 422}) == ("idempotency_key_reused", True)


def test_many_pairs_are_answered_in_their_order_over_several_requests(client: Any) -> None:
    pairs = [(f"Acme {number}, Inc.", f"ACME {number} Incorporated") for number in range(1_001)]
    pairs[3] = ("...", "Acme")
    answers = list(client.compare_many(pairs, profile="kyc"))
    assert len(answers) == 1_001
    assert isinstance(answers[3], models.Problem)
    assert {answer.verdict for at, answer in enumerate(answers) if at != 3} == {"immaterial"}
    assert {answer.profile for at, answer in enumerate(answers) if at != 3} == {"kyc"}


def test_a_list_goes_on_over_pages(client: Any) -> None:
    list(client.compare_many([(f"Heron {number} Ltd", f"Heron {number} Limited") for number in range(230)]))
    listed = list(client.predictions.list())
    assert len({row.id for row in listed}) == len(listed) >= 230
    assert {row.verdict for row in client.predictions.list(verdict="material")} <= {"material"}


def test_profiles_categories_models_and_oneself_are_there(client: Any) -> None:
    assert "kyc" in {profile.id for profile in client.profiles()}
    assert client.categories().results
    assert client.models().results
    assert client.me().email == "client@example.com"
    assert {row.profile for row in client.compare_profiles("Acme Inc", "Acme LLC").profiles} >= {"ucc", "kyc"}


def test_a_refusal_says_what_is_wrong_and_names_nobody(client: Any) -> None:
    with pytest.raises(legal_names_client.InvalidRequestError) as refused:
        client.compare("Zebedee Quux & Sons", "Acme", profile="kyb")
    error = refused.value
    assert (error.status, error.code, error.faults[0].field) == (400, "invalid", "profile")
    assert error.request_id
    assert "profile" in str(error)
    assert "Zebedee" not in str(error)
    with pytest.raises(legal_names_client.NotFoundError):
        client.predictions.get("01a20784-68fe-77f4-850e-050260a521f4")


def test_a_key_that_may_not_and_a_key_that_is_none_are_told_apart(server: Server) -> None:
    with (
        Client(server.url, server.reading_key) as reader,
        pytest.raises(legal_names_client.PermissionDeniedError),
    ):
        reader.compare("Acme, Inc.", "ACME Incorporated")
    with Client(server.url, "lnc_none") as nobody, pytest.raises(legal_names_client.AuthenticationError):
        nobody.me()
    assert "lnc_" not in repr(nobody)


def test_what_is_no_api_is_told(server: Server) -> None:
    with Client(f"{server.url}/static", server.key) as lost, pytest.raises(legal_names_client.NotFoundError):
        lost.me()
    once = legal_names_client.RetryPolicy(attempts=1)
    nowhere = Client("http://127.0.0.1:1", "lnc_none", retry=once)
    with nowhere, pytest.raises(legal_names_client.ConnectionLostError):
        nowhere.me()


def test_a_session_renews_its_token_in_one_thread_for_all(server: Server) -> None:
    session = Session("client@example.com", server.product.password)
    with Client(server.url, session=session) as client:
        assert client.me().api_key is None
        session._access = "ended"
        with ThreadPoolExecutor(8) as threads:
            emails = set(threads.map(lambda _: client.me().email, range(16)))
        assert emails == {"client@example.com"}
        session._access, session._refresh = "ended", "spent"
        assert client.me().email == "client@example.com"


def test_the_client_waits_when_too_much_was_asked(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "legal_names_client")
    told = "POST /api/v1/compare/profiles: 429, again in "
    with Client(server.url, server.crowd_key) as client, ThreadPoolExecutor(8) as threads:
        for _ in range(100):  # a request costs three units of 600, of which ten come back in a second
            answers = threads.map(lambda _: client.compare_profiles("Acme Inc", "Acme LLC"), range(24))
            assert {answer.kind for answer in answers} == {"organisation"}
            if any(record.getMessage().startswith(told) for record in caplog.records):
                break
        limits = {limit.policy: limit.limit for limit in client.rate_limits}
    assert any(record.getMessage().startswith(told) for record in caplog.records)
    assert limits["requests"] == 600


def test_a_lost_answer_is_asked_for_again_and_counts_once(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with Client(server.url, server.key) as direct:
        before = sum(1 for _ in direct.predictions.list())
        with (
            lossy_network(int(server.url.rpartition(":")[2])) as network,
            Client(network.url, server.key) as client,
        ):
            network.lose(2)
            answer = client.compare("Zebedee Quux & Sons", "Zebedee Quux and Sons")
        assert network.losses == 0
        listed = list(direct.predictions.list())
    assert (len(listed), listed[0].id) == (before + 1, answer.id)
    assert "Zebedee" not in caplog.text


def test_a_review_is_asked_for_with_document_and_message_and_decided(
    client: Any, server: Server, tmp_path: Path
) -> None:
    answer = review_of(client, 1)
    assert (answer.verdict, answer.review.status) == ("review", "available")
    request = client.reviews.ask(answer, "Two entries in one register.", priority="urgent")
    assert (request.prediction, request.review.status) == (answer.id, "queued")
    extract = tmp_path / "extract.pdf"
    extract.write_bytes(PDF)
    (document,) = client.reviews.send_documents(answer, extract, text="The extract.")
    assert [row.id for row in client.reviews.list_documents(answer)] == [document.id]
    assert client.reviews.read_document(answer, document) == PDF
    client.reviews.send_message(answer, "The second entry was made in 2019.")
    assert [message.side for message in client.reviews.list_messages(answer)] == ["requester"]
    assert server.decide_next() == str(answer.id)
    review = client.reviews.wait(answer, patience=30, interval=0.2)
    assert (review.status, review.verdict, review.people) == ("decided", "material", 1)
    client.reviews.download_memo(answer, tmp_path / "memo.pdf")
    assert (tmp_path / "memo.pdf").read_bytes().startswith(b"%PDF")
    with pytest.raises(legal_names_client.ConflictError) as refused:
        client.reviews.ask(answer, "Again.")
    assert refused.value.code == "no_review_possible"


def test_a_request_is_withdrawn_and_a_wait_ends(client: Any) -> None:
    answer = review_of(client, 2)
    client.reviews.ask(answer, "Please look.")
    with pytest.raises(TimeoutError):
        client.reviews.wait(answer, patience=0.1, interval=0.2)
    assert client.reviews.withdraw(answer).withdrawn_at is not None
    with pytest.raises(legal_names_client.ConflictError):
        client.reviews.withdraw(answer)


def test_a_matter_holds_comparisons_and_members(client: Any, server: Server) -> None:
    matter = client.matters.create("10025", "0007", "Lease")
    assert [row.reference for row in client.matters.list(search="10025")] == [matter.reference]
    answer = client.compare("Acme, Inc.", "ACME Incorporated", matter=matter.reference)
    (batched,) = client.compare_many([("Acme Inc", "Acme LLC")], matter=matter.reference)
    assert {row.id for row in client.predictions.list(matter=matter.reference)} == {answer.id, batched.id}
    with Client(server.url, server.crowd_key) as stranger, pytest.raises(legal_names_client.NotFoundError):
        stranger.matters.get(matter)
    client.matters.add_member(matter, "crowd@example.com")
    assert [member.email for member in client.matters.list_members(matter)][-1] == "crowd@example.com"


def test_a_matter_is_changed_closed_and_opened_again(client: Any) -> None:
    matter = client.matters.create("10026", "0001", "Lease")
    changed = client.matters.change(matter, matter_number="0002")
    assert (changed.reference, changed.note) == ("10026/0002", "Lease")
    assert client.matters.change(matter, note="").note == ""
    assert client.matters.close(matter).closed_at is not None
    with pytest.raises(legal_names_client.ConflictError) as refused:
        client.matters.change(matter, note="Late")
    assert refused.value.code == "matter_refused"
    assert client.matters.reopen(matter).closed_at is None
    assert client.compare("Acme, Inc.", "ACME Incorporated", matter="10026/0002").id


def test_a_field_that_a_pair_has_not_is_refused_before_it_is_sent(client: Any) -> None:
    with pytest.raises(TypeError, match="A CompareRequest has no jurisdcition1"):
        list(client.compare_many([{"name1": "Acme", "name2": "Acme", "jurisdcition1": "DE"}]))


def test_a_report_is_issued_as_pdf_and_signed(client: Any, tmp_path: Path) -> None:
    answer = client.compare("Acme, Inc.", "ACME Incorporated", profile="ucc")
    client.predictions.issue_report(answer, tmp_path / "report.pdf", reference="Matter 4711")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
    client.predictions.issue_report(answer, tmp_path / "report.json", "json", redacted=True)
    report = (tmp_path / "report.json").read_text(encoding="utf-8")
    assert str(answer.id) in report
    assert "ACME" not in report


def test_usage_and_notifications_are_told(client: Any) -> None:
    client.compare("Acme, Inc.", "ACME Incorporated")
    usage = client.usage()
    assert usage.first.day == 1
    assert client.usage(first=usage.last).results is not None
    assert client.notifications.mark_all_read().marked >= 0
    assert list(client.notifications.list(unread=True)) == []


def test_feedback_is_given_and_listed(client: Any) -> None:
    answer = client.compare("Acme, Inc.", "ACME Incorporated", profile="ucc")
    given = client.predictions.give_feedback(answer, is_material=False, text="As expected.", confidence=0.9)
    assert next(client.predictions.list_feedback()).id == given.id


def test_a_webhook_is_registered_tried_and_verified(client: Any) -> None:
    with http_receiver() as (address, hook):
        endpoint = client.webhooks.create(address, ["job.finished"], "Case system")
        client.webhooks.send_test(endpoint)
        _wait_until(lambda: bool(hook.posts))
        headers, body = hook.posts[0]
    message = legal_names_client.verify_webhook(endpoint.secret, headers, body)
    assert (message.type, message.data) == ("webhook.test", {"webhook": str(endpoint.id)})
    with pytest.raises(legal_names_client.ForgedMessageError):
        legal_names_client.verify_webhook(endpoint.secret, headers, body.replace(b"test", b"tost"))
    (delivery,) = client.webhooks.list_deliveries(endpoint)
    assert client.webhooks.get_delivery(endpoint, delivery).log[0].status_code == 200
    assert client.webhooks.get(endpoint).id == endpoint.id
    assert client.webhooks.rotate(endpoint).secret != endpoint.secret
    client.webhooks.redeliver(endpoint, delivery)
    client.webhooks.delete(endpoint)
    assert list(client.webhooks.list()) == []


def _wait_until(condition: Any, patience: float = 60) -> None:
    pause = threading.Event()
    for _ in range(int(patience / 0.2)):
        if condition():
            return
        pause.wait(0.2)
    raise AssertionError("nothing happened in time")


def test_the_asynchronous_client_does_the_same(server: Server) -> None:
    async def walk() -> tuple[set[str], int, Any]:
        async with AsyncClient(server.url, server.key) as client:
            pairs = [(f"Acme {number}, Inc.", f"ACME {number} Incorporated") for number in range(4)]
            answers = await asyncio.gather(*(client.compare(*pair) for pair in pairs))
            listed = [row async for row in client.predictions.list()]
            many = [row async for row in client.compare_many(pairs)]
            return {answer.verdict for answer in [*answers, *many]}, len(listed), await client.me()

    verdicts, listed, me = asyncio.run(walk())
    assert verdicts == {"immaterial"}
    assert listed >= 4
    assert me.email == "client@example.com"


def test_an_asynchronous_session_signs_in_and_renews(server: Server) -> None:
    async def walk() -> set[str]:
        session = legal_names_client.AsyncSession("client@example.com", server.product.password)
        async with AsyncClient(server.url, session=session) as client:
            await client.me()
            session._access = "ended"
            return {me.email for me in await asyncio.gather(*(client.me() for _ in range(8)))}

    assert asyncio.run(walk()) == {"client@example.com"}
