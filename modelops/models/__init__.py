"""The tables of modelops: versions, deployments, training, serving, monitoring and alerts."""

from modelops.models.alerting import Alert, AlertChannel, AlertMessage, AlertQuerySet, Heartbeat
from modelops.models.deployment import (
    DRILL_PROFILE,
    EVERY_PROFILE,
    Deployment,
    DeploymentQuerySet,
    LiveSlot,
    PromotionRequest,
    ServingRole,
    describe_profile,
    describe_role,
)
from modelops.models.monitoring import (
    THRESHOLD_DEFAULTS,
    DriftReport,
    HourlyCount,
    Reference,
    ReferenceQuerySet,
    Threshold,
    TrafficSource,
    TrainingDecision,
)
from modelops.models.registry import ModelArtefact, ModelMetric, ModelVersion, StoredValidationSet
from modelops.models.serving import ALIVE_TIMEOUT, RollbackDrill, ServingProcess, ServingProcessQuerySet
from modelops.models.training import JobRun, RunStatus, TrainingRun, TrainingRunQuerySet, TrainingStage

__all__ = [
    "ALIVE_TIMEOUT",
    "DRILL_PROFILE",
    "EVERY_PROFILE",
    "THRESHOLD_DEFAULTS",
    "Alert",
    "AlertChannel",
    "AlertMessage",
    "AlertQuerySet",
    "Deployment",
    "DeploymentQuerySet",
    "DriftReport",
    "Heartbeat",
    "HourlyCount",
    "JobRun",
    "LiveSlot",
    "ModelArtefact",
    "ModelMetric",
    "ModelVersion",
    "PromotionRequest",
    "Reference",
    "ReferenceQuerySet",
    "RollbackDrill",
    "RunStatus",
    "ServingProcess",
    "ServingProcessQuerySet",
    "ServingRole",
    "StoredValidationSet",
    "Threshold",
    "TrafficSource",
    "TrainingDecision",
    "TrainingRun",
    "TrainingRunQuerySet",
    "TrainingStage",
    "describe_profile",
    "describe_role",
]
