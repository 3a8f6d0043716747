"""A row for every page of the admin that the life of a new installation leaves without one.

It runs inside the product, after the rows of people and four weeks of history.
"""

from datetime import timedelta
from decimal import Decimal

from axes.models import AccessAttempt
from django.utils import timezone

from accounts.models import User
from accounts.privacy.erasure import request_name_erasure
from experiments.models import Arm, Experiment, RecordedMetric
from feedback.guideline.service import get_guideline_in_force
from feedback.models import Feedback, Precedent
from feedback.report.letterhead import Logo, change_letterhead
from matching.models import ExportRequest, Prediction, Replay, ReplayChange
from matters.models import Organisation
from matters.organisations import put_into_organisation
from modelops.models import (
    Alert,
    AlertChannel,
    AlertMessage,
    DriftReport,
    ModelVersion,
    Reference,
    RollbackDrill,
)
from modelops.monitoring.thresholds import change_threshold
from tests.system.browser.people import ANNA, LEA
from tests.system.browser.product import ADMINISTRATOR
from webhooks.endpoints import send_test
from webhooks.models import WebhookEndpoint

LONG = "Counterparties of the Vereinigte Westfälische Grundstücksverwaltungs- und Beteiligungsgesellschaft"
SCRIPTS = {"figure": "script", "bins": ["latin", "other"], "reference": [1_900, 100], "current": [150, 100]}


def fill(member: str) -> None:
    """Write the rows; the account of the address is in an organisation."""
    administrator = User.objects.get(email=ADMINISTRATOR)
    _write_accounts(administrator, member)
    _write_review()
    _write_alerts()
    _write_models(administrator)
    endpoint = WebhookEndpoint.objects.earliest("created_at")
    send_test(endpoint, endpoint.user)


def _write_accounts(administrator: User, member: str) -> None:
    firm = Organisation.objects.create(name=LONG)
    put_into_organisation(firm, member, administrator)
    request_name_erasure("Nobody of this name", administrator, "Asked for by letter.")
    AccessAttempt.objects.create(
        username="nobody@example.com", ip_address="192.0.2.7", path_info="/sign-in", failures_since_start=3
    )
    for email in (ANNA, ADMINISTRATOR):
        ExportRequest.objects.create(
            kind="memos",
            selection={},
            format="zip",
            rows=9_000,
            reason=LONG,
            needs_approval=True,
            requested_by=User.objects.get(email=email),
        )


def _write_review() -> None:
    _, clauses = get_guideline_in_force()
    decided = Feedback.objects.latest("id")
    Precedent.objects.create(
        adjudication=decided,
        prediction=decided.prediction,
        clause=clauses[0],
        profile="general",
        kind="organisation",
        categories=["O06"],
        material=True,
    )
    change_letterhead(LONG, Logo(), User.objects.get(email=LEA))


def _write_alerts() -> None:
    channel = AlertChannel.objects.create(
        name="Operations", kind="email", address="operations@example.com", enabled=False
    )
    AlertMessage.objects.create(
        key="walk",
        channel=channel,
        alert=Alert.objects.first(),
        occasion="raised",
        group="operations",
        subject=LONG,
        body=LONG,
        state="failed",
        error=LONG,
    )


def _write_models(administrator: User) -> None:
    model = ModelVersion.objects.earliest("created_at")
    prediction, now = Prediction.objects.latest("created_at"), timezone.now()
    change_threshold("drift", Decimal("0.3"), administrator, LONG)
    RollbackDrill.objects.create(requested_by=administrator, back_ms=900, forward_ms=1_100, processes=2)
    replay = Replay.objects.create(
        day=now.date(),
        model=model,
        requested_by=administrator,
        status="succeeded",
        total=1,
        done=1,
        changed=1,
        finished_at=now,
    )
    ReplayChange.objects.create(
        replay=replay, prediction=prediction, before="review", after="material", material_probability=0.9
    )
    experiment = Experiment.objects.get(status="running")
    RecordedMetric.objects.create(
        experiment=experiment, user=administrator, phase=1, arm=Arm.A, name="minutes", value=9.5, event=LONG
    )
    _write_drift(model)


def _write_drift(model: ModelVersion) -> None:
    binning = {"edges": {}, "labels": {"script": SCRIPTS["bins"]}}
    slice_of = {"model": model, "profile": "general", "kind": "organisation"}
    reference = Reference.objects.create(
        **slice_of, origin="corpus", n=2_000, binning=binning, counts={"script": SCRIPTS["reference"]}
    )
    measures = {"psi": 0.5, "threshold": 0.1, "js": 0.3, "ks": 0.3, "adjusted": 1e-9}
    now = timezone.now()
    DriftReport.objects.create(
        **slice_of,
        span="hour",
        start=now - timedelta(hours=1),
        end=now,
        reference=reference,
        n=250,
        largest_psi=0.5,
        shifted_figures=["script"],
        persistent_figures=["script"],
        drifted=True,
        shifts=[{"figure": "script", "is_significant": True, **measures}],
        plots=[SCRIPTS],
    )
