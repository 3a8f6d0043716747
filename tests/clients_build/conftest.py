"""The built clients, as a user installs them, and the whole product for them; run by `make clients`."""

import secrets
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.system.browser.product import ROOT, Product, product

BUILD = ROOT / "var" / "clients"
(WHEEL,) = (BUILD / "dist").glob("*.whl")
sys.path.insert(0, str(WHEEL))

_PEOPLE = """
import json
from accounts.auth.users import create_user, issue_api_key
from accounts.models import User
from matching.compare.sampling import SamplingPolicy, update_policy
client = create_user("client@example.com", {password!r}, "client", None)
create_user("reviewer@example.com", {password!r}, "reviewer", None)
update_policy(User.objects.first(), SamplingPolicy(audit=0, second=0, gold=0), "tests ask by themselves")
keys = [issue_api_key(client, name, None, scopes)[1] for name, scopes in
        (("all", ["compare", "read", "feedback", "webhooks"]), ("reads", ["read"]))]
crowd = create_user("crowd@example.com", {password!r}, "client", None)
print(json.dumps([*keys, issue_api_key(crowd, "crowd", None)[1]]))
"""

_DECISION = """
import json
from django.utils import timezone
from accounts.models import User
from feedback.review import queue
from feedback.review.decisions import submit_decision
from matching.models import PredictionReview
reviewer = User.objects.get(email="reviewer@example.com")
item = queue.claim_next_item(reviewer, False)
submit_decision(item, reviewer, True, "The register shows two companies.")
PredictionReview.objects.filter(prediction=item.prediction).update(released_at=timezone.now())
print(json.dumps(str(item.prediction_id)))
"""


@dataclass(frozen=True)
class Server:
    """A running product and the keys of its client applications."""

    product: Product
    url: str
    key: str
    reading_key: str
    crowd_key: str

    def decide_next(self) -> str:
        """Let the reviewer find the next item of the queue material, shown to its requester at once."""
        return str(self.product.python(_DECISION))


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The whole product."""
    with product(secrets.token_urlsafe(16), WEBHOOK_ALLOWED_NETWORKS="127.0.0.0/8") as running:
        keys = running.python(_PEOPLE.format(password=running.password))
        yield Server(running, running.base, *keys)


@pytest.fixture(scope="session")
def wheel() -> Path:
    """The built Python package."""
    return WHEEL
