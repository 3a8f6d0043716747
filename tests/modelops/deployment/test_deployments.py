"""Deployments: two people, one champion, an append-only history."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import AuditEvent, Role, User
from modelops.deployment import promotion
from modelops.deployment.promotion import PromotionError
from modelops.deployment.registration import VersionRegistration, register_version
from modelops.models import Deployment, LiveSlot, ModelArtefact, ServingRole
from modelops.serving.loader import ArtefactVerificationError
from tests.models import compiled, model_version
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def engineer() -> User:
    """The user who requests promotions."""
    return person(Role.MODEL_ENGINEER)


@pytest.fixture
def approver() -> User:
    """The user who approves the requests of others."""
    return person(Role.APPROVER)


def promote(version: str, engineer: User, approver: User, profile: str = "*") -> Deployment:
    request = promotion.request_promotion(model_version(version), profile, "champion", "better", engineer)
    return promotion.approve_promotion(request, approver)


def champion(profile: str = "*") -> str:
    return LiveSlot.objects.get(profile=profile, role="champion").deployment.model.version


def test_the_starting_model_becomes_champion_once() -> None:
    first = promotion.deploy_first(model_version("1"))
    assert first is not None
    assert promotion.deploy_first(model_version("2")) is None
    assert champion() == "1"


def test_a_promotion_takes_two_people(engineer: User, approver: User) -> None:
    promotion.deploy_first(model_version("1"))
    deployment = promote("2", engineer, approver)
    assert champion() == "2"
    assert (deployment.requested_by, deployment.approved_by) == (engineer, approver)
    assert deployment.previous is not None
    assert deployment.previous.model.version == "1"
    assert AuditEvent.objects.filter(action="deployment.created", actor=approver).exists()


def test_who_asked_may_not_approve(engineer: User) -> None:
    request = promotion.request_promotion(model_version("1"), "*", "champion", "mine", engineer)
    with pytest.raises(PromotionError, match="second person"):
        promotion.approve_promotion(request, engineer)


def test_the_database_itself_refuses_one_person_alone(engineer: User) -> None:
    with pytest.raises(IntegrityError, match="deployments_need_two_people"), transaction.atomic():
        Deployment.objects.create(
            model=model_version("1"),
            role="champion",
            requested_by=engineer,
            approved_by=engineer,
            reason="me, me",
        )


def test_the_database_refuses_a_second_champion(engineer: User, approver: User) -> None:
    promotion.deploy_first(model_version("1"))
    other = promote("2", engineer, approver, "ucc")
    slot = LiveSlot.objects.get(profile="ucc")
    with pytest.raises(IntegrityError, match="one_champion_per_profile"), transaction.atomic():
        LiveSlot.objects.filter(pk=slot.pk).update(profile="*", deployment=other)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE deployments SET reason = 'another'",
        "DELETE FROM deployments",
        "DELETE FROM live_slots WHERE role = 'champion'",
    ],
)
def test_the_database_refuses_to_rewrite_history(statement: str) -> None:
    assert promotion.deploy_first(model_version("1")) is not None
    connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        connection.cursor().execute(statement)


def test_an_approval_of_something_outdated_is_refused(engineer: User, approver: User) -> None:
    promotion.deploy_first(model_version("1"))
    late = promotion.request_promotion(model_version("2"), "*", "champion", "better", engineer)
    promote("3", engineer, approver)
    with pytest.raises(PromotionError, match="meanwhile"):
        promotion.approve_promotion(late, approver)
    assert champion() == "3"


def test_a_request_is_answered_once(engineer: User, approver: User) -> None:
    request = promotion.request_promotion(model_version("1"), "*", "champion", "better", engineer)
    promotion.decline_promotion(request, approver, "not yet")
    with pytest.raises(PromotionError, match="closed"):
        promotion.approve_promotion(request, approver)
    assert not LiveSlot.objects.exists()


def test_the_same_thing_is_not_asked_twice(engineer: User) -> None:
    model = model_version("1")
    promotion.request_promotion(model, "*", "champion", "better", engineer)
    with pytest.raises(PromotionError, match="already"):
        promotion.request_promotion(model, "*", "champion", "better", person())


def test_a_withdrawn_version_is_not_promoted(engineer: User) -> None:
    model = model_version("1")
    model.is_active = False
    with pytest.raises(PromotionError, match="withdrawn"):
        promotion.request_promotion(model, "*", "champion", "better", engineer)


def test_rolling_back_twice_goes_further_back_and_never_forward(engineer: User, approver: User) -> None:
    promotion.deploy_first(model_version("1"))
    promote("2", engineer, approver)
    promote("3", engineer, approver)
    back = promotion.rollback("*", approver, "wrong answers")
    assert (champion(), back.break_glass, back.approved_by) == ("2", True, None)
    promotion.rollback("*", approver, "still wrong")
    assert champion() == "1"
    with pytest.raises(PromotionError, match="no champion before"):
        promotion.rollback("*", approver, "and again")


def test_a_tampered_artefact_is_never_made_live(engineer: User, approver: User) -> None:
    promotion.deploy_first(model_version("1"))
    request = promotion.request_promotion(model_version("2"), "*", "champion", "better", engineer)
    ModelArtefact.objects.update(content=b"something else")
    with pytest.raises(ArtefactVerificationError, match="altered"):
        promotion.approve_promotion(request, approver)
    assert Deployment.objects.count() == 1


def test_what_was_live_at_a_moment_can_be_asked(engineer: User, approver: User) -> None:
    promotion.deploy_first(model_version("1"))
    between = timezone.now()
    promote("2", engineer, approver)
    promote("3", engineer, approver, "ucc")
    assert [row.model.version for row in Deployment.objects.as_of(between)] == ["1"]
    assert [row.model.version for row in Deployment.objects.as_of(timezone.now())] == ["2", "3"]
    assert {row.profile for row in Deployment.objects.live()} == {"*", "ucc"}


def test_registering_keeps_both_digests_and_the_numbers(engineer: User) -> None:
    registration = VersionRegistration(
        "names",
        "7",
        compiled("7", 0.0),
        "schema",
        accuracy=0.97126,
        metrics={"f1": 0.9612344, "notes": "good", "ok": True},
    )
    version = register_version(registration, engineer)
    assert str(version.accuracy) == "0.9713"
    assert [(row.metric_name, float(row.metric_value)) for row in version.measured.all()] == [
        ("f1", 0.961234)
    ]
    with pytest.raises(IntegrityError), transaction.atomic():
        register_version(registration, engineer)


def test_a_challenger_takes_its_own_slot(engineer: User, approver: User) -> None:
    promotion.deploy_first(model_version("1"))
    request = promotion.request_promotion(model_version("2"), "*", ServingRole.CHALLENGER, "try", engineer)
    promotion.approve_promotion(request, approver)
    assert champion() == "1"
    assert LiveSlot.objects.get(role="challenger").deployment.model.version == "2"
