"""Simulated clients who object and reviewers with a known error rate; both use the real services."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from accounts.auth.users import create_user
from accounts.models import Role, User
from feedback.guideline.service import get_guideline_in_force, publish_guideline, start_draft
from feedback.guideline.starting_guideline import publish_starting_guideline
from feedback.models import ReviewItem, ReviewStage
from feedback.review.decisions import submit_client_feedback, submit_decision
from matching.models import Prediction


@dataclass(frozen=True)
class SimulatedUsers:
    """The users of a simulation: a client, two reviewers, a lead, and the two users a promotion needs."""

    client: User
    reviewers: tuple[User, User]
    lead: User
    engineer: User
    approver: User

    @classmethod
    def create(cls, tag: str) -> SimulatedUsers:
        """Create the users without a password, so that none can sign in."""

        def person(role: str, name: str) -> User:
            return create_user(f"{name}.{tag}@simulation.invalid", None, role, None, f"Simulated {name}")

        return cls(
            person(Role.CLIENT, "client"),
            (person(Role.REVIEWER, "reviewer-a"), person(Role.REVIEWER, "reviewer-b")),
            person(Role.LEAD, "lead"),
            person(Role.MODEL_ENGINEER, "engineer"),
            person(Role.APPROVER, "approver"),
        )


class SimulatedReviewers:
    """Reviewers who know the truth and err at a known rate; the adjudicating lead has the same rate."""

    def __init__(self, users: SimulatedUsers, error_rate: float, rng: random.Random) -> None:
        self._users = users
        self._error_rate = error_rate
        self._rng = rng
        publish_starting_guideline()

    def publish_stricter_guideline(self, categories: Collection[str]) -> None:
        """Publish, as the lead, a guideline that makes some categories of difference material."""
        draft = start_draft(self._users.lead, "stricter")
        for clause in draft.clauses.filter(categories__overlap=sorted(categories)):
            clause.text = "Material: another spelling is another name."
            clause.save(update_fields=["text"])
        publish_guideline(draft, self._users.lead)

    def submit_objections(
        self, predictions: Sequence[Prediction], truths: Mapping[UUID, bool], rate: float
    ) -> list[Prediction]:
        """Submit client objections to a random share ``rate`` of the wrong predictions; return those."""
        wrong = [row for row in predictions if row.prediction != truths[row.pk]]
        objected = [row for row in wrong if self._rng.random() < rate]
        for row in objected:
            submit_client_feedback(
                self._users.client, row, truths[row.pk], feedback_text="not what our file says"
            )
        return objected

    def decide_open_items(self, truths: Mapping[UUID, bool]) -> int:
        """Decide all open items, adjudications included; return the number of decisions."""
        first, second = self._users.reviewers
        turns = ((first, False), (second, False), (first, False), (self._users.lead, True))
        return sum(self._decide_items_as(user, truths, lead) for user, lead in turns)

    def _decide_items_as(self, user: User, truths: Mapping[UUID, bool], lead: bool) -> int:
        guideline, clauses = get_guideline_in_force()
        if guideline is None:
            raise RuntimeError("nobody can decide without a guideline")
        decided = 0
        while item := ReviewItem.objects.claim(user, timezone.now(), lead):
            truth = truths[item.prediction_id]
            answer = not truth if self._rng.random() < self._error_rate else truth
            cited = clauses[0] if item.stage == ReviewStage.ADJUDICATION else None
            submit_decision(
                item, user, answer, "as it says", guideline_version=guideline.version, clause=cited
            )
            decided += 1
        return decided
