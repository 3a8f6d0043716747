"""Second factors: who needs one, how it is set up, used, lost and recorded, on the pages and for tokens."""

import re
import time

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.auth.password_limit import record_wrong_password
from accounts.models import AuditEvent, Role, SecondFactorSecret, User
from tests.accounts.sign_in.conftest import SignIn, compute_code, set_up_app
from tests.people import PASSWORD, person

pytestmark = pytest.mark.django_db

TOKEN = "/api/v1/token"
NO_ROW = "6f1f2a52-6b0a-4a3f-9b53-0c7f3f0f2a11"


@pytest.fixture(autouse=True)
def policy(settings: Settings) -> None:
    """Staff need a second factor, as in production."""
    settings.SECOND_FACTOR_ROLES = ["staff"]


@pytest.fixture
def reviewer(client: Client, sign_in: SignIn) -> tuple[User, str]:
    """A reviewer with an authenticator app, signed out, and the key of the app."""
    user = person(Role.REVIEWER)
    sign_in(user)
    key = set_up_app(client)
    client.post("/sign-out")
    return user, key


def actions(user: User) -> list[str]:
    return list(
        AuditEvent.objects.filter(object_id=str(user.pk)).order_by("pk").values_list("action", flat=True)
    )


def next_code(key: str) -> str:
    """A code that was not used yet: that of the next half minute is good as well."""
    return compute_code(key, time.time() + 30)


def test_staff_set_up_a_second_factor_before_anything_else(client: Client, sign_in: SignIn) -> None:
    user = person(Role.REVIEWER)
    assert sign_in(user)["Location"] == "/start"
    for page in ("/start", "/", "/admin/", "/admin/feedback/reviewitem/queue/"):
        assert client.get(page)["Location"] == "/account", page
    set_up_app(client)
    assert client.get("/start")["Location"] == "/admin/feedback/reviewitem/queue/"


def test_users_and_clients_need_none(client: Client, sign_in: SignIn) -> None:
    sign_in(person(Role.USER))
    assert client.get("/").status_code == 200


def test_a_password_alone_opens_nothing_any_more(
    client: Client, reviewer: tuple[User, str], sign_in: SignIn
) -> None:
    user, key = reviewer
    assert sign_in(user, next="/admin/")["Location"] == "/sign-in/second-factor"
    assert "_auth_user_id" not in client.session
    assert client.get("/admin/")["Location"].startswith("/admin/login/")
    assert client.post("/sign-in/second-factor", {"code": "000000"}).status_code == 200
    answer = client.post("/sign-in/second-factor", {"code": next_code(key)})
    assert answer["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200
    assert "user.second_factor_failed" in actions(user)


def test_a_code_is_good_once(client: Client, reviewer: tuple[User, str], sign_in: SignIn) -> None:
    user, key = reviewer
    code = next_code(key)
    for expected in (302, 200):
        sign_in(user)
        assert client.post("/sign-in/second-factor", {"code": code}).status_code == expected
        client.post("/sign-out")


def test_guessing_codes_ends_after_ten(client: Client, reviewer: tuple[User, str], sign_in: SignIn) -> None:
    user, key = reviewer
    sign_in(user)
    for number in range(10):
        client.post("/sign-in/second-factor", {"code": f"{number:06}"})
    refused = client.post("/sign-in/second-factor", {"code": next_code(key)})
    assert refused.status_code == 200
    assert "_auth_user_id" not in client.session


def test_a_recovery_code_opens_once_and_is_shown_once(
    client: Client, sign_in: SignIn, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    user = person(Role.LEAD)
    sign_in(user)
    with django_capture_on_commit_callbacks(execute=True):
        set_up_app(client)
    codes = re.findall(r"<li><code>(\w+)</code>", client.get("/account/recovery-codes").content.decode())
    assert len(codes) == 10
    for expected in (302, 200):
        client.post("/sign-out")
        sign_in(user)
        assert client.post("/sign-in/second-factor", {"code": codes[0]}).status_code == expected


def test_the_database_holds_no_secret_of_a_second_factor(reviewer: tuple[User, str]) -> None:
    user, key = reviewer
    rows = [str(row) for row in user.authenticator_set.values()]  # type: ignore[attr-defined]  # of the package
    assert rows
    assert not any(key in row for row in rows)
    assert {row.secret for row in SecondFactorSecret.objects.all()} >= {key}


def test_the_owner_gets_in_while_others_guess_from_everywhere(
    client: Client, reviewer: tuple[User, str], sign_in: SignIn, settings: Settings
) -> None:
    settings.ACCOUNT_FAILURE_RATE = "5/d"
    user, key = reviewer
    for _ in range(5):
        record_wrong_password(user.email)
    assert sign_in(user)["Location"] == "/sign-in/second-factor"
    assert client.post("/sign-in/second-factor", {"code": next_code(key)}).status_code == 302


def test_tokens_need_the_second_factor_too(client: Client, reviewer: tuple[User, str]) -> None:
    user, key = reviewer
    body = {"email": user.email, "password": PASSWORD}
    missing = client.post(TOKEN, body, "application/json")
    assert (missing.status_code, missing.json()["code"]) == (401, "second_factor_required")
    wrong = client.post(TOKEN, {**body, "code": "000000"}, "application/json")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "second_factor_wrong")
    right = {**body, "code": next_code(key)}
    assert client.post(TOKEN, right, "application/json").status_code == 200
    assert client.post(TOKEN, right, "application/json").json()["code"] == "second_factor_wrong", "good once"


def test_no_token_for_staff_without_a_second_factor(client: Client) -> None:
    body = {"email": person(Role.APPROVER).email, "password": PASSWORD}
    refused = client.post(TOKEN, body, "application/json")
    assert (refused.status_code, refused.json()["code"]) == (401, "second_factor_missing")


def test_an_administrator_removes_the_second_factor_of_somebody_who_lost_it(
    client: Client, reviewer: tuple[User, str], settings: Settings
) -> None:
    user, _ = reviewer
    settings.SECOND_FACTOR_ROLES = []
    boss = person(Role.ADMINISTRATOR)
    client.force_login(boss)
    page = f"/admin/accounts/user/{user.pk}/remove_second_factors/"
    assert "required" in client.post(page, {}).content.decode()
    assert client.post(page, {"reason": "phone lost, called back"}).status_code == 302
    event = AuditEvent.objects.get(action="user.second_factors_removed")
    assert (event.actor_id, event.detail["reason"]) == (boss.pk, "phone lost, called back")
    assert not SecondFactorSecret.objects.exists()
    assert not user.authenticator_set.exists()  # type: ignore[attr-defined]  # of the package
    client.force_login(person(Role.LEAD))
    assert client.post(page, {"reason": "curiosity"}).status_code == 403


def test_adding_and_removing_a_factor_is_recorded(client: Client, sign_in: SignIn) -> None:
    user = person(Role.USER)
    sign_in(user)
    set_up_app(client)
    assert client.post("/account/authenticator-app/remove").status_code == 302
    found = [name for name in actions(user) if "second_factor" in name]
    assert found == [*["user.second_factor_added"] * 2, *["user.second_factor_removed"] * 2]


def test_a_session_from_before_the_rule_has_to_show_the_factor(
    client: Client, reviewer: tuple[User, str]
) -> None:
    user, _ = reviewer
    client.force_login(user)
    assert client.get("/admin/")["Location"] == "/account"


def test_step_up_asks_after_a_while_and_goes_on_where_one_was(
    client: Client, sign_in: SignIn, settings: Settings
) -> None:
    settings.STEP_UP_MINUTES, settings.SECOND_FACTOR_ROLES = 15, []
    boss, user = person(Role.ADMINISTRATOR), person(Role.USER)
    with time_machine.travel("2026-03-02 10:00Z") as clock:
        sign_in(boss)
        page = f"/admin/accounts/user/{user.pk}/change/"
        given = {"email": user.email, "name": "", "role": "reviewer", "is_active": "on"}
        clock.shift(16 * 60)
        asked = client.post(page, given)["Location"]
        assert asked.startswith("/account/confirm?next=")
        user.refresh_from_db()
        assert user.role == Role.USER
        assert "Is it you?" in client.get(asked).content.decode()
        assert client.post(asked, {"password": "wrong"}).status_code == 200
        assert client.post(asked, {"password": PASSWORD}).status_code == 302
        user.refresh_from_db()
        assert user.role == Role.REVIEWER, "the request was repeated"
        assert client.post(page, {**given, "role": "user"}).status_code == 302
    assert actions(boss).count("user.confirmed") == 1


@pytest.mark.parametrize(
    ("role", "page"),
    [
        (Role.REVIEWER, f"/admin/matching/prediction/{NO_ROW}/reveal/"),
        (Role.LEAD, "/admin/matching/prediction/export/"),
        (Role.APPROVER, f"/admin/modelops/promotionrequest/{NO_ROW}/approve/"),
        (
            Role.MODEL_ENGINEER,
            f"/admin/modelops/modelversion/{NO_ROW}/ask_for_promotion/",
        ),
    ],
)
def test_what_is_sensitive_asks_who_is_there(
    client: Client, settings: Settings, role: str, page: str
) -> None:
    settings.SECOND_FACTOR_ROLES = []
    client.force_login(person(role))  # a session that shows no sign-in at all
    assert client.get(page).status_code in (200, 404)
    settings.STEP_UP_MINUTES = 15
    assert client.get(page)["Location"].startswith("/account/confirm")


def test_step_up_of_somebody_with_a_second_factor_takes_that(
    client: Client, reviewer: tuple[User, str], sign_in: SignIn, settings: Settings
) -> None:
    settings.STEP_UP_MINUTES = 15
    user, key = reviewer
    sign_in(user)
    client.post("/sign-in/second-factor", {"code": next_code(key)})
    with time_machine.travel(time.time() + 3600):
        page = f"/admin/matching/prediction/{NO_ROW}/reveal/"
        assert client.get(page)["Location"].startswith("/account/confirm/second-factor")
        assert client.get("/account/confirm")["Location"].startswith("/account/confirm/second-factor")
