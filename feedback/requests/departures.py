"""What is done when somebody leaves a matter, in the transaction that ends the membership."""

from __future__ import annotations

from uuid import UUID

from accounts.models import User
from feedback.models import ReviewItem
from feedback.review.queue import release_items
from matching.models import BatchJob, Prediction
from notifications.notices import delete_notices
from webhooks.events import delete_events


def forget_matter(matter_id: UUID, person: User, _actor: User) -> None:
    """Give back the person's review items of a matter, and delete what they were told about it."""
    release_items(ReviewItem.objects.filter(prediction__matter=matter_id), person)
    predictions = list(Prediction.objects.filter(matter=matter_id, user=person).values_list("pk", flat=True))
    jobs = list(BatchJob.objects.filter(matter=matter_id, user=person).values_list("pk", flat=True))
    items = list(ReviewItem.objects.filter(prediction__matter=matter_id).values_list("pk", flat=True))
    for field, ids in (("prediction", predictions), ("job", jobs), ("item", items)):
        delete_notices(person.pk, field, ids)
        delete_events(person.pk, field, ids)
