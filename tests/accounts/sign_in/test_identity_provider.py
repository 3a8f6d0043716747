"""Sign-in through a real OpenID provider: accounts, roles from groups, and whoever is turned away."""

import copy
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from pytest_django import Settings

from accounts.auth.users import deactivate_user
from accounts.models import AuditEvent, Role, User
from tests.accounts.sign_in.conftest import SignIn
from tests.identity_provider import IdentityProvider, run_identity_provider
from tests.people import person

pytestmark = pytest.mark.django_db

MAIL = {"email_verified": True, "name": "Rita Reviewer"}


@pytest.fixture(scope="module")
def running() -> Iterator[IdentityProvider]:
    """One provider for all tests."""
    with run_identity_provider() as provider:
        yield provider


@pytest.fixture(autouse=True)
def provider(running: IdentityProvider, settings: Settings) -> IdentityProvider:
    """The provider, known to the product."""
    settings.OIDC_ISSUER = running.issuer
    settings.OIDC_ROLES = ["legal-leads=lead", "legal-reviewers=reviewer"]
    providers = copy.deepcopy(settings.SOCIALACCOUNT_PROVIDERS)
    app = {"provider_id": "sso", "name": "Example login", "client_id": "legal-names", "secret": "shared"}
    providers["openid_connect"]["APPS"] = [{**app, "settings": {"server_url": running.issuer}}]
    settings.SOCIALACCOUNT_PROVIDERS = providers
    settings.SECOND_FACTOR_ROLES = ["staff"]
    return running


def come_in(client: Client, provider: IdentityProvider, subject: str, path: str = "/sign-in/with/sso") -> Any:
    """Press the button, sign in there, and come back."""
    there = client.post(f"{path}?process=login&next=/account")["Location"]
    assert there.startswith(provider.issuer)
    return client.get(provider.authorize(there, subject))


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_somebody_with_an_account_comes_in_with_the_role_of_the_group(
    client: Client, provider: IdentityProvider
) -> None:
    rita = person(Role.REVIEWER, email="rita@example.com")
    provider.add_person("rita", email="Rita@example.com", groups=["all", "legal-leads"], **MAIL)
    assert come_in(client, provider, "rita")["Location"] == "/account"
    assert client.get("/admin/", follow=True).status_code == 200, "the provider answers for the second factor"
    rita.refresh_from_db()
    assert rita.role == Role.LEAD
    events = AuditEvent.objects.filter(object_id=str(rita.pk)).values_list("action", flat=True)
    assert {"user.identity_connected", "user.role_changed"} <= set(events)


def test_the_button_stands_on_the_sign_in_page_and_asks_with_pkce(client: Client) -> None:
    assert "Sign in with Example login" in client.get("/sign-in").content.decode()
    asked = parse_qs(urlsplit(client.post("/sign-in/with/sso?process=login")["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["state"]


def test_a_change_of_group_is_a_change_of_role_and_no_group_is_no_entrance(
    client: Client, provider: IdentityProvider
) -> None:
    person(Role.REVIEWER, email="gus@example.com")
    for groups, role in ((["legal-reviewers"], "reviewer"), (["legal-leads"], "lead")):
        provider.add_person("gus", email="gus@example.com", groups=groups, **MAIL)
        come_in(client, provider, "gus")
        assert is_in(client)
        assert User.objects.get(email="gus@example.com").role == role
        client.logout()
    provider.add_person("gus", email="gus@example.com", groups=["canteen"], **MAIL)
    assert come_in(client, provider, "gus").status_code == 403
    assert not is_in(client)


def test_somebody_new_gets_an_account_only_if_the_policy_says_so(
    client: Client, provider: IdentityProvider, settings: Settings
) -> None:
    provider.add_person("nina", email="nina@example.com", groups=["legal-reviewers"], **MAIL)
    assert "You have no account here" in come_in(client, provider, "nina").content.decode()
    assert not User.objects.filter(email="nina@example.com").exists()
    settings.OIDC_CREATE_USERS = True
    come_in(client, provider, "nina")
    nina = User.objects.get(email="nina@example.com")
    assert (nina.role, nina.name, nina.has_usable_password()) == ("reviewer", "Rita Reviewer", False)
    assert is_in(client)
    client.logout()
    come_in(client, provider, "nina")
    assert (is_in(client), User.objects.filter(email="nina@example.com").count()) == (True, 1)


def test_an_address_that_the_provider_has_not_verified_takes_over_nothing(
    client: Client, provider: IdentityProvider, settings: Settings
) -> None:
    settings.OIDC_CREATE_USERS = True
    boss = person(Role.ADMINISTRATOR, email="boss@example.com")
    provider.add_person("thief", email=boss.email, groups=["legal-leads"], email_verified=False)
    assert come_in(client, provider, "thief").status_code == 403
    assert not is_in(client)
    assert not SocialAccount.objects.exists()


def test_a_closed_account_stays_closed(client: Client, provider: IdentityProvider) -> None:
    closed = deactivate_user(person(Role.REVIEWER, email="carl@example.com"), None)
    provider.add_person("carl", email=closed.email, groups=["legal-reviewers"], **MAIL)
    assert come_in(client, provider, "carl")["Location"] == "/sign-in/inactive"
    assert not is_in(client)


def test_an_answer_that_nobody_asked_for_is_refused(client: Client, provider: IdentityProvider) -> None:
    person(Role.REVIEWER, email="rita@example.com")
    provider.add_person("rita", email="rita@example.com", groups=["legal-reviewers"], **MAIL)
    victim = Client()
    there = client.post("/sign-in/with/sso?process=login")["Location"]
    answer = victim.get(provider.authorize(there, "rita"))
    assert "You were not signed in" in answer.content.decode()
    assert not is_in(victim)


def test_roles_of_the_provider_only_have_no_password(
    client: Client, provider: IdentityProvider, settings: Settings, sign_in: SignIn
) -> None:
    settings.SSO_ONLY_ROLES = ["staff"]
    rita = person(Role.REVIEWER, email="rita@example.com")
    assert sign_in(rita).status_code == 200
    assert not is_in(client)
    provider.add_person("rita", email=rita.email, groups=["legal-reviewers"], **MAIL)
    come_in(client, provider, "rita")
    assert is_in(client)
    assert "without a password here" in client.get("/account").content.decode()


def test_step_up_of_somebody_without_a_password_leads_to_the_provider_which_asks_again(
    client: Client, provider: IdentityProvider, settings: Settings
) -> None:
    settings.SSO_ONLY_ROLES, settings.OIDC_ROLES = ["staff"], []
    lea = person(Role.LEAD, email="lea@example.com")
    provider.add_person("lea", email=lea.email, **MAIL)
    client.force_login(lea)
    settings.STEP_UP_MINUTES, settings.SECOND_FACTOR_ROLES = 15, []
    page = "/admin/matching/prediction/export/"
    asked = client.get(client.get(page)["Location"])["Location"]
    there = client.post(asked)["Location"]
    asked_there = parse_qs(urlsplit(there).query)
    assert (asked_there["prompt"], asked_there["max_age"]) == (["login"], ["0"])
    assert client.get(provider.authorize(there, "lea"))["Location"] == page
    assert client.get(page).status_code == 200


def test_an_id_token_with_another_nonce_is_refused(client: Client, provider: IdentityProvider) -> None:
    """Whoever takes the nonce out of the address, or puts in that of another flow, comes in nowhere."""
    person(Role.REVIEWER, email="rita@example.com")
    provider.add_person("rita", email="rita@example.com", groups=["legal-reviewers"], **MAIL)
    other = parse_qs(urlsplit(Client().post("/sign-in/with/sso?process=login")["Location"]).query)["nonce"][0]
    for planted in ("", other):
        there = client.post("/sign-in/with/sso?process=login")["Location"]
        own = parse_qs(urlsplit(there).query)["nonce"][0]
        answer = client.get(provider.authorize(there.replace(own, planted), "rita"))
        assert "You were not signed in" in answer.content.decode()
        assert not is_in(client)


@pytest.mark.parametrize(("seconds_ago", "passes"), [(5, True), (3600, False)])
def test_a_provider_that_did_not_ask_again_confirms_nothing(
    client: Client, provider: IdentityProvider, settings: Settings, seconds_ago: int, passes: bool
) -> None:
    settings.OIDC_ROLES, settings.SECOND_FACTOR_ROLES, settings.STEP_UP_MINUTES = [], [], 15
    lea = person(Role.LEAD, email="lea@example.com")
    provider.add_person("lea", email=lea.email, auth_time=int(time.time()) - seconds_ago, **MAIL)
    come_in(client, provider, "lea")
    assert is_in(client)
    page = client.get("/admin/matching/prediction/export/")
    assert page.status_code == (200 if passes else 302)
