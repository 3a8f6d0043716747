"""Endpoints: what is accepted, how secrets are kept and replaced, who is told when one is switched off."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from pytest_django import Settings

from accounts.http_address import ReceiverAddressError
from accounts.models import AuditEvent, Role, User
from tests.modelops.alerting.test_webhooks import MALFORMED, NOT_PUBLIC
from tests.people import person
from tests.webhooks.customers import ALL_EVENTS, endpoint_at, happen, log_of
from webhooks import endpoints
from webhooks.endpoints import EndpointError, Subscription
from webhooks.models import WebhookDelivery, WebhookEndpoint

pytestmark = pytest.mark.django_db

ADDRESS = "https://hooks.example.com/in?key=pass-phrase"
SwitchedOffBy = WebhookEndpoint.SwitchedOffBy


@pytest.mark.parametrize("address", [*NOT_PUBLIC, *MALFORMED])
def test_an_address_that_no_webhook_may_reach_is_refused(
    user: User, address: str, settings: Settings
) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = []
    with pytest.raises(ReceiverAddressError) as refusal:
        endpoint_at(user, address)
    assert address not in str(refusal.value)
    endpoint, _ = endpoint_at(user, ADDRESS)
    with pytest.raises(ReceiverAddressError):
        endpoints.change_endpoint(endpoint, Subscription(address, ALL_EVENTS), user)
    assert WebhookEndpoint.objects.get().address == ADDRESS


def test_address_and_secrets_lie_encrypted_and_in_no_audit_event(user: User) -> None:
    endpoint, first = endpoint_at(user, ADDRESS)
    _, second = endpoints.rotate_secret(endpoint, user, timedelta(hours=1))
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(e)::text FROM webhook_endpoints e")
        stored = cursor.fetchone()[0]
    trail = "".join(str(event.detail) for event in AuditEvent.objects.all())
    assert WebhookEndpoint.objects.get().list_signing_secrets(timezone.now()) == [second, first]
    for text in ("pass-phrase", first, second):
        assert text not in stored
        assert text not in trail
    assert "hooks.example.com" in trail


def test_a_rotation_without_overlap_ends_the_old_secret_at_once(user: User) -> None:
    endpoint, _ = endpoint_at(user, ADDRESS)
    row, secret = endpoints.rotate_secret(endpoint, user, timedelta())
    assert row.list_signing_secrets(timezone.now()) == [secret]
    assert WebhookEndpoint.objects.get().previous_secret == ""


def test_one_user_has_so_many_and_a_removed_one_makes_room(user: User, settings: Settings) -> None:
    settings.WEBHOOK_ENDPOINTS_PER_USER = 2
    endpoint, _ = endpoint_at(user, ADDRESS)
    endpoint_at(user, ADDRESS)
    with pytest.raises(EndpointError, match="You have 2 webhooks"):
        endpoint_at(user, ADDRESS)
    endpoint_at(person(Role.CLIENT), ADDRESS)
    endpoints.remove_endpoint(endpoint, user)
    endpoint_at(user, ADDRESS)
    assert WebhookEndpoint.objects.of_user(user.pk).count() == 2


def test_a_removed_endpoint_keeps_neither_address_nor_secret(user: User) -> None:
    endpoint, _ = endpoint_at(user, ADDRESS)
    endpoints.rotate_secret(endpoint, user, timedelta(hours=1))
    endpoints.remove_endpoint(endpoint, user)
    row = WebhookEndpoint.objects.get()
    assert (row.address, row.secret, row.previous_secret) == ("", "", "")
    with pytest.raises(EndpointError, match="removed"):
        endpoints.rotate_secret(endpoint, user, timedelta(hours=1))


@pytest.mark.parametrize("event_types", [(), ("webhook.test",), ("anything",)])
def test_the_database_takes_no_subscription_to_nothing_or_to_the_unknown(
    user: User, event_types: tuple[str, ...]
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        endpoints.create_endpoint(user, Subscription(ADDRESS, event_types))


def test_a_test_goes_to_one_endpoint_whatever_it_is_subscribed_to(user: User) -> None:
    endpoint, _ = endpoint_at(user, ADDRESS, "model.promoted")
    other, _ = endpoint_at(user, ADDRESS)
    delivery = endpoints.send_test(endpoint, user)
    assert (delivery.event.event_type, delivery.event.data) == (
        "webhook.test",
        {"webhook": str(endpoint.pk)},
    )
    assert log_of(other) == []
    with pytest.raises(EndpointError, match="not delivered yet"):
        endpoints.send_test(endpoint, user)


def test_what_an_administrator_switched_off_its_owner_does_not_switch_on(user: User) -> None:
    endpoint, _ = endpoint_at(user, ADDRESS)
    endpoints.switch_off(endpoint, SwitchedOffBy.ADMINISTRATOR, person(Role.ADMINISTRATOR), "Abuse")
    with pytest.raises(EndpointError, match="administrator"):
        endpoints.switch_on(endpoint, user)
    assert endpoints.switch_on(endpoint, person(Role.ADMINISTRATOR)).switched_off_at is None


def test_nothing_is_sent_to_or_kept_for_an_endpoint_that_is_switched_off(user: User) -> None:
    endpoint, _ = endpoint_at(user, ADDRESS)
    assert happen(user, "before") is not None
    endpoints.switch_off(endpoint, SwitchedOffBy.OWNER, user)
    assert happen(user, "after") is None
    with pytest.raises(EndpointError, match="switched off"):
        endpoints.send_test(endpoint, user)
    with pytest.raises(EndpointError, match="switched off"):
        endpoints.send_again(WebhookDelivery.objects.get(), user)


def test_every_change_is_in_the_audit_trail(user: User) -> None:
    endpoint, _ = endpoint_at(user, ADDRESS)
    endpoints.change_endpoint(endpoint, Subscription("https://new.example.com/x", ALL_EVENTS), user)
    endpoints.rotate_secret(endpoint, user, timedelta(hours=1))
    endpoints.send_again(endpoints.send_test(endpoint, user), user)
    endpoints.switch_off(endpoint, SwitchedOffBy.OWNER, user)
    endpoints.switch_on(endpoint, user)
    endpoints.remove_endpoint(endpoint, user)
    events = AuditEvent.objects.filter(action__startswith="webhook.").order_by("id")
    assert [event.action.removeprefix("webhook.") for event in events] == [
        "created",
        "changed",
        "secret_rotated",
        "tested",
        "sent_again",
        "switched_off",
        "switched_on",
        "removed",
    ]
    assert {event.actor_id for event in events} == {user.pk}
