"""What raises an alert, how long it must last, and what to do about it: data and the steps between states.

Every rule has its section in ``docs/runbook.md``. Pure: times come in, states go out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

PENDING, FIRING, RESOLVED, PASSED = "pending", "firing", "resolved", "passed"
"""States of an episode: seen but not for long enough, told to people, over, and over before it was told."""

WARNING, CRITICAL = "warning", "critical"


@dataclass(frozen=True, slots=True)
class AlertRule:
    """One kind of alert.

    ``after`` observations in a row begin it, ``clear`` good ones in a row end it (hysteresis); ``clear`` 0
    stands for a single event that ends by itself after ``quiet`` without another. It is told again every
    ``repeat`` and to those of the second line after ``escalate`` unless somebody has acknowledged it. Alerts
    of one ``group`` that wait together go out as one message. ``page`` is an address in the admin.
    """

    title: str
    cause: str
    action: str
    admin_path: str
    group: str
    severity: str = WARNING
    fire_after: int = 1
    resolve_after: int = 2
    quiet_period: timedelta = timedelta(hours=24)
    repeat_interval: timedelta = timedelta(hours=12)
    escalate_after: timedelta = timedelta(hours=24)


def _make_critical(rule: AlertRule) -> AlertRule:
    return replace(
        rule, severity=CRITICAL, repeat_interval=timedelta(hours=1), escalate_after=timedelta(minutes=30)
    )


ALERT_RULES: dict[str, AlertRule] = {
    "break_glass_rollback": _make_critical(
        AlertRule(
            "One person rolled a model back",
            "Somebody saw wrong answers and used the emergency way, which needs no second person.",
            "Read the reason in the deployment and ask the person; do not promote again before you have.",
            "modelops/deployment/",
            "deployment",
            resolve_after=0,
        )
    ),
    "gates_overridden": AlertRule(
        "A version was approved with a red gate",
        "The approver knew something the gates do not, or was in a hurry.",
        "Read the reason in the deployment and the findings of the request; roll back if it is not good.",
        "modelops/deployment/",
        "deployment",
        resolve_after=0,
    ),
    "champion_replaced": AlertRule(
        "A new program brought its own model along",
        "The champion was trained for the features of the program before and could not answer any more.",
        "Nothing at once: the shipped model answers. Train on your labels again and ask for promotion.",
        "modelops/deployment/",
        "deployment",
        resolve_after=0,
    ),
    "model_swap_failed": _make_critical(
        AlertRule(
            "A process could not load the live model",
            "The stored artefact is damaged, was signed with another key, or does not fit this program.",
            "Open Versions and verify the artefact; processes keep answering with the model they have.",
            "modelops/modelversion/",
            "deployment",
            resolve_after=0,
            quiet_period=timedelta(hours=1),
        )
    ),
    "registry_disagrees": AlertRule(
        "The registry's aliases named other versions than those that are live",
        "Somebody moved an alias in MLflow, or MLflow was put back to an earlier state.",
        "Nothing: answers are not affected and the aliases have been set again. Ask who moved them.",
        "modelops/liveslot/",
        "deployment",
        resolve_after=0,
    ),
    "registry_silent": AlertRule(
        "The registry does not answer",
        "MLflow's store is down, or its address or password has changed.",
        "See whether MLflow's store answers. Answers are not affected; no training can be registered.",
        "modelops/liveslot/",
        "deployment",
        fire_after=3,
    ),
    "training_failed": AlertRule(
        "A training run failed",
        "Too few labels, labels that contradict each other, or the registry did not take the candidate.",
        "Read the error of the run; no label is used up, so it can be started again.",
        "modelops/trainingrun/",
        "training",
        resolve_after=0,
    ),
    "candidate_refused": AlertRule(
        "A candidate trained by itself did not pass its gates",
        "The new labels contradict what must not change, or one slice paid for the gain of another.",
        "Open the version and ask for its promotion to see the findings; what is live is not affected.",
        "modelops/modelversion/",
        "training",
        resolve_after=0,
    ),
    "drift": AlertRule(
        "What is compared has changed",
        "A new client, a new source of names, another mix of scripts or legal forms.",
        "Open the report and see what moved and how many decisions with it; no model is retrained by this.",
        "modelops/driftreport/",
        "quality",
        resolve_after=3,
    ),
    "estimate_low": AlertRule(
        "The model is less sure than it was",
        "Harder pairs than in training. Estimated without labels: it does not see a change of the truth.",
        "See that reviewers work on the audit stream: only their labels show whether answers are wrong.",
        "modelops/modelmetric/",
        "quality",
        fire_after=2,
        resolve_after=3,
    ),
    "accuracy_low": _make_critical(
        AlertRule(
            "Reviewed answers show too little accuracy",
            "The guideline or the kind of traffic changed after the model was trained.",
            "Read the newest corrections; a candidate is trained by itself, roll back if the model is new.",
            "modelops/trainingdecision/",
            "quality",
            resolve_after=3,
        )
    ),
    "precision_low": AlertRule(
        "Too many harmless differences are called material",
        "The guideline became more lenient, or new harmless spellings have appeared.",
        "Read the newest corrections to immaterial; a candidate is trained by itself.",
        "modelops/trainingdecision/",
        "quality",
        resolve_after=3,
    ),
    "recall_low": _make_critical(
        AlertRule(
            "Material differences are missed",
            "The guideline became stricter, or a new kind of difference has appeared.",
            "Read the newest corrections to material; roll back if the model is new.",
            "modelops/trainingdecision/",
            "quality",
            resolve_after=3,
        )
    ),
    "labels_missing": AlertRule(
        "The random audit is not being reviewed",
        "Reviewers work on other streams, or nobody works on the queue.",
        "Ask a lead reviewer for an hour on the audit stream.",
        "feedback/reviewitem/",
        "quality",
        fire_after=3,
    ),
    "beat_silent": _make_critical(
        AlertRule(
            "The scheduler has fallen silent",
            "The beat process or every worker has stopped, or the broker does not answer.",
            "Restart beat, then the workers. What was missed is caught up once.",
            "modelops/heartbeat/",
            "machinery",
            resolve_after=1,
        )
    ),
    "monitor_silent": _make_critical(
        AlertRule(
            "Nobody has looked at the models for too long",
            "No worker listens to the queue monitor, or the hourly check fails.",
            "Read the error of the last monitor run in Periodic jobs; restart that worker.",
            "modelops/jobrun/",
            "machinery",
            resolve_after=1,
        )
    ),
    "sealer_silent": _make_critical(
        AlertRule(
            "The audit trail is not being sealed",
            "The worker of the queue default has stopped, or a transaction holds the sealer's lock.",
            "Run manage.py audit seal. Events are kept meanwhile; they only lack their place in the chain.",
            "accounts/auditevent/",
            "machinery",
            resolve_after=1,
        )
    ),
    "delivery_failing": AlertRule(
        "A channel does not take messages",
        "The mail server or the receiver refuses, or its address has changed.",
        "Open the channel, read the last error and send a test message.",
        "modelops/alertchannel/",
        "machinery",
        resolve_after=1,
    ),
}


@dataclass(frozen=True, slots=True)
class EpisodeState:
    """Where an episode stands: its state, and bad and good observations in a row."""

    state: str = PENDING
    bad_count: int = 0
    good_count: int = 0

    @property
    def is_open(self) -> bool:
        """Say whether the episode goes on."""
        return self.state in (PENDING, FIRING)


def apply_observation(standing: EpisodeState, failing: bool, rule: AlertRule) -> EpisodeState:
    """Return where an episode stands after one more observation. A closed one stays as it is."""
    if not standing.is_open:
        return standing
    if failing:
        bad = standing.bad_count + 1
        fires = standing.state == FIRING or bad >= rule.fire_after
        return EpisodeState(FIRING if fires else PENDING, bad, 0)
    good = standing.good_count + 1
    if standing.state == PENDING:
        return EpisodeState(PASSED, standing.bad_count, good)
    over = rule.resolve_after > 0 and good >= rule.resolve_after
    return EpisodeState(RESOLVED if over else FIRING, standing.bad_count, good)
