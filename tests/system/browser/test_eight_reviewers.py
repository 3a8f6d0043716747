"""Eight people, two thousand items, and the server killed twice: none lost, none decided twice."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from tests.system.browser.people import CLIENT, REVIEWERS
from tests.system.browser.product import Product

ITEMS = 2_000
PATIENCE = 60.0
REVIEW = "/admin/feedback/reviewitem"

_FILL = f"""
import json
import time
from accounts.models import User
from feedback.models import ReviewItem
from feedback.review.enqueueing import enqueue_sampled_predictions
from matching.models import Prediction
from matching.compare.request import CompareRequest
from matching.compare.service import compare_and_store
from accounts.ids import uuid7
request = CompareRequest("Aubergine Ltd", "Aubergine LLC")
row = compare_and_store(User.objects.get(email={CLIENT!r}), request)
names = row.name1, row.name2, row.words
enqueue_sampled_predictions()  # what the draw for audits took before
for _ in range({ITEMS}):
    row.pk, row._state.adding = uuid7(), True
    row.name1, row.name2, row.words = names
    row.context, row.stream, row.selection_probability = "", "uncertain", 1.0
    row.save(force_insert=True)
waiting, deadline = ReviewItem.objects.open().filter(stream="uncertain"), time.monotonic() + {PATIENCE}
while waiting.count() < {ITEMS} and time.monotonic() < deadline:
    enqueue_sampled_predictions()  # 0 at once while the product itself enqueues
    time.sleep(0.2)
print(json.dumps(waiting.count()))
"""
_COUNT = f"""
import json
from feedback.models import Feedback, ReviewItem
decisions = Feedback.objects.initial_decisions().filter(feedback_text__isnull=False)
asked = decisions.filter(stream="uncertain", prediction__user__email={CLIENT!r})
print(json.dumps({{
    "decided": sorted(str(pk) for pk in asked.values_list("prediction_id", flat=True)),
    "ids": sorted(str(pk) for pk in decisions.values_list("pk", flat=True)),
    "open": ReviewItem.objects.open().filter(stream="uncertain").count(),
}}))
"""


class Reviewer:
    """One reviewer without a browser: claims, decides, and retries while the server does not respond."""

    def __init__(self, product: Product, email: str) -> None:
        self.base, self.done = product.base, list[str]()
        self.session = requests.Session()
        page = f"{self.base}/sign-in"
        self.session.get(page)
        self.post("/sign-in", login=email, password=product.password)

    def post(self, path: str, **form: str) -> requests.Response:
        """Send a form until the server answers it."""
        deadline = time.monotonic() + PATIENCE
        while True:
            token = self.session.cookies.get("csrftoken", "")
            try:
                answer = self.session.post(
                    f"{self.base}{path}",
                    {**form, "csrfmiddlewaretoken": token},
                    allow_redirects=False,
                    timeout=30,
                )
                if answer.status_code < 500:
                    return answer
            except requests.RequestException:
                pass
            assert time.monotonic() < deadline, "the server did not come back"
            time.sleep(0.2)

    def work(self, enough: threading.Event) -> list[str]:
        """Decide until nothing waits; return the ids of the decisions that were acknowledged."""
        while not enough.is_set():
            place = self.post(f"{REVIEW}/queue/next").headers["Location"]
            if not place.endswith("/decide"):
                return self.done
            answer = self.post(place, decision="material", text="Another form")
            if answer.status_code == 302:
                self.done.append(answer.headers["Location"].rpartition("/")[2])
        return self.done


def test_eight_reviewers_decide_every_item_once_although_the_server_is_killed(running: Product) -> None:
    assert running.python(_FILL) == ITEMS
    enough = threading.Event()
    reviewers = [Reviewer(running, email) for email in REVIEWERS]
    with ThreadPoolExecutor(len(reviewers)) as room:
        work = [room.submit(reviewer.work, enough) for reviewer in reviewers]
        for share in (0.3, 0.6):
            _wait_for(lambda share=share: sum(len(one.done) for one in reviewers) >= share * ITEMS)
            running.kill("web")
        acknowledged = [pk for one in work for pk in one.result()]
    counted: dict[str, Any] = running.python(_COUNT)
    assert Counter(Counter(counted["decided"]).values()) == {1: ITEMS}
    assert set(acknowledged) <= set(counted["ids"])
    assert counted["open"] == 0


def _wait_for(reached: Any) -> None:
    deadline = time.monotonic() + 3 * PATIENCE
    while not reached() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert reached()
