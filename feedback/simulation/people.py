"""Simulated clients who object and reviewers who err at a known rate, working through the real services."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from accounts.models import Role, User
from accounts.services import create_user
from feedback.guideline import in_force, publish, start_draft
from feedback.models import ReviewItem, Stage
from feedback.services import decide, object_to
from feedback.starting_guideline import load
from matching.models import Prediction


@dataclass(frozen=True)
class Cast:
    """Who takes part: a client, two reviewers, a lead, and the two people a promotion takes."""

    client: User
    reviewers: tuple[User, User]
    lead: User
    engineer: User
    approver: User

    @classmethod
    def hired(cls, tag: str) -> Cast:
        """Create everybody; nobody can sign in."""

        def person(role: str, name: str) -> User:
            return create_user(f"{name}.{tag}@simulation.invalid", None, role, None, f"Simulated {name}")

        return cls(
            person(Role.CLIENT, "client"),
            (person(Role.REVIEWER, "reviewer-a"), person(Role.REVIEWER, "reviewer-b")),
            person(Role.LEAD, "lead"),
            person(Role.MODEL_ENGINEER, "engineer"),
            person(Role.APPROVER, "approver"),
        )


class Desk:
    """Reviewers who know the truth and err at a known rate; a lead adjudicates and errs as often."""

    def __init__(self, cast: Cast, error: float, dice: random.Random) -> None:
        self._cast = cast
        self._error = error
        self._dice = dice
        load()

    def rewrite(self, categories: Collection[str]) -> None:
        """Let the lead publish a guideline that calls some categories of difference material."""
        draft = start_draft(self._cast.lead, "stricter")
        for clause in draft.clauses.filter(categories__overlap=sorted(categories)):
            clause.text = "Material: another spelling is another name."
            clause.save(update_fields=["text"])
        publish(draft, self._cast.lead)

    def object_to(
        self, answers: Sequence[Prediction], truths: Mapping[UUID, bool], chance: float
    ) -> list[Prediction]:
        """Let the client object to some of the wrong answers; return those."""
        wrong = [answer for answer in answers if answer.prediction != truths[answer.pk]]
        objected = [answer for answer in wrong if self._dice.random() < chance]
        for answer in objected:
            object_to(self._cast.client, answer, truths[answer.pk], feedback_text="not what our file says")
        return objected

    def work(self, truths: Mapping[UUID, bool]) -> int:
        """Decide everything that waits, second looks and adjudications included; return the decisions."""
        first, second = self._cast.reviewers
        turns = ((first, False), (second, False), (first, False), (self._cast.lead, True))
        return sum(self._turn(user, truths, lead) for user, lead in turns)

    def _turn(self, user: User, truths: Mapping[UUID, bool], lead: bool) -> int:
        guideline, clauses = in_force()
        if guideline is None:
            raise RuntimeError("nobody can decide without a guideline")
        done = 0
        while item := ReviewItem.objects.claim(user, timezone.now(), lead):
            true = truths[item.prediction_id]
            says = not true if self._dice.random() < self._error else true
            cited = clauses[0] if item.stage == Stage.ADJUDICATION else None
            decide(item, user, says, "as it says", guideline_version=guideline.version, clause=cited)
            done += 1
        return done
