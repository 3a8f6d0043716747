"""Alert rules as data, and the state machine of an episode.

Each rule has a section in ``docs/runbook.md``. Pure: no database and no clock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

PENDING, FIRING, RESOLVED, PASSED = "pending", "firing", "resolved", "passed"
"""States of an episode: observed but not yet notified, notified, ended, and ended before notification."""

WARNING, CRITICAL = "warning", "critical"


@dataclass(frozen=True, slots=True)
class AlertRule:
    """One kind of alert.

    ``fire_after`` bad observations in a row fire it, ``resolve_after`` good ones in a row resolve it
    (hysteresis). ``resolve_after`` 0 marks a single event, which resolves after ``quiet_period`` without
    another. Unless somebody acknowledges it, notifications repeat every ``repeat_interval`` and go to the
    second line after ``escalate_after``. Waiting messages of one ``group`` are sent together. ``admin_path``
    is the page to look at, below the root of the admin.
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
            "Somebody saw wrong verdicts and used the emergency rollback, which needs no second person.",
            "Read the reason in the deployment and talk to the person before anything is promoted again.",
            "modelops/deployment/",
            "deployment",
            resolve_after=0,
        )
    ),
    "gates_overridden": AlertRule(
        "A version was approved with a red gate",
        "The approver knew something the gates do not, or was in a hurry.",
        "Read the reason in the deployment and the gates of the request; roll back if it does not convince.",
        "modelops/deployment/",
        "deployment",
        resolve_after=0,
    ),
    "champion_replaced": AlertRule(
        "An update of the program replaced the champion",
        "The champion was trained on the features of the earlier program and no longer fits.",
        "Nothing at once: the shipped model is live. Train on your labels again and request promotion.",
        "modelops/deployment/",
        "deployment",
        resolve_after=0,
    ),
    "experiment_stopped": _make_critical(
        AlertRule(
            "A guardrail stopped an experiment",
            "Version B is worse than A beyond what the experiment allows.",
            "Read the results. Everybody gets the champion again; start a new experiment with another B.",
            "experiments/experiment/",
            "deployment",
            resolve_after=0,
        )
    ),
    "experiment_split": AlertRule(
        "The users of an experiment do not split as planned",
        "A client retries in one arm, exposures are lost, or the split was changed outside of the program.",
        "Find the cause before anybody reads results: they are withheld while the split is wrong.",
        "experiments/experiment/",
        "deployment",
    ),
    "model_swap_failed": _make_critical(
        AlertRule(
            "A process could not load the live model",
            "The stored artefact is damaged, was signed with another key, or does not fit this program.",
            "Open Versions and verify the artefact; processes continue with the model they have loaded.",
            "modelops/modelversion/",
            "deployment",
            resolve_after=0,
            quiet_period=timedelta(hours=1),
        )
    ),
    "registry_disagrees": AlertRule(
        "The aliases in MLflow did not match what is live",
        "Somebody moved an alias in MLflow, or MLflow was restored from a backup.",
        "Nothing: predictions are not affected and the aliases were set again. Ask who moved them.",
        "modelops/liveslot/",
        "deployment",
        resolve_after=0,
    ),
    "registry_silent": AlertRule(
        "MLflow does not respond",
        "MLflow's store is down, or its address or password has changed.",
        "Check MLflow's store. Predictions are not affected; no training can be registered.",
        "modelops/liveslot/",
        "deployment",
        fire_after=3,
    ),
    "bulk_job_failed": AlertRule(
        "A bulk job failed three times",
        "A part of its file stops the worker that reads or compares it, or workers are killed.",
        "Read the reason in the job and the worker's log of that time; ask the owner for the rows it names.",
        "matching/batchjob/",
        "operations",
        resolve_after=0,
    ),
    "training_failed": AlertRule(
        "A training run failed",
        "Too few labels, contradicting labels, or MLflow did not accept the candidate.",
        "Read the error of the run. No label was used up, so it can be started again.",
        "modelops/trainingrun/",
        "training",
        resolve_after=0,
    ),
    "candidate_refused": AlertRule(
        "An automatically trained candidate did not pass its gates",
        "The new labels contradict a golden pair, or one slice lost what another gained.",
        "Open the version and request its promotion to see the gates; what is live is not affected.",
        "modelops/modelversion/",
        "training",
        resolve_after=0,
    ),
    "drift": AlertRule(
        "Traffic has drifted from the reference",
        "A new client, a new source of names, another mix of scripts or legal forms.",
        "Open the report: which figures shifted, and how many verdicts. Drift alone starts no training.",
        "modelops/driftreport/",
        "quality",
        resolve_after=3,
    ),
    "estimate_low": AlertRule(
        "The model is less certain than it was",
        "Pairs are harder than in training. Estimated without labels: a new guideline is not seen.",
        "Make sure the audit stream is reviewed: only its labels show whether predictions are wrong.",
        "modelops/modelmetric/",
        "quality",
        fire_after=2,
        resolve_after=3,
    ),
    "accuracy_low": _make_critical(
        AlertRule(
            "Accuracy on reviewed predictions is below its threshold",
            "The guideline or the kind of traffic changed after the model was trained.",
            "Read the newest corrections; a candidate is trained automatically. Roll back a new model.",
            "modelops/trainingdecision/",
            "quality",
            resolve_after=3,
        )
    ),
    "precision_low": AlertRule(
        "Too many immaterial differences are called material",
        "The guideline became more lenient, or new spelling variants have appeared.",
        "Read the newest corrections to immaterial; a candidate is trained automatically.",
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
        "The random audit is not reviewed",
        "Reviewers work on other streams, or nobody works on the queue.",
        "Ask a lead reviewer for an hour on the audit stream.",
        "feedback/reviewitem/",
        "quality",
        fire_after=3,
    ),
    "beat_silent": _make_critical(
        AlertRule(
            "The scheduler sends no heartbeat",
            "The beat process or every worker has stopped, or the broker does not respond.",
            "Restart beat, then the workers. Missed work is caught up once.",
            "modelops/heartbeat/",
            "operations",
            resolve_after=1,
        )
    ),
    "monitor_silent": _make_critical(
        AlertRule(
            "The hourly monitoring has not succeeded",
            "No worker consumes the queue monitor, or the hourly check fails.",
            "Read the error of the last monitor run in Periodic jobs; restart that worker.",
            "modelops/jobrun/",
            "operations",
            resolve_after=1,
        )
    ),
    "sealer_silent": _make_critical(
        AlertRule(
            "The audit trail is not being sealed",
            "The worker of the queue default has stopped, or a transaction holds the sealer's lock.",
            "Run manage.py audit seal. Events are stored meanwhile; they only lack their place in the chain.",
            "accounts/auditevent/",
            "operations",
            resolve_after=1,
        )
    ),
    "task_failing": AlertRule(
        "A scheduled task keeps failing",
        "A service that it needs is down, the disk is full, or the program has a defect.",
        "Read the task's last error in the worker's log; it is tried again on schedule.",
        "django_celery_beat/periodictask/",
        "operations",
        fire_after=3,
        resolve_after=1,
    ),
    "worker_blocked": _make_critical(
        AlertRule(
            "A worker does not finish a task",
            "The task waits for a service without a limit, or its input takes without end.",
            "Restart that worker. Tasks that may run twice are delivered again; bulk jobs go on.",
            "modelops/jobrun/",
            "operations",
            resolve_after=1,
        )
    ),
    "bulk_job_stalled": AlertRule(
        "A bulk job does not advance",
        "No worker consumes the queue jobs, or a part of the file ends every worker that takes it.",
        "Open the job. Restart the workers of the queue jobs; cancel the job if it stays.",
        "matching/batchjob/",
        "operations",
        resolve_after=1,
    ),
    "disk_nearly_full": _make_critical(
        AlertRule(
            "A disk is nearly full",
            "Files of bulk jobs, logs, evidence packs or the database have grown.",
            "Delete old bulk jobs or enlarge the disk, before writing fails.",
            "matching/batchjob/",
            "operations",
            fire_after=2,
        )
    ),
    "error_rate_high": _make_critical(
        AlertRule(
            "Too many requests end in a server error",
            "PostgreSQL does not answer, a release has a defect, or no model can be loaded.",
            "Look at /ready and the web log by request id; roll back a new release or model.",
            "modelops/liveslot/",
            "operations",
            fire_after=2,
            resolve_after=5,
        )
    ),
    "anchor_silent": _make_critical(
        AlertRule(
            "The audit trail is not anchored",
            "A target (file, mail, object store, time stamp) does not accept, or the task does not run.",
            "Run manage.py audit anchor and read which target fails. Until then a cut end would not show.",
            "accounts/auditevent/",
            "operations",
            resolve_after=1,
        )
    ),
    "audit_forwarding_silent": _make_critical(
        AlertRule(
            "The audit trail does not reach the receiver outside",
            "The receiver (SIEM) refuses, cannot be reached, or its certificate or token has changed.",
            "Run manage.py audit forward and read the error. Nothing is lost: it is sent once accepted.",
            "accounts/auditevent/",
            "operations",
            resolve_after=1,
        )
    ),
    "audit_schedule_silent": _make_critical(
        AlertRule(
            "Sealing or anchoring of the audit trail is switched off",
            "Somebody disabled, removed or limited a periodic task of the audit trail past the pages.",
            "Switch all tasks on again and restart beat; the events schedule.changed say what was done.",
            "django_celery_beat/periodictask/",
            "operations",
            fire_after=2,
            resolve_after=1,
        )
    ),
    "delivery_failing": AlertRule(
        "A channel does not accept messages",
        "The mail server or the receiver refuses them, or the address has changed.",
        "Open the channel, read the last error and send a test message.",
        "modelops/alertchannel/",
        "operations",
        resolve_after=1,
    ),
}


@dataclass(frozen=True, slots=True)
class EpisodeState:
    """State of an episode with its bad and good observations in a row."""

    state: str = PENDING
    bad_count: int = 0
    good_count: int = 0

    @property
    def is_open(self) -> bool:
        """Say whether the episode is pending or firing."""
        return self.state in (PENDING, FIRING)


def apply_observation(episode: EpisodeState, failing: bool, rule: AlertRule) -> EpisodeState:
    """Return the state after one more observation; an episode that ended does not change."""
    if not episode.is_open:
        return episode
    if failing:
        bad = episode.bad_count + 1
        fires = episode.state == FIRING or bad >= rule.fire_after
        return EpisodeState(FIRING if fires else PENDING, bad, 0)
    good = episode.good_count + 1
    if episode.state == PENDING:
        return EpisodeState(PASSED, episode.bad_count, good)
    over = rule.resolve_after > 0 and good >= rule.resolve_after
    return EpisodeState(RESOLVED if over else FIRING, episode.bad_count, good)


def list_texts() -> list[str]:
    """Return every text of the rules that a catalogue translates, each once."""
    texts = [text for rule in ALERT_RULES.values() for text in (rule.title, rule.cause, rule.action)]
    return list(dict.fromkeys(texts))
