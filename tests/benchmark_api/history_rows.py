"""What each table of a history is filled with: for each column an expression over the number of the row.

A third of the comparisons are reviewed, a quarter of them belong to a matter; the newest items wait.
"""

from __future__ import annotations

from django.db.models import Model

from feedback.models import Feedback, ReviewItem, ReviewRequest
from matching.models import Prediction, PredictionReview
from matters.models import Matter, MatterMember
from notifications.models import Notification
from webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookEvent

_ID = (
    "(substr({key}::text, 1, 15) || substr(md5('{salt}' || n), 1, 3) || '-8' "
    "|| substr(md5('{salt}' || n), 5, 3) || '-' || substr(md5('{salt}' || n), 9, 12))::uuid"
)


def _derive_id(salt: str, key: str = "id") -> str:
    """Return an id of another table with the moment of the comparison's id."""
    return _ID.format(salt=salt, key=key)


_MATTER_ID = "md5('matter' || {number})::uuid"
_IN_MATTER = "CASE WHEN n %% 4 = 0 THEN " + _MATTER_ID.format(number="(n / 4) %% %(matters)s") + " END"
_CLIENT = (
    "(%(clients)s::uuid[])[1 + CASE WHEN n %% 4 = 0 THEN (n / 4) %% %(matters)s %% 5 WHEN n %% 2 = 1 THEN 0 "
    "ELSE n / 2 %% 5 END]"
)
_REVIEWER = "(%(reviewers)s::uuid[])[1 + n / 3 %% 5]"
_STREAM = "(%(streams)s::text[])[1 + n / 3 %% 7]"
_IS_DONE = "n / 3 < %(undecided_from)s"
_DONE_AT = "least(at + interval '1 day', %(now)s - interval '1 hour')"
_VERDICT = (
    f"CASE WHEN n %% 3 = 1 AND {_STREAM} = 'uncertain' OR n %% 50 = 2 THEN 'review' "
    "WHEN n %% 2 = 0 THEN 'immaterial' ELSE 'material' END"
)
_STATE = f"CASE WHEN {_IS_DONE} THEN 'done' WHEN n / 3 %% 100 = 1 THEN 'parked' ELSE 'open' END"
_STATUS = (
    f"CASE WHEN {_IS_DONE} THEN 'decided' WHEN n / 3 %% 100 = 1 THEN 'needs_document' "
    "WHEN n / 3 %% 10 = 2 THEN 'in_review' ELSE 'queued' END"
)
_REVIEWED = "made WHERE n %% 3 = 1"

MATTERS: tuple[tuple[type[Model], str, dict[str, str]], ...] = (
    (
        Matter,
        "generate_series(0, %(matters)s - 1) n",
        {
            "id": _MATTER_ID.format(number="n"),
            "client_number": "'C' || n %% 400",
            "matter_number": "'M' || n",
            "created_by_id": "(%(clients)s::uuid[])[1 + n %% 5]",
        },
    ),
    (
        MatterMember,
        "generate_series(0, %(matters)s - 1) n, generate_series(0, 1) m WHERE m = 0 OR n %% 25 = 0",
        {
            "matter_id": _MATTER_ID.format(number="n"),
            "user_id": "CASE m WHEN 0 THEN (%(clients)s::uuid[])[1 + n %% 5] "
            "ELSE (%(reviewers)s::uuid[])[1] END",
            "is_manager": "m = 0",
            "added_by_id": "(%(clients)s::uuid[])[1 + n %% 5]",
        },
    ),
    (
        Prediction,
        "made",
        {
            "id": "id",
            "user_id": _CLIENT,
            "model_id": "%(model)s",
            "name1": "name1",
            "name2": "name2",
            "prediction": "n %% 2 = 1",
            "confidence": f"CASE WHEN ({_VERDICT}) <> 'review' THEN 0.9 END",
            "created_at": "at",
            "verdict": _VERDICT,
            "material_probability": "0.5",
            "profile": "CASE n %% 997 WHEN 1 THEN 'lc' "
            "ELSE (ARRAY['general', 'kyc', 'ucc'])[1 + n / 5 %% 3] END",
            "kind": "'organisation'",
            "pair_digest": "md5('pair' || n / 3) || md5('digest' || n / 3)",
            "differences": "'[]'",
            "matter_id": _IN_MATTER,
            "source": "'api'",
            "stream": f"CASE WHEN n %% 3 = 1 THEN {_STREAM} ELSE '' END",
            "selection_probability": "CASE WHEN n %% 3 = 1 THEN 1 END",
            "rules_version": "'bulk'",
        },
    ),
)
REVIEWS: tuple[tuple[type[Model], str, dict[str, str]], ...] = (
    (
        ReviewItem,
        _REVIEWED,
        {
            "id": _derive_id("item"),
            "prediction_id": "id",
            "stage": "'first'",
            "stream": _STREAM,
            "selection_probability": "1",
            "due_at": "at + interval '3 days'",
            "state": _STATE,
            "for_lead": f"NOT ({_IS_DONE}) AND n / 3 %% 20 = 5",
            "assigned_to_id": f"CASE WHEN NOT ({_IS_DONE}) AND n / 3 %% 100 = 1 THEN {_REVIEWER} END",
            "not_before": "at",
            "created_at": "at",
            "done_at": f"CASE WHEN {_IS_DONE} THEN {_DONE_AT} END",
        },
    ),
    (
        Feedback,
        f"{_REVIEWED} AND {_IS_DONE}",
        {
            "id": _derive_id("decision"),
            "prediction_id": "id",
            "user_correction": "n %% 2 = 1",
            "processed": "n / 3 < %(undecided_from)s - 1000",
            "training_run_id": "CASE WHEN n / 3 < %(undecided_from)s - 1000 THEN %(run)s END",
            "created_at": _DONE_AT,
            "reviewer_id": _REVIEWER,
            "source": "'review'",
            "item_id": _derive_id("item"),
            "stage": "'first'",
            "stream": _STREAM,
            "selection_probability": "1",
            "model_id": "%(model)s",
        },
    ),
    (
        Feedback,
        "made WHERE n %% 15 = 2",
        {
            "id": _derive_id("objection"),
            "prediction_id": "id",
            "user_correction": "true",
            "processed": "true",
            "training_run_id": "%(run)s",
            "created_at": "at",
            "reviewer_id": "(%(clients)s::uuid[])[1]",
            "source": "'api'",
            "model_id": "%(model)s",
        },
    ),
    (
        PredictionReview,
        _REVIEWED,
        {
            "prediction_id": "id",
            "user_id": _CLIENT,
            "status": _STATUS,
            "decision": f"CASE WHEN {_IS_DONE} THEN 'material' ELSE '' END",
            "decided_by": f"CASE WHEN {_IS_DONE} THEN 'reviewers' ELSE '' END",
            "decided_at": f"CASE WHEN {_IS_DONE} THEN {_DONE_AT} END",
            "released_at": f"CASE WHEN {_IS_DONE} THEN {_DONE_AT} END",
            "people": f"CASE WHEN {_IS_DONE} THEN 1 ELSE 0 END",
            "updated_at": "at",
        },
    ),
    (
        ReviewRequest,
        f"{_REVIEWED} AND {_STREAM} = 'request'",
        {
            "id": _derive_id("request"),
            "prediction_id": "id",
            "requested_by_id": _CLIENT,
            "requested_at": "at",
            "priority": "'normal'",
        },
    ),
)
_MESSAGE = (
    "generate_series(1, %(messages)s) n, "
    "LATERAL (SELECT %(now)s - (%(messages)s - n) * interval '5 minutes' AS at) m"
)
_MESSAGE_ID = (
    "(lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' "
    "|| substr(md5('{salt}' || n), 1, 3) || '8' || substr(md5('{salt}' || n), 5, 15))::uuid"
)
MESSAGES: tuple[tuple[type[Model], str, dict[str, str]], ...] = (
    (
        Notification,
        _MESSAGE,
        {
            "id": _MESSAGE_ID.format(salt="notification"),
            "user_id": "CASE WHEN n %% 2 = 0 THEN (%(clients)s::uuid[])[1] "
            "WHEN n %% 20 = 1 THEN (%(reviewers)s::uuid[])[1] ELSE (%(clients)s::uuid[])[2 + n %% 4] END",
            "kind": "CASE WHEN n %% 20 = 1 THEN 'item_assigned' ELSE 'decision_made' END",
            "key": "'bulk:' || n",
            "data": "jsonb_build_object('verdict', 'material', 'prediction', gen_random_uuid(), "
            "'items', '[1]'::jsonb, 'due_at', at)",
            "created_at": "at",
            "visible_at": "at",
            "read_at": "CASE WHEN (n %% 2 = 0 OR n %% 20 = 1) AND n < %(messages)s - 400 THEN at END",
            "delivery": "'app'",
        },
    ),
    (
        WebhookEndpoint,
        "generate_series(1, 1) n",
        {
            "id": "%(endpoint)s",
            "user_id": "(%(clients)s::uuid[])[1]",
            "address": "%(address)s",
            "secret": "%(secret)s",
            "host": "'receiver.example.com'",
            "event_types": "ARRAY['prediction.decided']",
        },
    ),
    (
        WebhookEvent,
        _MESSAGE,
        {
            "id": _MESSAGE_ID.format(salt="event"),
            "key": "'bulk:' || n",
            "event_type": "'prediction.decided'",
            "user_id": "(%(clients)s::uuid[])[1]",
            "occurred_at": "at",
            "visible_at": "at",
        },
    ),
    (
        WebhookDelivery,
        _MESSAGE,
        {
            "id": _MESSAGE_ID.format(salt="delivery"),
            "endpoint_id": "%(endpoint)s",
            "event_id": _MESSAGE_ID.format(salt="event"),
            "state": "CASE WHEN n < %(messages)s - 20 THEN 'delivered' ELSE 'waiting' END",
            "attempts": "1",
            "ended_at": "CASE WHEN n < %(messages)s - 20 THEN at END",
            "status_code": "200",
        },
    ),
    (
        WebhookAttempt,
        _MESSAGE,
        {
            "delivery_id": _MESSAGE_ID.format(salt="delivery"),
            "at": "at",
            "status_code": "200",
            "milliseconds": "40",
        },
    ),
)
