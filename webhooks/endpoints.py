"""Changes to endpoints. Each function changes, records and returns in one transaction.

The audit trail names the host of an endpoint, never its address, which may hold a password, nor a secret.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from accounts.audit import trail
from accounts.dates import format_moment
from accounts.http_address import parse_permitted_address
from accounts.models import User
from accounts.sign_in import mail
from webhooks.events import send_later, store_event
from webhooks.models import TEST_EVENT, WebhookDelivery, WebhookEndpoint, WebhookEvent
from webhooks.signatures import generate_secret

State = WebhookDelivery.State
SwitchedOffBy = WebhookEndpoint.SwitchedOffBy


class EndpointError(ValueError):
    """The change is refused; the message is one sentence for users."""


@dataclass(frozen=True)
class Subscription:
    """What a user enters of an endpoint: where messages go, of which events, and what it is for."""

    address: str
    event_types: Sequence[str]
    description: str = ""


@transaction.atomic
def create_endpoint(user: User, subscription: Subscription) -> tuple[WebhookEndpoint, str]:
    """Create an endpoint of a user; return it with its secret, which is shown this once.

    Raises ``ReceiverAddressError`` for an address that no message may reach, :class:`EndpointError` for one
    endpoint too many.
    """
    parts = parse_permitted_address(subscription.address, settings.WEBHOOK_ALLOWED_NETWORKS)
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # two requests count one after the other
    limit = settings.WEBHOOK_ENDPOINTS_PER_USER
    if WebhookEndpoint.objects.of_user(user.pk).count() >= limit:
        raise EndpointError(
            gettext("You have {limit} webhooks, the most that one user may have; remove one first.").format(
                limit=limit
            )
        )
    secret = generate_secret()
    endpoint = WebhookEndpoint.objects.create(
        user=user,
        description=subscription.description,
        address=subscription.address,
        host=parts.host,
        event_types=sorted(set(subscription.event_types)),
        secret=secret,
    )
    trail.record_event(
        "webhook.created", endpoint, user, host=endpoint.host, event_types=endpoint.event_types
    )
    return endpoint, secret


@transaction.atomic
def change_endpoint(endpoint: WebhookEndpoint, subscription: Subscription, actor: User) -> WebhookEndpoint:
    """Change address, events and description; at a new address the count of failures begins anew.

    Raises ``ReceiverAddressError``.
    """
    row = _lock(endpoint)
    before = [row.host, row.event_types]
    if row.address != subscription.address:
        parts = parse_permitted_address(subscription.address, settings.WEBHOOK_ALLOWED_NETWORKS)
        row.address, row.host = subscription.address, parts.host
        _forget_failures(row)
    row.event_types, row.description = sorted(set(subscription.event_types)), subscription.description
    row.save()
    trail.record_event("webhook.changed", row, actor, before=before, after=[row.host, row.event_types])
    return row


@transaction.atomic
def rotate_secret(endpoint: WebhookEndpoint, actor: User, overlap: timedelta) -> tuple[WebhookEndpoint, str]:
    """Give an endpoint a new secret, shown this once; until the overlap ends, the old one signs beside it."""
    row, now = _lock(endpoint), timezone.now()
    row.previous_secret = row.secret if overlap else ""
    row.previous_secret_until = now + overlap if overlap else None
    row.secret = secret = generate_secret()
    row.save()
    trail.record_event("webhook.secret_rotated", row, actor, overlap_seconds=int(overlap.total_seconds()))
    return row, secret


@transaction.atomic
def switch_off(
    endpoint: WebhookEndpoint, by: WebhookEndpoint.SwitchedOffBy, actor: User | None, reason: str = ""
) -> WebhookEndpoint:
    """Switch an endpoint off: it gets nothing and nothing is kept for it. Its owner is told by e-mail.

    Switching it off again changes nothing.
    """
    row = _lock(endpoint)
    if row.switched_off_at is not None:
        return row
    row.switched_off_at, row.switched_off_by = timezone.now(), by
    row.save(update_fields=["switched_off_at", "switched_off_by"])
    trail.record_event("webhook.switched_off", row, actor, by=by, host=row.host, reason=reason)
    if by != SwitchedOffBy.OWNER:
        facts = {"name": str(row), "host": row.host, "why": by.value, "page": str(row.pk)}
        mail.send_later(row.user, "webhook_off", **facts, since=format_moment(row.failing_since))
    return row


@transaction.atomic
def switch_on(endpoint: WebhookEndpoint, actor: User) -> WebhookEndpoint:
    """Switch an endpoint on again; what happened meanwhile is not sent by itself.

    Raises :class:`EndpointError` when an administrator switched it off and somebody else asks.
    """
    row = _lock(endpoint)
    if row.switched_off_by == SwitchedOffBy.ADMINISTRATOR and not actor.has_perm(
        "webhooks.switch_off_endpoint"
    ):
        raise EndpointError(gettext("An administrator switched this webhook off; ask them to switch it on."))
    if row.switched_off_at is not None:
        row.switched_off_at, row.switched_off_by = None, ""
        _forget_failures(row)
        row.save()
        trail.record_event("webhook.switched_on", row, actor, host=row.host)
    return row


@transaction.atomic
def remove_endpoint(endpoint: WebhookEndpoint, actor: User) -> None:
    """Remove an endpoint with its address and secrets; its row stays until its log is deleted."""
    row = _lock(endpoint)
    row.removed_at, row.previous_secret_until = timezone.now(), None
    row.address = row.secret = row.previous_secret = ""
    row.save()
    trail.record_event("webhook.removed", row, actor, host=row.host)


@transaction.atomic
def send_test(endpoint: WebhookEndpoint, actor: User) -> WebhookDelivery:
    """Send a test event to one endpoint, whatever it is subscribed to.

    Raises :class:`EndpointError` while it is switched off or the test before is not delivered yet.
    """
    row = _lock(endpoint)
    _require_switched_on(row)
    tests = WebhookDelivery.objects.filter(endpoint=row, event__event_type=TEST_EVENT)
    if tests.filter(state=State.WAITING).exists():
        raise EndpointError(gettext("The test before is not delivered yet; see the log."))
    event = WebhookEvent(
        key=f"{TEST_EVENT}:{uuid4()}", event_type=TEST_EVENT, user=row.user, data={"webhook": str(row.pk)}
    )
    stored = store_event(event, [row])
    trail.record_event("webhook.tested", row, actor, event=str(stored.pk))
    return WebhookDelivery.objects.select_related("event").get(event=stored)


@transaction.atomic
def send_again(delivery: WebhookDelivery, actor: User) -> WebhookDelivery:
    """Send a message again now, with its ``webhook-id``, and count its attempts anew.

    Raises :class:`EndpointError` while the endpoint is switched off.
    """
    endpoint = _lock(delivery.endpoint)
    _require_switched_on(endpoint)
    row = WebhookDelivery.objects.select_for_update(of=("self",)).select_related("event").get(pk=delivery.pk)
    now = timezone.now()
    row.state, row.attempts, row.ended_at, row.not_before = State.WAITING, 0, None, now
    row.save(update_fields=["state", "attempts", "ended_at", "not_before"])
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(not_before=now)
    trail.record_event("webhook.sent_again", endpoint, actor, event=str(row.event_id))
    send_later(endpoint.pk)
    return row


def _lock(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """Lock the row. Raises :class:`EndpointError` when it was removed meanwhile."""
    rows = WebhookEndpoint.objects.current().select_for_update(of=("self",)).select_related("user")
    row = rows.filter(pk=endpoint.pk).first()
    if row is None:
        raise EndpointError(gettext("This webhook was removed."))
    return row


def _require_switched_on(endpoint: WebhookEndpoint) -> None:
    if endpoint.switched_off_at is not None:
        raise EndpointError(gettext("This webhook is switched off; switch it on first."))


def _forget_failures(endpoint: WebhookEndpoint) -> None:
    endpoint.failures, endpoint.failing_since, endpoint.not_before = 0, None, timezone.now()
