"""Sign-in through the identity provider of the organisation (OpenID Connect), and roles from its groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Client, OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.auth import users
from accounts.auth.step_up import note_provider_time
from accounts.models import Role, User

PROVIDER_ID = "sso"
"""Name of the one identity provider in addresses."""


class NonceClient(OAuth2Client):  # type: ignore[misc]  # the package ships no types
    """Asks the provider to put a nonce of this flow into the ID token."""

    def get_redirect_url(self, authorization_url: str, scope: Any, extra_params: Mapping[str, str]) -> str:
        """Return the address at the provider."""
        parameters = {**extra_params, "nonce": derive_nonce(self.state)}
        address: str = super().get_redirect_url(authorization_url, scope, parameters)
        return address


class ProviderAdapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # as above
    """Takes an ID token only with the nonce of the flow, and notes when the provider saw the person."""

    client_class = NonceClient

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        """Return the login. Raises ``OAuth2Error`` without an ID token or with that of another flow."""
        login = super().complete_login(request, app, token, **kwargs)
        claims = login.account.extra_data.get("id_token") or {}
        expected = derive_nonce(request.GET.get("state", ""))
        if not constant_time_compare(str(claims.get("nonce", "")), expected):
            raise OAuth2Error("the ID token does not belong to this sign-in")
        note_provider_time(request, claims.get("auth_time"))
        return login


def derive_nonce(state: str) -> str:
    """Return the nonce of a flow from its state, which is random, kept in the session and used once."""
    return salted_hmac("accounts.sign_in.nonce", state, algorithm="sha256").hexdigest()


def sign_in_at_provider(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Send the browser to the provider."""
    return _answer(OAuth2LoginView, request, provider_id)


@transaction.atomic
def return_from_provider(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Sign in whom the provider vouches for."""
    return _answer(OAuth2CallbackView, request, provider_id)


def _answer(view: Any, request: HttpRequest, provider_id: str) -> HttpResponse:
    if provider_id != PROVIDER_ID or not settings.OIDC_ISSUER:
        raise Http404
    response: HttpResponse = view.adapter_view(ProviderAdapter(request, provider_id))(request)
    return response


class IdentityAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # the package ships no types
    """Finds or makes the account of whom the identity provider vouches for, with the role of their group."""

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> Any:
        """Return the provider, whose flows carry a nonce."""
        found = super().get_provider(request, provider, client_id)
        found.oauth2_adapter_class = ProviderAdapter
        return found

    def authenticate_by_email(self, sociallogin: Any) -> tuple[User, str] | None:
        """Return the account of a verified address at the first sign-in; later the subject decides."""
        for address in sociallogin.email_addresses:
            user = User.objects.filter(email=address.email.lower()).first()
            if user and address.verified:
                return user, address.email
        return None

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Give the account the role of the group; turn away whoever has neither account nor group."""
        role = find_role(read_claims(sociallogin.account.extra_data))
        is_known = sociallogin.is_existing
        if not is_known and User.objects.filter(email=(sociallogin.user.email or "").lower()).exists():
            raise ImmediateHttpResponse(_turn_away(request))  # the provider did not verify the address
        if settings.OIDC_ROLES and role is None:
            raise ImmediateHttpResponse(_turn_away(request))
        if is_known and role is not None:
            users.set_role(sociallogin.user, role, None)

    def is_open_for_signup(self, _request: HttpRequest, sociallogin: Any) -> bool:
        """Return whether an account may be made for somebody new who has an address."""
        return bool(settings.OIDC_CREATE_USERS and sociallogin.user.email)

    @transaction.atomic
    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> User:
        """Make the account, without a password."""
        claims = read_claims(sociallogin.account.extra_data)
        role = find_role(claims) or Role.USER
        name = str(claims.get("name", ""))[:200]
        user = users.create_user(sociallogin.user.email, None, role, None, name)
        sociallogin.user = sociallogin.account.user = user
        sociallogin.account.save()
        return user


def read_claims(extra_data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the provider says about somebody, in the ID token and at its userinfo endpoint."""
    return {**(extra_data.get("id_token") or {}), **(extra_data.get("userinfo") or {})}


def find_role(claims: Mapping[str, Any]) -> Role | None:
    """Return the role of the first group in ``OIDC_ROLES`` that somebody is in, or ``None``."""
    given = claims.get(settings.OIDC_ROLE_CLAIM, ())
    return match_groups([given] if isinstance(given, str) else given)


def match_groups(groups: Iterable[str]) -> Role | None:
    """Return the role of the first line of ``OIDC_ROLES`` whose group is among ``groups``, or ``None``."""
    found = set(groups)
    for line in settings.OIDC_ROLES:
        group, _, role = line.rpartition("=")
        if group in found:
            return Role(role)
    return None


@login_required
def confirm_at_provider(request: HttpRequest) -> HttpResponse:
    """Have the identity provider ask again who the user is, and come back."""
    if not settings.OIDC_ISSUER:
        raise Http404
    provider = get_adapter().get_provider(request, PROVIDER_ID)
    following = request.GET.get("next", settings.LOGIN_REDIRECT_URL)
    return redirect(
        provider.get_login_url(request, process="login", next=following, auth_params="prompt=login&max_age=0")
    )


def _turn_away(request: HttpRequest) -> HttpResponse:
    return render(request, "account/signup_closed.html", status=403)
