"""E-mails leave through a real mail server, each once, as its reader wants; each can end such e-mails."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail as django_mail
from django.db import IntegrityError, transaction
from django.db.transaction import TransactionManagementError
from django.test import Client
from django.utils import timezone
from django.utils.translation import get_language
from pytest_django import Settings

from accounts.language.choice import save_language
from accounts.models import AuditEvent, Language, Role
from accounts.outbox import CLAIM_DURATION
from accounts.privacy.retention import apply_rules
from notifications.letters import build_token
from notifications.models import Delivery, Kind, Notification, Preference
from notifications.notices import Notice, compute_mail_time, notify, notify_holders
from notifications.preferences import change_preferences, get_preferences
from notifications.sending import claim_letter, send_due_mail
from notifications.tasks import send_mail
from tests.notifications.mail import JOB, end_of, list_told_kinds, open_letter, tell, text_of
from tests.people import person
from tests.receivers import Mailbox

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def test_an_e_mail_is_sent_once_with_its_link_and_its_end(mailbox: Mailbox) -> None:
    user = person(Role.USER)
    row = tell(user)
    assert row is not None
    now = timezone.now()
    assert (send_due_mail(now), send_due_mail(now), send_due_mail(now + DAY)) == (1, 0, 0)
    ((to, letter),) = mailbox.letters
    message = open_letter(letter)
    assert (to, mailbox.encrypted) == (user.email, [True])
    assert message["Subject"] == "Legal Name Comparison: One of your bulk jobs failed"
    assert message["Message-ID"] == f"<{row.pk}@legal-names>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"https://names.example/notifications/{row.pk}" in text_of(letter)
    row.refresh_from_db()
    assert (row.emailed_at, row.given_up_at) == (now, None)


def test_an_e_mail_speaks_the_language_of_the_account(mailbox: Mailbox) -> None:
    user = person(Role.USER)
    save_language(user, Language.GERMAN)
    assert tell(user) is not None
    assert send_due_mail(timezone.now()) == 1
    ((_, letter),) = mailbox.letters
    assert str(open_letter(letter)["Subject"]).strip() == (
        "Legal Name Comparison: Einer Ihrer Sammelaufträge ist fehlgeschlagen"
    )
    text = text_of(letter)
    assert "Ihr Sammelauftrag ist fehlgeschlagen." in text
    assert "Keine solchen E-Mails mehr: https://names.example/notifications/unsubscribe/" in text
    assert get_language() == "en"


def test_the_same_is_told_once(mailbox: Mailbox) -> None:
    user = person(Role.CLIENT)
    tell(user)
    tell(user)
    assert list_told_kinds(user) == ["job_failed"]
    assert send_due_mail(timezone.now()) == 1
    assert len(mailbox.letters) == 1


@pytest.mark.django_db(transaction=True)
def test_a_notice_outside_a_transaction_is_refused() -> None:
    with pytest.raises(TransactionManagementError):
        notify([], Notice(Kind.JOB_FAILED, "1", JOB))


def test_a_notice_goes_with_the_transaction_that_is_rolled_back() -> None:
    user = person(Role.CLIENT)
    with transaction.atomic():
        notify([user.pk], Notice(Kind.JOB_FAILED, "1", JOB))
        transaction.set_rollback(True)
    assert list_told_kinds(user) == []


def test_nobody_is_told_before_its_time(mailbox: Mailbox) -> None:
    user, now = person(Role.CLIENT), timezone.now()
    with transaction.atomic():
        notify([user.pk], Notice(Kind.JOB_FAILED, "1", JOB, now + timedelta(minutes=10)))
    assert (list_told_kinds(user), send_due_mail(now)) == ([], 0)
    assert send_due_mail(now + timedelta(minutes=10)) == 1
    assert len(mailbox.letters) == 1


def test_a_refused_e_mail_waits_longer_each_time_and_is_given_up(
    mailbox: Mailbox, settings: Settings
) -> None:
    settings.NOTIFICATION_MAX_ATTEMPTS = 3
    row = tell(person())
    assert row is not None
    mailbox.answers = ["451 later", "451 later", "554 no"]
    now, waits = timezone.now(), []
    for _ in range(3):
        assert send_due_mail(now) == 0
        row.refresh_from_db()
        waits.append(row.not_before - now)
        now = row.not_before
    assert waits[:2] == [timedelta(seconds=30), timedelta(minutes=2)]
    assert (row.attempts, row.given_up_at is not None, row.emailed_at) == (3, True, None)
    assert (send_due_mail(now + DAY), mailbox.letters) == (0, [])


def test_one_refused_e_mail_does_not_hold_the_others_up(mailbox: Mailbox) -> None:
    first, second = person(), person()
    tell(first)
    tell(second)
    mailbox.answers = ["550 unknown"]
    now = timezone.now()
    assert send_due_mail(now) == 1
    assert send_due_mail(now + timedelta(seconds=30)) == 1
    assert {to for to, _ in mailbox.letters} == {first.email, second.email}


def test_a_server_that_cannot_be_reached_costs_one_attempt_of_one_e_mail(
    mailbox: Mailbox, settings: Settings
) -> None:
    tell(person())
    tell(person())
    reachable, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    now = timezone.now()
    assert send_due_mail(now) == 0
    assert sorted(Notification.objects.values_list("attempts", flat=True)) == [0, 1]
    settings.EMAIL_PORT = reachable
    assert send_due_mail(now + timedelta(minutes=1)) == 2
    assert len(mailbox.letters) == 2


@pytest.mark.usefixtures("mailbox")
def test_a_claimed_e_mail_is_nobody_elses_until_the_claim_runs_out() -> None:
    tell(person())
    now = timezone.now()
    assert len(claim_letter(now)) == 1
    assert claim_letter(now) == []
    assert len(claim_letter(now + CLAIM_DURATION)) == 1


def test_who_chose_a_summary_gets_one_e_mail_a_day_for_all(mailbox: Mailbox) -> None:
    user = person(Role.CLIENT)
    change_preferences(user, {Kind.JOB_FAILED: Delivery.DAILY, Kind.JOB_FINISHED: Delivery.DAILY})
    tell(user, Kind.JOB_FAILED)
    tell(user, Kind.JOB_FINISHED)
    assert send_due_mail(timezone.now()) == 0
    assert send_due_mail(timezone.now() + DAY) == 1
    assert send_due_mail(timezone.now() + DAY) == 0
    ((_, letter),) = mailbox.letters
    assert open_letter(letter)["Subject"] == "Legal Name Comparison: 2 notifications today"
    assert "Your bulk job failed." in text_of(letter)
    assert "Your bulk job is done: 12 rows, of which 2 failed." in text_of(letter)


@pytest.mark.parametrize(("hour", "days"), [(5, 0), (6, 0), (7, 1)])
def test_a_summary_is_sent_at_the_next_hour_of_summaries(hour: int, days: int) -> None:
    at = datetime(2026, 11, 29, hour, tzinfo=UTC)
    due = datetime(2026, 11, 29 + days, 6, tzinfo=UTC)
    assert compute_mail_time(Delivery.DAILY, at) == due
    assert compute_mail_time(Delivery.AT_ONCE, at) == at


def test_the_link_of_an_e_mail_ends_its_kind_without_signing_in(mailbox: Mailbox) -> None:
    user = person(Role.CLIENT)
    tell(user, Kind.JOB_FAILED, "1")
    send_due_mail(timezone.now())
    tell(user, Kind.JOB_FAILED, "2")
    address, browser = end_of(mailbox.letters[0][1]), Client(enforce_csrf_checks=True)
    assert "One of your bulk jobs failed" in browser.get(address).content.decode()
    assert not Preference.objects.exists()
    answer = browser.post(address, {"List-Unsubscribe": "One-Click"})
    assert "You get no such e-mail any more." in answer.content.decode()
    assert get_preferences(user)[Kind.JOB_FAILED] == Delivery.APP
    assert get_preferences(user)[Kind.DOCUMENT_ASKED] == Delivery.AT_ONCE
    assert send_due_mail(timezone.now()) == 0
    assert list_told_kinds(user) == ["job_failed", "job_failed"]
    assert AuditEvent.objects.filter(action="notifications.preferences_changed").count() == 1


def test_the_link_of_a_summary_ends_the_summary(mailbox: Mailbox) -> None:
    user = person(Role.CLIENT)
    change_preferences(user, {Kind.JOB_FAILED: Delivery.DAILY})
    tell(user)
    send_due_mail(timezone.now() + DAY)
    Client().post(end_of(mailbox.letters[0][1]), {"List-Unsubscribe": "One-Click"})
    preferences = get_preferences(user)
    assert preferences[Kind.JOB_FAILED] == Delivery.APP
    assert preferences[Kind.DOCUMENT_ASKED] == Delivery.AT_ONCE


def test_a_link_that_was_not_signed_here_ends_nothing() -> None:
    token = build_token(person(), Kind.JOB_FAILED)
    assert Client().post(f"/notifications/unsubscribe/{token}x").status_code == 404
    assert not Preference.objects.exists()


def test_what_is_switched_off_is_not_stored_and_what_waited_is_taken_back(mailbox: Mailbox) -> None:
    user, now = person(Role.CLIENT), timezone.now()
    tell(user, Kind.JOB_FAILED, "before")
    with transaction.atomic():
        notify([user.pk], Notice(Kind.JOB_FAILED, "later", JOB, now + DAY))
    change_preferences(user, {Kind.JOB_FAILED: Delivery.OFF})
    tell(user, Kind.JOB_FAILED, "after")
    assert Notification.objects.filter(user=user).count() == 1
    assert (send_due_mail(now + 2 * DAY), mailbox.letters) == (0, [])


def test_what_waits_for_the_summary_is_sent_at_once_when_that_is_chosen(mailbox: Mailbox) -> None:
    user = person(Role.CLIENT)
    change_preferences(user, {Kind.JOB_FAILED: Delivery.DAILY})
    tell(user)
    change_preferences(user, {Kind.JOB_FAILED: Delivery.AT_ONCE})
    assert send_due_mail(timezone.now()) == 1
    assert len(mailbox.letters) == 1


@pytest.mark.parametrize(
    ("role", "kind", "delivery"),
    [
        (Role.USER, Kind.DECISION_MADE, Delivery.AT_ONCE),
        (Role.CLIENT, Kind.DECISION_MADE, Delivery.DAILY),
        (Role.REVIEWER, Kind.DECISION_MADE, Delivery.APP),
        (Role.CLIENT, Kind.DOCUMENT_ASKED, Delivery.AT_ONCE),
        (Role.REVIEWER, Kind.ITEM_OVERDUE, Delivery.AT_ONCE),
        (Role.LEAD, Kind.ADJUDICATION_WAITS, Delivery.DAILY),
        (Role.APPROVER, Kind.APPROVAL_WAITS, Delivery.AT_ONCE),
        (Role.ADMINISTRATOR, Kind.APPROVAL_WAITS, Delivery.APP),
    ],
)
def test_each_role_has_defaults_that_fit_it(role: Role, kind: Kind, delivery: Delivery) -> None:
    assert get_preferences(person(role))[kind] == delivery


def test_nobody_is_offered_what_cannot_concern_them() -> None:
    assert Kind.APPROVAL_WAITS not in get_preferences(person(Role.USER))
    assert Kind.ITEM_ASSIGNED not in get_preferences(person(Role.CLIENT))
    assert set(get_preferences(person(Role.AUDITOR))) >= {Kind.KEY_EXPIRES}


def test_who_holds_a_permission_is_told_but_for_who_asked() -> None:
    lead, asking = person(Role.LEAD), person(Role.LEAD)
    reviewer = person(Role.REVIEWER)
    data = {"item": "1", "due_at": timezone.now().isoformat()}
    with transaction.atomic():
        notify_holders("feedback.lead_review", Notice(Kind.ADJUDICATION_WAITS, "1", data), asking.pk)
    assert [list_told_kinds(user) for user in (lead, asking, reviewer)] == [["adjudication_waits"], [], []]


def test_who_may_no_longer_sign_in_is_told_nothing(mailbox: Mailbox) -> None:
    user = person(Role.CLIENT)
    tell(user, Kind.JOB_FAILED, "before")
    user.is_active = False
    user.save()
    assert tell(user, Kind.JOB_FAILED, "after") is None
    assert (send_due_mail(timezone.now()), mailbox.letters) == (0, [])
    assert Notification.objects.filter(user=user, given_up_at=None).count() == 0


def test_without_a_mail_server_it_is_told_on_the_page_and_never_by_an_old_e_mail(settings: Settings) -> None:
    settings.EMAIL_HOST = ""
    row = tell(person())
    assert row is not None
    assert (row.delivery, send_mail()) == (Delivery.APP, 0)
    settings.EMAIL_HOST = "mail.example"
    assert (send_mail(), django_mail.outbox) == (0, [])


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "unknown"},
        {"delivery": "off"},
        {"emailed_at": timezone.now(), "given_up_at": timezone.now()},
    ],
)
def test_the_database_refuses_a_row_that_cannot_be(changes: dict[str, Any]) -> None:
    row = tell(person())
    assert row is not None
    with pytest.raises(IntegrityError), transaction.atomic():
        Notification.objects.filter(pk=row.pk).update(**changes)


def test_notifications_are_deleted_after_their_days() -> None:
    row, kept = tell(person()), tell(person())
    assert row is not None
    assert kept is not None
    Notification.objects.filter(pk=row.pk).update(visible_at=timezone.now() - timedelta(days=91))
    apply_rules(timezone.now())
    assert list(Notification.objects.values_list("pk", flat=True)) == [kept.pk]
