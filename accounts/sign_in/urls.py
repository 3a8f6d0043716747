"""Addresses of signing in, and of one's own account."""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as second_factor
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as authenticator_app
from allauth.mfa.webauthn import views as passkeys
from allauth.socialaccount import views as identities
from django.db import transaction
from django.urls import path
from django.views.generic import RedirectView

from accounts.sign_in import views
from accounts.sign_in.attempts import limit_attempts
from accounts.sign_in.identity_provider import (
    confirm_at_provider,
    return_from_provider,
    sign_in_at_provider,
)

_to_sign_in = RedirectView.as_view(pattern_name="account_login")

# What changes an account is one transaction with its audit event.
urlpatterns = [
    path("sign-in", limit_attempts(account.login), name="account_login"),
    path(
        "sign-in/second-factor",
        limit_attempts(transaction.atomic(second_factor.authenticate)),
        name="mfa_authenticate",
    ),
    path("sign-in/passkey", limit_attempts(passkeys.login_webauthn), name="mfa_login_webauthn"),
    path("sign-in/inactive", account.account_inactive, name="account_inactive"),
    path("sign-in/cancelled", identities.login_cancelled, name="socialaccount_login_cancelled"),
    path("sign-in/failed", identities.login_error, name="socialaccount_login_error"),
    path("account/confirm/identity-provider", confirm_at_provider, name="confirm_at_provider"),
    path("sign-in/with/<slug:provider_id>", sign_in_at_provider, name="openid_connect_login"),
    path("sign-in/with/<slug:provider_id>/callback", return_from_provider, name="openid_connect_callback"),
    path("sign-up", _to_sign_in, name="account_signup"),
    path("sign-up/identity", _to_sign_in, name="socialaccount_signup"),
    path("sign-out", views.SignOutView.as_view(), name="account_logout"),
    path("password", limit_attempts(views.PasswordView.as_view()), name="account_change_password"),
    path("password/reset", limit_attempts(views.request_password_link), name="account_reset_password"),
    path("password/reset/sent", account.password_reset_done, name="account_reset_password_done"),
    path(
        "password/reset/<slug:uidb36>/<path:key>",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/done",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("account", views.AccountView.as_view(), name="mfa_index"),
    path("account/confirm", limit_attempts(account.reauthenticate), name="account_reauthenticate"),
    path(
        "account/confirm/second-factor",
        limit_attempts(transaction.atomic(second_factor.reauthenticate)),
        name="mfa_reauthenticate",
    ),
    path(
        "account/confirm/passkey",
        limit_attempts(passkeys.reauthenticate_webauthn),
        name="mfa_reauthenticate_webauthn",
    ),
    path(
        "account/authenticator-app",
        transaction.atomic(authenticator_app.activate_totp),
        name="mfa_activate_totp",
    ),
    path(
        "account/authenticator-app/remove",
        transaction.atomic(authenticator_app.deactivate_totp),
        name="mfa_deactivate_totp",
    ),
    path("account/passkeys", views.to_account, name="mfa_list_webauthn"),
    path("account/passkeys/add", transaction.atomic(passkeys.add_webauthn), name="mfa_add_webauthn"),
    path(
        "account/passkeys/<int:pk>/remove",
        transaction.atomic(passkeys.remove_webauthn),
        name="mfa_remove_webauthn",
    ),
    path("account/recovery-codes", recovery_codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "account/recovery-codes/new",
        transaction.atomic(recovery_codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path("account/sessions", views.end_other_sessions, name="usersessions_list"),
]
