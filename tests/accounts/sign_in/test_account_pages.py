"""Invitations, forgotten and initial passwords, sessions, and where each role starts."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.auth.password_limit import is_password_enough, record_wrong_password
from accounts.auth.users import deactivate_user
from accounts.models import AuditEvent, Role, TokenSession, User
from accounts.tasks import send_account_mail
from config.celery import app as celery_app
from tests.accounts.sign_in.conftest import SignIn
from tests.people import PASSWORD, person, signed_in
from tests.receivers import Mailbox, mail_server

pytestmark = pytest.mark.django_db

NEW = "another long enough phrase"
Commit = DjangoCaptureOnCommitCallbacks


@pytest.fixture
def mailbox(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """A real mail server, and a worker that takes each task at once."""
    with mail_server(tmp_path) as (port, box):
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "localhost", port
        settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "alerts", "letmein"
        monkeypatch.setattr(celery_app, "send_task", lambda _name, args, **_: send_account_mail(*args))
        yield box


def find_link(box: Mailbox) -> str:
    found = re.search(r"https?://[^/\s]+(/password/reset/\S+)", box.letters[-1][1].replace("=\r\n", ""))
    assert found, box.letters
    return found[1]


def set_password(client: Client, link: str, password: str = NEW) -> Any:
    form = client.get(link)["Location"]
    return client.post(form, {"password1": password, "password2": password})


def test_a_forgotten_password_is_replaced_by_mail(client: Client, mailbox: Mailbox, commit: Commit) -> None:
    user = person(Role.CLIENT)
    record_wrong_password(user.email)
    with commit(execute=True):
        assert client.post("/password/reset", {"email": user.email}).status_code == 302
    assert mailbox.letters[-1][0] == user.email
    link = find_link(mailbox)
    assert set_password(client, link)["Location"] == "/password/reset/done"
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert AuditEvent.objects.filter(action="user.password_reset", actor=user).exists()
    assert "does not work any more" in client.get(link).content.decode(), "once"


@pytest.fixture
def commit(django_capture_on_commit_callbacks: Commit) -> Commit:
    """What is done after the transaction, done in the test."""
    return django_capture_on_commit_callbacks


def test_asking_tells_nobody_who_has_an_account(client: Client, mailbox: Mailbox, commit: Commit) -> None:
    closed = deactivate_user(person(Role.CLIENT), None)
    for address in ("nobody@example.com", closed.email):
        with commit(execute=True):
            answer = client.post("/password/reset", {"email": address})
        assert answer["Location"] == "/password/reset/sent"
    assert mailbox.letters == []


def test_a_link_runs_out_after_a_day(client: Client, mailbox: Mailbox, commit: Commit) -> None:
    user = person(Role.CLIENT)
    with commit(execute=True):
        client.post("/password/reset", {"email": user.email})
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert "does not work any more" in client.get(find_link(mailbox)).content.decode()


def test_a_new_password_by_mail_ends_the_limit_that_guessing_brought(
    client: Client, mailbox: Mailbox, commit: Commit, settings: Settings
) -> None:
    settings.ACCOUNT_FAILURE_RATE = "2/d"
    user = person(Role.CLIENT)
    for _ in range(2):
        record_wrong_password(user.email)
    assert not is_password_enough(user.email)
    with commit(execute=True):
        client.post("/password/reset", {"email": user.email})
    set_password(client, find_link(mailbox))
    assert client.post("/sign-in", {"login": user.email, "password": NEW}).status_code == 302


def test_a_new_person_is_invited_and_chooses_a_password(
    client: Client, mailbox: Mailbox, commit: Commit
) -> None:
    boss = person(Role.ADMINISTRATOR)
    client.force_login(boss)
    given = {"email": "rita@example.com", "name": "Rita", "role": "user", "password1": "", "password2": ""}
    with commit(execute=True):
        answer = client.post("/admin/accounts/user/add/", given)
    assert answer.status_code == 302, answer.context["errors"]
    client.logout()
    rita = User.objects.get(email="rita@example.com")
    assert not rita.has_usable_password()
    assert AuditEvent.objects.filter(action="user.invited", actor=boss, object_id=str(rita.pk)).exists()
    assert "An administrator made an account for you" in mailbox.letters[-1][1]
    set_password(client, find_link(mailbox))
    assert client.post("/sign-in", {"login": rita.email, "password": NEW}).status_code == 302
    assert client.get("/").status_code == 200


def test_without_a_mail_server_the_pages_say_so(client: Client, settings: Settings) -> None:
    settings.EMAIL_HOST = ""
    assert "cannot send mail" in client.get("/password/reset").content.decode()
    client.force_login(person(Role.ADMINISTRATOR))
    given = {"email": "rita@example.com", "name": "", "role": "user", "password1": "", "password2": ""}
    assert "give a first password" in client.post("/admin/accounts/user/add/", given).content.decode()
    page = f"/admin/accounts/user/{person().pk}/send_link/"
    assert "No mail server is set up" in client.post(page).content.decode()


def test_a_password_somebody_else_set_is_changed_first(
    client: Client, sign_in: SignIn, settings: Settings
) -> None:
    settings.INITIAL_PASSWORDS_MUST_CHANGE = True
    client.force_login(person(Role.ADMINISTRATOR))
    given = {
        "email": "ned@example.com",
        "name": "",
        "role": "user",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }
    client.post("/admin/accounts/user/add/", given)
    client.logout()
    ned = User.objects.get(email="ned@example.com")
    body = {"email": ned.email, "password": PASSWORD}
    refused = client.post("/api/v1/token", body, "application/json")
    assert refused.json()["code"] == "password_change_required"
    sign_in(ned)
    assert client.get("/")["Location"] == "/password"
    client.post("/password", {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW})
    assert client.get("/").status_code == 200
    assert client.post("/api/v1/token", {**body, "password": NEW}, "application/json").status_code == 200


def test_the_first_administrator_changes_the_password_that_was_printed(settings: Settings) -> None:
    settings.ADMIN_EMAIL, settings.ADMIN_PASSWORD = "boss@example.com", ""
    settings.INITIAL_PASSWORDS_MUST_CHANGE = True
    call_command("create_first_administrator")
    assert User.objects.get(email="boss@example.com").must_change_password


def test_somebody_signs_out_everywhere_else(client: Client, sign_in: SignIn) -> None:
    user, elsewhere = person(Role.CLIENT), Client(headers={"User-Agent": "A forgotten laptop"})
    elsewhere.post("/sign-in", {"login": user.email, "password": PASSWORD})
    signed_in(user)
    sign_in(user)
    page = client.get("/account").content.decode()
    assert "A forgotten laptop" in page
    assert "API" in page
    client.post("/account/sessions")
    assert client.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302
    assert not TokenSession.objects.filter(user=user, ended_at=None).exists()
    ended = AuditEvent.objects.filter(action="user.session_ended", actor=user)
    assert sorted(event.detail["kind"] for event in ended) == ["api", "pages"]


def test_an_administrator_signs_somebody_out_everywhere(client: Client, sign_in: SignIn) -> None:
    user, boss = person(Role.CLIENT), Client()
    sign_in(user)
    boss.force_login(person(Role.ADMINISTRATOR))
    assert boss.post(f"/admin/accounts/user/{user.pk}/end_sessions/").status_code == 302
    assert client.get("/").status_code == 302


def test_a_session_ends_when_its_role_says_so(client: Client, sign_in: SignIn, settings: Settings) -> None:
    settings.SESSION_HOURS = ["12", "reviewer=8"]
    for role, hours in ((Role.REVIEWER, 8), (Role.USER, 12)):
        sign_in(person(role))
        now = timezone.now()
        with time_machine.travel(now + timedelta(hours=hours - 0.1)):
            assert client.get("/account").status_code == 200
        with time_machine.travel(now + timedelta(hours=hours + 0.1)):
            assert client.get("/account")["Location"] == "/sign-in?next=/account"
        client.logout()
    assert AuditEvent.objects.filter(action="user.session_ended", detail__reason="time").count() == 2


def test_an_idle_session_ends_and_a_busy_one_goes_on(
    client: Client, sign_in: SignIn, settings: Settings
) -> None:
    settings.SESSION_IDLE_MINUTES = 60
    sign_in(person())
    now = timezone.now()
    for minutes in (50, 100, 150):
        with time_machine.travel(now + timedelta(minutes=minutes)):
            assert client.get("/").status_code == 200
    with time_machine.travel(now + timedelta(minutes=211)):
        assert client.get("/")["Location"].startswith("/sign-in")


@pytest.mark.parametrize(
    ("role", "start"),
    [
        (Role.USER, "/"),
        (Role.CLIENT, "/"),
        (Role.REVIEWER, "/admin/feedback/reviewitem/queue/"),
        (Role.LEAD, "/admin/"),
        (Role.MODEL_ENGINEER, "/admin/"),
        (Role.APPROVER, "/admin/"),
        (Role.AUDITOR, "/admin/"),
        (Role.ADMINISTRATOR, "/admin/"),
    ],
)
def test_each_role_starts_at_its_own_work(client: Client, sign_in: SignIn, role: str, start: str) -> None:
    assert sign_in(person(role))["Location"] == "/start"
    assert client.get("/start")["Location"] == start
    home = client.get("/", follow=True)
    assert home.status_code == 200
    assert home.request["PATH_INFO"] == (start if role in (Role.APPROVER, Role.AUDITOR) else "/")


def test_nobody_signs_up(client: Client) -> None:
    for page in ("/sign-up", "/sign-up/identity"):
        assert client.get(page)["Location"] == "/sign-in"
