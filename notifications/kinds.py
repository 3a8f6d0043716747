"""What is known of each kind: whom it concerns, how roles are told by default, its sentence and its page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext, gettext_noop

from accounts.dates import format_moment
from accounts.models import Role, User
from notifications.models import Delivery, Kind, Notification

_COMPARES, _UPLOADS = ("matching.view_prediction",), ("matching.add_batchjob",)
_REVIEWS = ("feedback.change_reviewitem",)

AUDIENCE: Mapping[Kind, tuple[str, ...]] = {
    Kind.DECISION_MADE: _COMPARES,
    Kind.DOCUMENT_ASKED: _COMPARES,
    Kind.QUESTION_ASKED: _COMPARES,
    Kind.ANSWER_ARRIVED: _REVIEWS,
    Kind.JOB_FINISHED: _UPLOADS,
    Kind.JOB_FAILED: _UPLOADS,
    Kind.APPROVAL_WAITS: ("modelops.approve_deployment", "matching.approve_export"),
    Kind.ADJUDICATION_WAITS: ("feedback.lead_review",),
    Kind.ITEM_ASSIGNED: _REVIEWS,
    Kind.ITEM_DUE_SOON: _REVIEWS,
    Kind.ITEM_OVERDUE: _REVIEWS,
    Kind.KEY_EXPIRES: ("notifications.receive_notifications",),
    Kind.QUOTA_USED: ("notifications.receive_notifications",),
}
"""Whom a kind can concern: who holds one of these permissions."""

_DEFAULTS: Mapping[Kind, Delivery] = {
    Kind.DECISION_MADE: Delivery.APP,
    Kind.DOCUMENT_ASKED: Delivery.AT_ONCE,
    Kind.QUESTION_ASKED: Delivery.AT_ONCE,
    Kind.ANSWER_ARRIVED: Delivery.AT_ONCE,
    Kind.JOB_FINISHED: Delivery.APP,
    Kind.JOB_FAILED: Delivery.AT_ONCE,
    Kind.APPROVAL_WAITS: Delivery.AT_ONCE,
    Kind.ADJUDICATION_WAITS: Delivery.DAILY,
    Kind.ITEM_ASSIGNED: Delivery.AT_ONCE,
    Kind.ITEM_DUE_SOON: Delivery.APP,
    Kind.ITEM_OVERDUE: Delivery.AT_ONCE,
    Kind.KEY_EXPIRES: Delivery.AT_ONCE,
    Kind.QUOTA_USED: Delivery.AT_ONCE,
}
_DEFAULTS_BY_ROLE: Mapping[tuple[Role, Kind], Delivery] = {
    (Role.USER, Kind.DECISION_MADE): Delivery.AT_ONCE,
    (Role.USER, Kind.JOB_FINISHED): Delivery.AT_ONCE,
    # A program compares much, and has webhooks: one letter a day.
    (Role.CLIENT, Kind.DECISION_MADE): Delivery.DAILY,
    (Role.ADMINISTRATOR, Kind.APPROVAL_WAITS): Delivery.APP,
    (Role.ADMINISTRATOR, Kind.ADJUDICATION_WAITS): Delivery.OFF,
}


def list_kinds(user: User) -> list[Kind]:
    """Return the kinds that can concern a user."""
    return [kind for kind, permissions in AUDIENCE.items() if any(map(user.has_perm, permissions))]


def get_default(kind: Kind, role: str) -> Delivery:
    """Return how a role is told a kind, unless the user chose otherwise."""
    return _DEFAULTS_BY_ROLE.get((Role(role), kind), _DEFAULTS[kind])


def describe(notification: Notification) -> str:
    """Return the sentence of a notification: what happened, with verdict, counts and dates, no name."""
    return _SENTENCES[Kind(notification.kind)](notification.data)


def find_page(notification: Notification, user: User) -> str | None:
    """Return the path of the page that it is about; ``None`` where the user has no such page."""
    return _PAGES.get(Kind(notification.kind), _find_none)(notification.data, user)


def _say_decision(data: Mapping[str, Any]) -> str:
    decided = gettext("Reviewers decided one of your comparisons: {decision}.")
    return decided.format(decision=gettext(_DECISIONS[data["verdict"]]))


def _say_document(_data: Mapping[str, Any]) -> str:
    return gettext("A reviewer waits for a document or an answer from you.")


def _say_question(_data: Mapping[str, Any]) -> str:
    return gettext("A reviewer asked you a question on one of your comparisons.")


def _say_answer(_data: Mapping[str, Any]) -> str:
    return gettext("The requester of a review item answered what you asked for.")


def _say_finished(data: Mapping[str, Any]) -> str:
    done = gettext("Your bulk job is done: {total} rows, of which {failed} failed.")
    return done.format(total=data["rows_total"], failed=data["rows_failed"])


def _say_failed(_data: Mapping[str, Any]) -> str:
    return gettext("Your bulk job failed.")


def _say_approval(data: Mapping[str, Any]) -> str:
    if data["of"] == "promotion":
        return gettext("A request to make a model version live waits for your approval.")
    return gettext("An export of names waits for your approval.")


def _say_adjudication(data: Mapping[str, Any]) -> str:
    return gettext("An adjudication waits for a lead, due {due}.").format(due=_show(data["due_at"]))


def _say_assigned(data: Mapping[str, Any]) -> str:
    count, due = len(data["items"]), _show(data["due_at"])
    if count == 1:
        return gettext("A review item was assigned to you, due {due}.").format(due=due)
    several = gettext("{count} review items were assigned to you, the first due {due}.")
    return several.format(count=count, due=due)


def _say_due_soon(data: Mapping[str, Any]) -> str:
    return gettext("A review item of yours is due {due}.").format(due=_show(data["due_at"]))


def _say_overdue(data: Mapping[str, Any]) -> str:
    return gettext("A review item of yours has been overdue since {due}.").format(due=_show(data["due_at"]))


def _say_key(data: Mapping[str, Any]) -> str:
    until = _show(data["expires_at"])
    expires = gettext("Your API key {prefix}… expires {until}; requests with it are refused then.")
    return expires.format(prefix=data["prefix"], until=until)


_DECISIONS = {
    "immaterial": gettext_noop("immaterial"),
    "material": gettext_noop("material"),
    "cannot_tell": gettext_noop("cannot tell"),
}


def _say_quota(data: Mapping[str, Any]) -> str:
    facts = {**data, "moment": _show(data["resets_at"])}
    if data["prefix"] and data["percent"] < 100:
        text = gettext("{percent} % of the monthly quota of your API key {prefix}… is used.")
    elif data["prefix"]:
        text = gettext("The monthly quota of your API key {prefix}… is used up: it compares nothing more.")
    elif data["percent"] < 100:
        text = gettext("{percent} % of the monthly quota of your account is used.")
    else:
        text = gettext("The monthly quota of your account is used up: comparisons are refused, on pages too.")
    return f"{text} {gettext('It begins anew {moment}.')}".format(**facts)


def _show(moment: str) -> str:
    return format_moment(datetime.fromisoformat(moment))


_SENTENCES: Mapping[Kind, Callable[[Mapping[str, Any]], str]] = {
    Kind.DECISION_MADE: _say_decision,
    Kind.DOCUMENT_ASKED: _say_document,
    Kind.QUESTION_ASKED: _say_question,
    Kind.ANSWER_ARRIVED: _say_answer,
    Kind.JOB_FINISHED: _say_finished,
    Kind.JOB_FAILED: _say_failed,
    Kind.APPROVAL_WAITS: _say_approval,
    Kind.ADJUDICATION_WAITS: _say_adjudication,
    Kind.ITEM_ASSIGNED: _say_assigned,
    Kind.ITEM_DUE_SOON: _say_due_soon,
    Kind.ITEM_OVERDUE: _say_overdue,
    Kind.KEY_EXPIRES: _say_key,
    Kind.QUOTA_USED: _say_quota,
}


def _find_answer(data: Mapping[str, Any], _user: User) -> str | None:
    return reverse("answer-page", args=[data["prediction"]])


def _find_job(data: Mapping[str, Any], user: User) -> str | None:
    return reverse("job-page", args=[data["job"]]) if user.has_perm("matching.view_batchjob") else None


def _find_approval(data: Mapping[str, Any], user: User) -> str | None:
    app, table = {"promotion": ("modelops", "promotionrequest"), "export": ("matching", "exportrequest")}[
        data["of"]
    ]
    return _find_admin_row(app, table, data["id"], user)


def _find_queue(_data: Mapping[str, Any], _user: User) -> str | None:
    return reverse("admin:review-queue")


def _find_none(_data: Mapping[str, Any], _user: User) -> str | None:
    return None


def _find_admin_row(app: str, table: str, key: str, user: User) -> str | None:
    if user.is_staff and user.has_perm(f"{app}.view_{table}"):
        return reverse(f"admin:{app}_{table}_change", args=[key])
    return None


def _find_keys(_data: Mapping[str, Any], user: User) -> str | None:
    return reverse("api-keys-page") if user.has_perm("accounts.use_api_keys") else None


def _find_usage(_data: Mapping[str, Any], user: User) -> str | None:
    return reverse("api-usage-page") if user.has_perm("accounts.use_api_keys") else None


_PAGES: Mapping[Kind, Callable[[Mapping[str, Any], User], str | None]] = {
    Kind.KEY_EXPIRES: _find_keys,
    Kind.QUOTA_USED: _find_usage,
    Kind.DECISION_MADE: _find_answer,
    Kind.DOCUMENT_ASKED: _find_answer,
    Kind.QUESTION_ASKED: _find_answer,
    Kind.ANSWER_ARRIVED: _find_queue,
    Kind.JOB_FINISHED: _find_job,
    Kind.JOB_FAILED: _find_job,
    Kind.APPROVAL_WAITS: _find_approval,
    Kind.ADJUDICATION_WAITS: _find_queue,
    Kind.ITEM_ASSIGNED: _find_queue,
    Kind.ITEM_DUE_SOON: _find_queue,
    Kind.ITEM_OVERDUE: _find_queue,
}
