"""The weekly digest leaves through a real mail server, once a week, and every letter can end it."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email import message_from_string, policy
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.language.choice import save_language
from accounts.models import AuditEvent, Language, Role
from analytics import digest, tasks
from analytics.digest import get_last_week, send_due_digests
from analytics.models import DigestSubscription
from analytics.reports.period import ReportPeriod
from tests.analytics.test_reports import count_everything
from tests.models import stored_prediction
from tests.people import person
from tests.receivers import Mailbox, mail_server

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 11, 30, 6, tzinfo=UTC)
WEEK = ReportPeriod(date(2026, 11, 23), date(2026, 11, 29))


@pytest.fixture
def mailbox(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """A mail server that this process trusts."""
    with mail_server(tmp_path) as (port, box):
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "localhost", port, True
        settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "digest", "letmein"
        settings.PUBLIC_URL = "https://names.example"
        yield box


def read(letter: str) -> tuple[str, str, str]:
    """Subject, address to unsubscribe and text of a letter."""
    message = message_from_string(letter, policy=policy.default)
    body = message.get_body()
    assert body is not None
    return message["Subject"], message["List-Unsubscribe"], body.get_content()


def test_the_last_week_is_the_one_that_is_over() -> None:
    days = [MONDAY.date() + timedelta(days=back) for back in (-1, 0, 6)]
    assert [get_last_week(day).last for day in days] == [date(2026, 11, 22), WEEK.last, WEEK.last]
    assert get_last_week(MONDAY.date()) == WEEK


def test_a_subscriber_gets_the_figures_of_the_week_once_and_without_clients(mailbox: Mailbox) -> None:
    client = person(Role.CLIENT)
    stored_prediction(user=client, created_at=MONDAY - timedelta(days=3), source="api")
    count_everything()
    lead = person(Role.LEAD)
    digest.subscribe(lead)
    assert (send_due_digests(MONDAY), send_due_digests(MONDAY + timedelta(days=1))) == (1, 0)
    ((to, letter),) = mailbox.letters
    subject, _, text = read(letter)
    assert (to, mailbox.encrypted) == (lead.email, [True])
    assert "23 Nov 2026 to 29 Nov 2026 (UTC)" in subject
    assert "- Comparisons: 1 (before: 0)" in text
    assert "Assumed: 6 minutes a comparison by hand" in text
    assert client.email not in letter
    assert send_due_digests(MONDAY + timedelta(days=7)) == 1


def test_each_subscriber_reads_the_week_in_their_language(mailbox: Mailbox) -> None:
    german, english = person(Role.LEAD), person(Role.APPROVER)
    save_language(german, Language.GERMAN)
    for reader in (german, english):
        digest.subscribe(reader)
    assert send_due_digests(MONDAY) == 2
    letters = {to: read(letter)[2] for to, letter in mailbox.letters}
    assert "Offene Risiken" in letters[german.email]
    assert "Open risks" in letters[english.email]
    assert "risks" not in letters[german.email]
    assert "Unsubscribe" not in letters[german.email]


def test_the_link_of_a_letter_ends_the_digest_without_signing_in(mailbox: Mailbox) -> None:
    lead = person(Role.LEAD)
    digest.subscribe(lead)
    send_due_digests(MONDAY)
    _, header, text = read(mailbox.letters[0][1])
    link = re.sub(r"\s", "", header).strip("<>")
    assert link in text
    address, browser = link.removeprefix("https://names.example"), Client(enforce_csrf_checks=True)
    assert "Unsubscribe" in browser.get(address).content.decode()
    assert DigestSubscription.objects.exists()
    answer = browser.post(address, {"List-Unsubscribe": "One-Click"})
    assert "You get no weekly digest any more." in answer.content.decode()
    assert not DigestSubscription.objects.exists()
    actions = list(AuditEvent.objects.filter(action__startswith="digest.").values_list("action", flat=True))
    assert sorted(actions) == ["digest.subscribed", "digest.unsubscribed"]
    assert send_due_digests(MONDAY + timedelta(days=7)) == 0


def test_a_link_that_was_not_signed_here_ends_nothing() -> None:
    digest.subscribe(person(Role.LEAD))
    assert Client().post("/digest/forged").status_code == 404
    assert DigestSubscription.objects.exists()


def test_what_the_server_refuses_is_sent_by_the_next_run_and_the_others_go_out(mailbox: Mailbox) -> None:
    digest.subscribe(person(Role.LEAD))
    digest.subscribe(person(Role.APPROVER))
    mailbox.answers = ["451 try again later"]
    assert send_due_digests(MONDAY) == 1
    assert send_due_digests(MONDAY) == 1
    assert len({to for to, _ in mailbox.letters}) == 2


def test_who_lost_the_permission_or_the_account_gets_nothing(mailbox: Mailbox) -> None:
    digest.subscribe(person(Role.CLIENT))
    gone = person(Role.LEAD)
    digest.subscribe(gone)
    gone.is_active = False
    gone.save()
    assert (send_due_digests(MONDAY), mailbox.letters) == (0, [])


@pytest.mark.usefixtures("settings")
def test_without_a_mail_server_nothing_is_tried() -> None:
    digest.subscribe(person(Role.LEAD))
    assert tasks.send_digests() == 0


def test_a_lead_subscribes_and_unsubscribes_on_the_page_and_a_reviewer_cannot() -> None:
    browser, lead = Client(), person(Role.LEAD)
    browser.force_login(lead)
    assert "Get a weekly digest by e-mail" in browser.get("/admin/analytics/executive/").content.decode()
    for is_reader in (True, False):
        browser.post("/admin/analytics/digest/")
        assert digest.is_subscribed(lead) is is_reader
    browser.force_login(person(Role.REVIEWER))
    assert browser.post("/admin/analytics/digest/").status_code == 403
