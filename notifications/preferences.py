"""How a user wants to be told: each change is one transaction with its audit event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db import transaction
from django.utils import timezone

from accounts.audit import trail
from accounts.models import User
from notifications.kinds import get_default, list_kinds
from notifications.models import Delivery, Kind, Notification, Preference
from notifications.notices import compute_mail_time


def get_preferences(user: User) -> dict[Kind, Delivery]:
    """Return how a user is told each kind that can concern them: as chosen, or by the default of the role."""
    chosen = dict(Preference.objects.filter(user=user).values_list("kind", "delivery"))
    return {kind: Delivery(chosen.get(kind) or get_default(kind, user.role)) for kind in list_kinds(user)}


@transaction.atomic
def change_preferences(user: User, wanted: Mapping[Kind, Delivery]) -> dict[Kind, Delivery]:
    """Store what a user wants and return what changed; e-mails that wait follow the change."""
    locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    before = get_preferences(locked)
    changed = {kind: delivery for kind, delivery in wanted.items() if before.get(kind) != delivery}
    for kind, delivery in changed.items():
        defaults = {"delivery": delivery, "changed_at": timezone.now()}
        Preference.objects.update_or_create(user=locked, kind=kind, defaults=defaults)
        _apply_to_waiting(locked, kind, delivery)
    if changed:
        detail = {kind.value: [before.get(kind), delivery.value] for kind, delivery in changed.items()}
        trail.record_event("notifications.preferences_changed", locked, user, changes=detail)
    return changed


def stop_mail(user: User, kinds: Iterable[Kind]) -> dict[Kind, Delivery]:
    """End the e-mails of these kinds; they are told on the page from now on. Return what changed."""
    by_mail = (Delivery.AT_ONCE, Delivery.DAILY)
    current = {kind: _get_preference(user, kind) for kind in kinds}
    ended = {kind: Delivery.APP for kind, delivery in current.items() if delivery in by_mail}
    return change_preferences(user, ended)


def list_summary_kinds(user: User) -> list[Kind]:
    """Return the kinds that a user is told in the daily summary."""
    return [kind for kind in Kind if _get_preference(user, kind) == Delivery.DAILY]


def _get_preference(user: User, kind: Kind) -> Delivery:
    chosen = Preference.objects.filter(user=user, kind=kind).values_list("delivery", flat=True).first()
    return Delivery(chosen or get_default(kind, user.role))


def _apply_to_waiting(user: User, kind: Kind, delivery: Delivery) -> None:
    """Let the notifications that wait for an e-mail, or for their time, follow the preference."""
    waiting = Notification.objects.filter(user=user, kind=kind).without_mail()
    if delivery == Delivery.OFF:
        Notification.objects.filter(user=user, kind=kind, visible_at__gt=timezone.now()).delete()
        waiting.update(delivery=Delivery.APP)
    elif delivery == Delivery.APP:
        waiting.update(delivery=Delivery.APP)
    else:
        for row in waiting.exclude(delivery=delivery).select_for_update():
            row.delivery, row.not_before = delivery, compute_mail_time(delivery, row.visible_at)
            row.save(update_fields=["delivery", "not_before"])
