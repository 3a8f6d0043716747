"""The whole loop, on real services."""

import pytest
from django.utils import timezone

from accounts.models import Role
from feedback.models import ReviewItem
from feedback.retraining.pipeline import retrain
from feedback.review.decisions import submit_decision
from feedback.review.enqueueing import enqueue_sampled_predictions
from matching.serving.live_models import get_model_loader
from tests.models import installed, promoted
from tests.people import person, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_registry", "quick_training")]

PAIR = {"name1": "Heron Foods Company", "name2": "Heron Fooods Company"}


def test_compare_review_train_promote_compare() -> None:
    installed()
    client, reviewer = signed_in(person()), person(Role.REVIEWER)
    first = client.post("/api/v1/compare", PAIR).json()
    enqueue_sampled_predictions()
    item = ReviewItem.objects.claim(reviewer, timezone.now())
    assert item is not None
    submit_decision(item, reviewer, material=True)
    run = retrain("a reviewer decided", reviewer, corpus_size=1_500)
    assert run.labels_used == 1
    assert run.model is not None
    promoted(run.model)
    second = client.post("/api/v1/compare", PAIR).json()
    assert (first["model"]["version"], second["model"]["version"]) == ("1", run.model.version)
    assert get_model_loader().get_live_models().generation > 1
