"""A matter that holds one row of everything, each with a name that nobody but its members may read."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.utils import timezone

from accounts.models import Role, User
from feedback.models import (
    Draft,
    Feedback,
    GoldAnswer,
    ItemEvent,
    Precedent,
    ReviewDocument,
    ReviewItem,
    ReviewMessage,
    ReviewRequest,
)
from matching.models import (
    BatchJob,
    PairPrecedent,
    Prediction,
    PredictionReview,
    Replay,
    ReplayChange,
    ShadowScore,
)
from matters.models import Matter
from matters.service import remove_member
from tests.documents import store_document
from tests.jobs import csv_file, job_of, worked_off
from tests.matters.cast import create_member, matter_of
from tests.models import guideline, model_version, stored_prediction
from tests.people import person

MARKER = "Zyxophonia"
NAMES = (f"{MARKER} Quince Ltd", f"{MARKER} Quince LLC")
REFERENCE = "Q77123/W-88"


@dataclass(frozen=True)
class WalledCase:
    """The rows of a matter, by their table, and the people around it."""

    matter: Matter
    author: User
    reviewer: User
    rows: dict[type[Model], Model]

    def choose_id(self, route: str, parameter: str, name: str) -> str:
        """Return the id of a row behind the wall for a place in an address; empty where none fits."""
        if parameter == "document_pk":
            return str(self.rows[ReviewDocument].pk)
        if parameter == "user_pk":
            return str(self.author.pk)
        for model in admin.site._registry:
            if name.startswith(f"{model._meta.app_label}_{model._meta.model_name}_"):
                return str(self.rows[model].pk) if model in self.rows else ""
        return str(row.pk) if (row := self._find_row(route)) else ""

    def _find_row(self, route: str) -> Model | None:
        parts: dict[str, type[Model]] = {
            "/reviewitem/decision/": Feedback,
            "/reviewitem/": ReviewItem,
            "/predictions/": Prediction,
            "/jobs/": BatchJob,
            "/matters/": Matter,
        }
        return next((self.rows[model] for part, model in parts.items() if part in route), None)

    def list_ids(self) -> set[str]:
        """Return the ids of what is behind the wall, where they are no small numbers."""
        return {str(row.pk) for row in self.rows.values() if not isinstance(row.pk, int)}


def build_walled_case() -> WalledCase:
    """Make the matter and its rows; a model must be live."""
    author = person(Role.CLIENT)
    client, number = REFERENCE.split("/")
    matter = matter_of(author, number, client, note=f"{MARKER} against the bank")
    reviewer = create_member(matter, Role.REVIEWER)
    undecided, decided = (_store_prediction(author, matter) for _ in range(2))
    rows = [matter, decided, _store_job(author, matter)]
    rows += _store_open_review(undecided, author, reviewer)
    rows += _store_decision(decided, reviewer)
    rows += _store_rescoring(decided, reviewer)
    return WalledCase(matter, author, reviewer, {type(row): row for row in rows})


def left(case: WalledCase, role: str) -> User:
    """Somebody who was a member of the matter and had compared in it."""
    user = create_member(case.matter, role)
    _store_prediction(user, case.matter)
    remove_member(case.matter, user.pk, case.author)
    return user


def _store_prediction(user: User, matter: Matter) -> Prediction:
    differences = [{"category": "O06", "effect": "review", "rule": "r", "span1": None, "span2": None}]
    quoted: dict[str, Any] = {
        "reason": f"{MARKER} is not {MARKER}.",
        "left": {"name": NAMES[0]},
        "right": {"name": NAMES[1]},
        "differences": [{"text1": MARKER, "text2": MARKER, "explanation": MARKER}],
    }
    return stored_prediction(
        *NAMES,
        user=user,
        matter=matter,
        words=json.dumps(quoted),
        verdict="review",
        material_probability=0.4,
        differences=[{**row, "title": "Words", "authority": "law"} for row in differences],
    )


def _store_job(user: User, matter: Matter) -> BatchJob:
    return worked_off(job_of(user, csv_file([NAMES]), f"{MARKER}.csv", matter=matter))


def _store_open_review(prediction: Prediction, author: User, reviewer: User) -> list[Model]:
    item = ReviewItem.objects.create(
        prediction=prediction, stream="request", selection_probability=1.0, due_at=timezone.now()
    )
    return [
        item,
        store_document(prediction, author, f"{MARKER}.pdf"),
        Draft.objects.create(item=item, reviewer=reviewer, text=MARKER),
        ItemEvent.objects.create(item=item, kind="skipped", actor=reviewer, reason=MARKER),
        ReviewRequest.objects.create(prediction=prediction, requested_by=author, reason=MARKER),
        ReviewMessage.objects.create(
            prediction=prediction, side=ReviewMessage.Side.REQUESTER, author=author, text=MARKER
        ),
        PredictionReview.objects.create(prediction=prediction, user=author, status="queued"),
    ]


def _store_decision(prediction: Prediction, reviewer: User) -> list[Model]:
    now, clause = timezone.now(), guideline().clauses.get()
    item = ReviewItem.objects.create(
        prediction=prediction,
        stream="request",
        selection_probability=1.0,
        state="done",
        created_at=now,
        done_at=now,
    )
    decision = Feedback.objects.create(
        prediction=prediction,
        item=item,
        reviewer=reviewer,
        source="review",
        user_correction=True,
        feedback_text=MARKER,
        client_reason=MARKER,
    )
    PredictionReview.objects.create(
        prediction=prediction,
        user=prediction.user,
        status="decided",
        decision="material",
        decided_by="reviewers",
        decided_at=now - timedelta(hours=1),
        released_at=now - timedelta(minutes=50),
        people=1,
        reason=MARKER,
    )
    fields = {"profile": "general", "kind": "organisation", "categories": ["O06"], "material": True}
    return [
        decision,
        Precedent.objects.create(adjudication=decision, prediction=prediction, clause=clause, **fields),
        PairPrecedent.objects.create(
            user=prediction.user,
            prediction=prediction,
            key="k" * 64,
            profile="general",
            material=True,
            guideline_version="1",
            active_from=now,
        ),
        GoldAnswer.objects.create(prediction=prediction, material=True, why=MARKER),
    ]


def _store_rescoring(prediction: Prediction, actor: User) -> list[Model]:
    model = model_version("rescoring")
    replay = Replay.objects.create(day=timezone.now().date(), model=model, requested_by=actor)
    ReplayChange.objects.create(
        replay=replay, prediction=prediction, before="review", after="material", material_probability=0.9
    )
    score = ShadowScore.objects.create(
        prediction=prediction,
        model=model,
        role="shadow",
        material_probability=0.9,
        verdict="material",
        agrees=False,
    )
    return [score]
