"""The way of B: staged as challenger before an experiment, shipped as champion after it."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext

from accounts.models import User
from experiments.models import Experiment, ExperimentStatus
from experiments.services import ExperimentError, record_shipment
from modelops.deployment.promotion import request_promotion
from modelops.models import LiveSlot, PromotionRequest, ServingRole


def stage_challenger(experiment: Experiment, actor: User, reason: str) -> PromotionRequest:
    """Request that B become the challenger of the profile. Raises ``PromotionError``."""
    text = f"Version B of the experiment “{experiment}”. {reason}"
    return request_promotion(experiment.model_b, experiment.profile, ServingRole.CHALLENGER, text, actor)


@transaction.atomic
def request_shipment(experiment: Experiment, actor: User, reason: str) -> PromotionRequest:
    """Request that B become the champion, with the verdict as evidence.

    Raises :class:`ExperimentError` unless it is concluded and not shipped, ``PromotionError`` for a version
    that was withdrawn or is requested already.
    """
    if experiment.status != ExperimentStatus.CONCLUDED or experiment.promotion_id:
        raise ExperimentError(gettext("only a concluded experiment ships B, and only once"))
    text = (
        f"{reason}\nEvidence: experiment “{experiment}” ({experiment.start_date:%Y-%m-%d} to "
        f"{experiment.end_date:%Y-%m-%d} UTC). {experiment.conclusion} "
        f"/admin/experiments/experiment/{experiment.pk}/change/"
    )
    request = request_promotion(experiment.model_b, experiment.profile, ServingRole.CHAMPION, text, actor)
    record_shipment(experiment, request, actor)
    return request


def can_roll_back(experiment: Experiment) -> bool:
    """Say whether B is the champion now because this experiment shipped it."""
    deployment = experiment.promotion.deployment if experiment.promotion else None
    if deployment is None:
        return False
    live = LiveSlot.objects.filter(profile=experiment.profile, role=ServingRole.CHAMPION)
    return live.filter(deployment=deployment).exists()
