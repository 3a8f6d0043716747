"""Alerts: raising, acknowledging, repeating, escalating and closing them.

Callers use :func:`raise_alert` for an event and :func:`record_observation` for a condition that holds or no
longer holds. Each function changes the alert, writes the audit event and fills the outbox in one transaction;
:mod:`modelops.alerting.delivery` sends the messages.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext

from accounts.audit import trail
from accounts.dates import format_moment
from accounts.encryption.crypto import sha256
from accounts.language.choice import SOURCE
from accounts.models import User
from modelops.alert_rules import ALERT_RULES, FIRING, RESOLVED, EpisodeState, apply_observation
from modelops.models import Alert, AlertChannel, AlertMessage

Occasion = AlertMessage.Occasion
MAX_SNOOZE = timedelta(days=7)


class AlertError(Exception):
    """The alert cannot be changed like this; the message says why and is fit for the screen."""


def raise_alert(rule: str, scope: str = "", what: str = "") -> Alert:
    """Record that an event happened and notify people; return the episode.

    Joins the caller's transaction. ``scope`` names what the event concerns (a version, a profile), ``what``
    describes it; neither may hold a compared name. A repetition while the episode is open is counted without
    a new notification. Raises ``KeyError`` for an unknown rule.
    """
    alert = record_observation(rule, scope, failing=True, what=what)
    if alert is None:
        raise AlertError(gettext("{rule} was not raised").format(rule=rule))
    return alert


@transaction.atomic
def record_observation(rule: str, scope: str, failing: bool, what: str = "") -> Alert | None:
    """Record one observation of a condition; return its open episode, or ``None`` without one."""
    alert_rule, now = ALERT_RULES[rule], timezone.now()
    alert = _find_open_alert(rule, scope)
    if alert is None and not failing:
        return None
    alert = alert or _get_or_create_alert(rule, scope, now)
    alert.observed_at = now if failing else alert.observed_at
    alert.observation = (what or alert_rule.title)[:500] if failing else alert.observation
    _apply_state(alert, apply_observation(alert.episode_state, failing, alert_rule), now)
    alert.save()
    return alert


@transaction.atomic
def acknowledge_alert(alert: Alert, actor: User, reason: str) -> Alert:
    """Mark a firing alert as taken: notifications stop. Raises :class:`AlertError` unless it is firing."""
    alert = _lock_firing_alert(alert)
    alert.acknowledged_at, alert.acknowledged_by, alert.reason = timezone.now(), actor, reason
    alert.save(update_fields=["acknowledged_at", "acknowledged_by", "reason"])
    trail.record_event("alert.acknowledged", alert, actor, rule=alert.rule, scope=alert.scope, reason=reason)
    return alert


@transaction.atomic
def snooze_alert(alert: Alert, actor: User, until: datetime, reason: str) -> Alert:
    """Stop notifications until a time. Raises :class:`AlertError` unless it is firing and within a week."""
    now = timezone.now()
    if not now < until <= now + MAX_SNOOZE:
        raise AlertError(gettext("choose a time from now on and within seven days"))
    alert = _lock_firing_alert(alert)
    alert.snoozed_until, alert.reason = until, reason
    alert.save(update_fields=["snoozed_until", "reason"])
    detail = {"rule": alert.rule, "scope": alert.scope, "until": until.isoformat(), "reason": reason}
    trail.record_event("alert.snoozed", alert, actor, **detail)
    return alert


@transaction.atomic
def resolve_alert(alert: Alert, actor: User, reason: str) -> Alert:
    """Resolve an episode by hand. A condition that still holds starts another one."""
    alert = _lock_firing_alert(alert)
    alert.reason = reason
    _apply_state(alert, EpisodeState(RESOLVED, alert.bad_count, alert.good_count), timezone.now())
    alert.save()
    trail.record_event("alert.resolved", alert, actor, rule=alert.rule, scope=alert.scope, reason=reason)
    return alert


@transaction.atomic
def process_firing_alerts(now: datetime | None = None) -> dict[str, int]:
    """Resolve quiet events, repeat and escalate what is due; return the number of each."""
    now = now or timezone.now()
    done = {"resolved": 0, "repeated": 0, "escalated": 0}
    for alert in Alert.objects.firing().select_for_update(skip_locked=True):
        verb = _process_due_step(alert, now)
        if verb:
            done[verb] += 1
            alert.save()
    return done


def queue_test_message(channel: AlertChannel, actor: User) -> AlertMessage:
    """Put a test message for one channel into the outbox, with an audit event."""
    with transaction.atomic():
        now = timezone.now()
        message = AlertMessage.objects.create(
            key=f"test:{channel.pk}:{now.timestamp()}",
            channel=channel,
            occasion=Occasion.TEST,
            group="test",
            subject="[Legal Name Comparison] Test: this channel works",
            body=(
                f"{actor.get_full_name()} requested this test at {format_moment(now)}. No action is needed."
            ),
        )
        trail.record_event("alert_channel.tested", channel, actor)
    return message


def _process_due_step(alert: Alert, now: datetime) -> str:
    """Resolve, escalate or repeat an alert when due; return the step taken, or ``""``."""
    rule = ALERT_RULES.get(alert.rule)
    if rule is None or (rule.resolve_after == 0 and alert.observed_at <= now - rule.quiet_period):
        _apply_state(alert, EpisodeState(RESOLVED, alert.bad_count, alert.good_count), now)
        return "resolved"
    if alert.is_quiet(now):
        return ""
    if alert.escalated_at is None and alert.fired_at and alert.fired_at <= now - rule.escalate_after:
        alert.escalated_at = now
        _queue_messages(alert, Occasion.ESCALATED, now)
        return "escalated"
    if alert.notified_at and alert.notified_at <= now - rule.repeat_interval:
        _queue_messages(alert, Occasion.REPEAT, now)
        return "repeated"
    return ""


def _find_open_alert(rule: str, scope: str) -> Alert | None:
    return Alert.objects.open().select_for_update().filter(rule=rule, scope=scope).first()


def _get_or_create_alert(rule: str, scope: str, now: datetime) -> Alert:
    """Start an episode, or return the one a concurrent transaction has just started."""
    fresh = Alert(rule=rule, scope=scope, severity=ALERT_RULES[rule].severity, since=now)
    fresh.fingerprint = sha256(f"{rule}|{scope}".encode())[:16]
    try:
        with transaction.atomic():
            fresh.save(force_insert=True)
    except IntegrityError:
        return Alert.objects.open().select_for_update().get(rule=rule, scope=scope)
    return fresh


def _lock_firing_alert(alert: Alert) -> Alert:
    """Return the alert, locked. Raises :class:`AlertError` unless it is firing."""
    current = Alert.objects.select_for_update().get(pk=alert.pk)
    if current.state != FIRING:
        raise AlertError(gettext("this alert is resolved; nothing was changed"))
    return current


def _apply_state(alert: Alert, new: EpisodeState, now: datetime) -> None:
    """Apply a new state; queue messages when the alert starts to fire or is resolved."""
    before, alert.state, alert.bad_count, alert.good_count = (
        alert.state,
        new.state,
        new.bad_count,
        new.good_count,
    )
    if not new.is_open:
        alert.resolved_at = now
    if new.state == FIRING and before != FIRING:
        alert.fired_at = now
        _queue_messages(alert, Occasion.FIRING, now)
        trail.record_event("alert.fired", alert, None, rule=alert.rule, scope=alert.scope)
    if new.state == RESOLVED and before == FIRING:
        _queue_messages(alert, Occasion.RESOLVED, now)
        trail.record_event("alert.resolved", alert, None, rule=alert.rule, scope=alert.scope)


def _queue_messages(alert: Alert, occasion: str, now: datetime) -> None:
    """Put one message for each channel into the outbox, in English; its key prevents duplicates."""
    alert.notified_at, alert.notification_count = now, alert.notification_count + 1
    with translation.override(SOURCE):
        rows = _build_messages(alert, occasion, now)
    AlertMessage.objects.bulk_create(rows, ignore_conflicts=True)


def _build_messages(alert: Alert, occasion: str, now: datetime) -> list[AlertMessage]:
    return [
        AlertMessage(
            key=f"{alert.fingerprint}:{alert.pk}:{alert.notification_count}:{channel.pk}",
            channel=channel,
            alert=alert,
            occasion=occasion,
            group=ALERT_RULES[alert.rule].group if alert.rule in ALERT_RULES else "operations",
            subject=f"[{alert.severity}] {Occasion(occasion).label}: {alert}"[:200],
            body=build_message_body(alert, occasion, now),
        )
        for channel in _select_channels(alert, occasion)
    ]


def _select_channels(alert: Alert, occasion: str) -> Iterable[AlertChannel]:
    """Return the channels of an occasion.

    The first line; the second line for an escalation, if there is one; for a resolution those that were
    notified before.
    """
    accepting = [
        channel for channel in AlertChannel.objects.all() if channel.accepts_severity(alert.severity)
    ]
    first = [channel for channel in accepting if not channel.second_line]
    if occasion == Occasion.ESCALATED:
        return [channel for channel in accepting if channel.second_line] or first
    if occasion == Occasion.RESOLVED:
        notified = set(alert.messages.values_list("channel_id", flat=True))
        return [channel for channel in accepting if channel.pk in notified]
    return first


def build_message_body(alert: Alert, occasion: str, now: datetime) -> str:
    """Return the text of a message: observation, time, likely cause, links, one safe action."""
    rule = ALERT_RULES.get(alert.rule)
    lines = [f"{alert}: {Occasion(occasion).label.lower()}.", f"Observation: {alert.observation}"]
    lines.append(f"Since: {format_moment(alert.since)}")
    if occasion == Occasion.RESOLVED:
        lines.append(f"Resolved: {format_moment(now)}")
    elif rule:
        lines += [f"Likely cause: {rule.cause}", f"One safe action: {rule.action}"]
        lines.append(f"Look at: {settings.PUBLIC_URL}/admin/{rule.admin_path}")
    lines.append(f"Alert: {settings.PUBLIC_URL}/admin/modelops/alert/{alert.pk}/change/")
    return "\n".join(lines)
