"""The next item of a hundred thousand: found at the head of an index, in a fixed number of queries."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, User
from feedback.models.queue import _CLAIM_SQL, CLAIM_DURATION
from matching.models import Prediction
from tests.models import stored_prediction
from tests.people import person

pytestmark = pytest.mark.django_db

MANY = 100_000

_NEW = {
    "id": "gen_random_uuid()",
    "pair_digest": "md5(n::text)",
    "stream": "'uncertain'",
    "selection_probability": "0.5",
}
_COLUMNS = [str(field.column) for field in Prediction._meta.concrete_fields]
_PREDICTIONS = f"""
INSERT INTO predictions ({", ".join(_COLUMNS)})
SELECT {", ".join(_NEW.get(name, name) for name in _COLUMNS)} FROM predictions, generate_series(1, %s) n
"""  # noqa: S608 - columns of our own table
_ITEMS = """
INSERT INTO review_items (id, prediction_id, stage, stream, selection_probability, priority, due_at, state,
    for_lead, not_before, created_at)
SELECT gen_random_uuid(), id, 'first', 'uncertain', 0.5, 10, now() + random() * interval '9 days', 'open',
    false, now() - interval '1 hour', now()
FROM predictions WHERE stream = 'uncertain'
"""


@pytest.fixture
def reviewer() -> User:
    """Somebody with a hundred thousand items before them."""
    stored_prediction("Seed", "Seeds")
    with connection.cursor() as cursor:
        cursor.execute(_PREDICTIONS, [MANY])
        cursor.execute(_ITEMS)
        cursor.execute("ANALYZE review_items, predictions, feedback")
    return person(Role.REVIEWER)


def explained(user: User) -> list[dict[str, Any]]:
    """Every node of the plan of the claim, as it ran."""
    now = timezone.now()
    values: dict[str, Any] = {"user": user.pk, "until": now + CLAIM_DURATION, "now": now, "lead": True}
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {_CLAIM_SQL}", values)
        (answer,) = cursor.fetchone()
    plan = answer if isinstance(answer, list) else json.loads(answer)
    return list(nodes(plan[0]["Plan"]))


def nodes(plan: dict[str, Any]) -> Any:
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


def test_the_next_item_of_many_is_read_from_the_head_of_an_index_in_a_few_queries(reviewer: User) -> None:
    plan = explained(reviewer)
    used = [node for node in plan if node.get("Actual Loops", 0)]
    assert {node.get("Index Name") for node in used} >= {"review_items_queue", "review_items_assigned"}
    assert not [node for node in used if node["Node Type"] == "Seq Scan" and "item" in node["Relation Name"]]
    assert max(node["Actual Rows"] for node in used) <= 50
    client, page = Client(), reverse("admin:review-next")
    client.force_login(person(Role.REVIEWER))
    with CaptureQueriesContext(connection) as spent:
        answer: Any = client.post(page)
    assert answer["Location"].endswith("/decide")
    assert len(spent) <= 16
