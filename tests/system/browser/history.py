"""Four weeks of made-up history in a running product, written as rows: what reports and model pages show.

It runs inside the product; nothing of it is served to clients, and no review item is open.
"""

import json
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from accounts.auth.users import create_user
from accounts.models import Role, User
from analytics import rollup
from experiments import services
from experiments.models import Arm, Experiment, ExperimentPhase, Exposure
from feedback.models import Feedback, ReviewItem
from matching.models import Prediction, ReviewStream, ShadowScore
from modelops.alerting.alerts import raise_alert
from modelops.deployment.promotion import request_promotion
from modelops.deployment.registration import VersionRegistration, register_version
from modelops.models import Deployment, ModelMetric, ModelVersion, TrainingRun
from tests.models import stored_prediction

DAYS = 28
_VERDICTS = ("immaterial",) * 5 + ("material",) * 3 + ("review",) * 2
_PROFILES = ("general", "general", "kyc", "ucc")
_EXPERIMENT_DAYS = 12


@dataclass(frozen=True)
class People:
    """Who takes part."""

    clients: list[User]
    reviewers: list[User]
    engineer: User
    approver: User


def fill(password: str) -> dict[str, str]:
    """Write the history and return the addresses of its pages by name."""
    champion = Deployment.objects.live().get(role="champion", profile="*").model
    people = _hire(password)
    chance = random.Random(28)
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    for back in range(DAYS):
        _write_day(now - timedelta(days=back), champion, people, chance)
    rollup.roll_up(now - timedelta(days=DAYS), now + rollup.HOUR)
    rollup.roll_up_new_hours(timezone.now())
    candidate = _register_candidate(champion, people.engineer)
    request = request_promotion(
        candidate, "*", "champion", "Trained on six weeks of labels.", people.engineer
    )
    raise_alert("drift", "kyc organisation", "Largest PSI 0.21 on two days.")
    draft, results = _write_experiments(champion, candidate, people, now, chance)
    run = TrainingRun.objects.get()
    return {
        "approval": f"/admin/modelops/promotionrequest/{request.pk}/change/",
        "version": f"/admin/modelops/modelversion/{candidate.pk}/change/",
        "run": f"/admin/modelops/trainingrun/{run.pk}/change/",
        "experiment-draft": f"/admin/experiments/experiment/{draft.pk}/change/",
        "experiment-results": f"/admin/experiments/experiment/{results.pk}/change/",
    }


def _hire(password: str) -> People:
    def hire(login: str, role: str) -> User:
        return create_user(f"{login}@history.example", password, role, None)

    return People(
        [hire(name, Role.CLIENT) for name in ("harbour-bank", "meridian-filings", "quill")],
        [hire(name, Role.REVIEWER) for name in ("chiara", "dario")],
        hire("emil", Role.MODEL_ENGINEER),
        hire("petra", Role.APPROVER),
    )


def _write_day(day: datetime, champion: ModelVersion, people: People, chance: random.Random) -> None:
    for number in range(chance.randint(3, 5) if day.weekday() >= 5 else chance.randint(9, 16)):
        verdict = chance.choice(_VERDICTS)
        prediction = stored_prediction(
            f"Larkspur Trading {number} Ltd", f"Larkspur Trading {number} Limited",
            user=chance.choice(people.clients), model=champion, created_at=day, verdict=verdict,
            prediction=verdict == "material", traits={"script": "latin"},
            profile=chance.choice(_PROFILES), source=chance.choice(("api", "api", "page", "batch")),
        )  # fmt: skip
        if verdict == "review" or number == 0:
            _decide(prediction, people.reviewers, chance, verdict == "immaterial" or chance.random() < 0.4)
    _measure(day, champion, chance)


def _decide(
    prediction: Prediction,
    reviewers: list[User],
    chance: random.Random,
    is_material: bool,
    error_rate: float = 0.1,
) -> None:
    """Let one or two of the reviewers decide the prediction within the day."""
    created = prediction.created_at
    done = created + timedelta(minutes=chance.randint(20, 400))
    item = ReviewItem.objects.create(
        prediction=prediction, stream=ReviewStream.UNCERTAIN, selection_probability=1, created_at=created,
        due_at=created + timedelta(hours=4), state=ReviewItem.State.DONE, done_at=done,
    )  # fmt: skip
    for at, reviewer in enumerate(reviewers[: chance.randint(1, 2)]):
        Feedback.objects.create(
            prediction=prediction, reviewer=reviewer, source="review", stage=("first", "second")[at],
            user_correction=is_material == (chance.random() >= error_rate), item=item, created_at=done,
            seconds=chance.randint(8, 90), stream=item.stream, selection_probability=1,
            model=prediction.model, feedback_text="Seen in the register.",
        )  # fmt: skip


def _measure(day: datetime, champion: ModelVersion, chance: random.Random) -> None:
    value = 0.94 + chance.random() / 50
    for suffix, shift in (("", 0.0), (", at least", -0.03), (", at most", 0.025)):
        for figure in ("accuracy", "precision", "recall"):
            ModelMetric.objects.create(
                model=champion, metric_name=f"{figure} (labelled{suffix})", n=240, recorded_at=day,
                metric_value=round(Decimal(value + shift), 6), window=f"{day:%Y-%m-%d}",
            )  # fmt: skip


def _register_candidate(champion: ModelVersion, engineer: User) -> ModelVersion:
    """Register the champion with another threshold as a new version, and the run that made it."""
    content = json.loads(bytes(champion.artefact.content))
    content["version"] = "6-weeks"
    for thresholds in content["thresholds"].values():
        thresholds["immaterial_below"] *= 1.05
    metrics = {**champion.metrics, "held_out": 4_200.0}
    registration = VersionRegistration(
        champion.name, "6-weeks", json.dumps(content).encode(), champion.schema_hash,
        metrics=metrics, accuracy=0.9512,
    )  # fmt: skip
    version = register_version(registration, engineer)
    end = timezone.now()
    lines = [[(end - timedelta(minutes=9 - at)).isoformat(), text] for at, text in enumerate(_LOG)]
    TrainingRun.objects.create(
        status="succeeded", stage="registering", progress=100, log=lines, trigger="Six weeks of labels",
        parameters={"corpus_size": 206_000, "files": []}, requested_by=engineer, labels_used=1_310,
        model=version, started_at=end - timedelta(minutes=9), finished_at=end,
    )  # fmt: skip
    return version


_LOG = ("Gathering labels", "1,310 labels of 1,120 entities", "Training", "Measuring on held-out entities")


def _write_experiments(
    champion: ModelVersion, candidate: ModelVersion, people: People, now: datetime, chance: random.Random
) -> tuple[Experiment, Experiment]:
    """Store a draft, and an experiment that has run for twelve days under a profile of its own."""
    margins = {"latency_ms": Decimal("0.25"), "review_share": Decimal("0.10")}
    fields = {
        "model_a": champion,
        "model_b": candidate,
        "hypothesis": "Six weeks of labels make B right more often.",
    }
    draft = services.create_experiment(
        Experiment(name="Six weeks of labels, second try", **fields), margins, people.engineer
    )
    begun = now - timedelta(days=_EXPERIMENT_DAYS)
    row = services.create_experiment(
        Experiment(name="Six weeks of labels against three", profile="lc", **fields), margins, people.engineer
    )
    Experiment.objects.filter(pk=row.pk).update(
        status="running", is_active=True, start_date=begun, can_conclude=True
    )
    ExperimentPhase.objects.create(
        experiment=row,
        number=1,
        traffic_split=row.traffic_split,
        enrolled_share=row.enrolled_share,
        started_at=begun,
    )
    _expose_users(row, people, chance)
    return draft, row


def _expose_users(row: Experiment, people: People, chance: random.Random) -> None:
    """Let 60 users meet the arms, and let reviewers decide disagreements of the two versions."""
    users = [User(email=f"user-{number}@history.example") for number in range(60)]
    User.objects.bulk_create(users)
    User.objects.update(created_at=timezone.now() - timedelta(days=2 * DAYS))
    for number, user in enumerate(users):
        arm = (Arm.A, Arm.B)[number % 2]
        at = timezone.now() - timedelta(days=number % (_EXPERIMENT_DAYS - 1), hours=1)
        Exposure.objects.create(experiment=row, user=user, arm=arm, phase=1, at=at)
        prediction = stored_prediction(
            "Orlov Trading House", "Orlov Trading Home", user=user, created_at=at, profile="lc", source="api",
            model=row.model_b if arm == Arm.B else row.model_a, experiment=row, variant=arm,
            latency_ms=chance.randint(3, 7), traits={"script": "latin"},
            stream=ReviewStream.DISAGREEMENT, selection_probability=1.0,
        )  # fmt: skip
        ShadowScore.objects.create(
            prediction=prediction, model=row.model_a if arm == Arm.B else row.model_b, agrees=False,
            role="challenger", material_probability=Decimal("0.95"), verdict="material", created_at=at,
        )  # fmt: skip
        if number < 44:
            _decide(
                prediction, people.reviewers[:1], chance, (number % 4 != 3) == (arm == Arm.A), error_rate=0
            )
