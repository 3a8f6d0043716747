"""Audit events of second factors and connected identities, whoever changes them and by whichever page.

Receivers only record; nothing else depends on them.
"""

from __future__ import annotations

from typing import Any

from allauth.account.signals import authentication_step_completed
from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed
from allauth.socialaccount.models import SocialAccount
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.http import HttpRequest

from accounts.audit import trail
from accounts.auth.client_address import get_client_address
from accounts.models import SecondFactorSecret, User
from accounts.sign_in.middleware import SECOND_FACTOR_SET_UP


def connect_receivers() -> None:
    """Record from now on."""
    post_save.connect(record_added_factor, sender=Authenticator)
    post_delete.connect(record_removed_factor, sender=Authenticator)
    post_save.connect(record_connected_identity, sender=SocialAccount)
    post_delete.connect(record_disconnected_identity, sender=SocialAccount)
    authentication_failed.connect(record_wrong_code)
    authentication_step_completed.connect(record_confirmation)


@transaction.atomic
def record_added_factor(instance: Authenticator, created: bool, **_: Any) -> None:
    """Record a new authenticator app, passkey or set of recovery codes."""
    if created:
        trail.record_event("user.second_factor_added", instance.user, instance.user, type=instance.type)
        _mark_session(instance)


@transaction.atomic
def record_removed_factor(instance: Authenticator, **_: Any) -> None:
    """Record that a factor is gone, and delete its secret."""
    trail.record_event("user.second_factor_removed", instance.user, None, type=instance.type)
    secrets = [instance.data[name] for name in ("secret", "seed") if name in instance.data]
    SecondFactorSecret.objects.filter(pk__in=secrets).delete()


@transaction.atomic
def record_connected_identity(instance: SocialAccount, created: bool, **_: Any) -> None:
    """Record that an account of the identity provider opens an account here."""
    if created:
        trail.record_event(
            "user.identity_connected", instance.user, instance.user, provider=instance.provider
        )


@transaction.atomic
def record_disconnected_identity(instance: SocialAccount, **_: Any) -> None:
    """Record that an account of the identity provider opens nothing here any more."""
    trail.record_event("user.identity_disconnected", instance.user, None, provider=instance.provider)


@transaction.atomic
def record_wrong_code(user: User, request: HttpRequest, **_: Any) -> None:
    """Record a wrong code: whoever typed it knew the password."""
    trail.record_event("user.second_factor_failed", user, None, address=get_client_address(request))


@transaction.atomic
def record_confirmation(
    user: User, method: str, request: HttpRequest, reauthenticated: bool = False, **_: Any
) -> None:
    """Record that somebody confirmed who they are before something sensitive."""
    if reauthenticated:
        trail.record_event("user.confirmed", user, user, method=method, address=get_client_address(request))


def _mark_session(authenticator: Authenticator) -> None:
    """Let the session go on in which a second factor is set up."""
    request = context.request
    if request is not None and request.user == authenticator.user:
        request.session[SECOND_FACTOR_SET_UP] = True
