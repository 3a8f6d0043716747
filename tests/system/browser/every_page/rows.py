"""A row for every page that shows one, in a running product: long names, and names read from the right.

It runs inside the product, after its people moved in.
"""

from datetime import timedelta

from django.utils import timezone

from accounts.auth.users import issue_api_key, revoke_api_key, update_user
from accounts.models import User
from feedback.guideline.service import get_guideline_in_force, start_draft
from feedback.models import ReviewItem
from feedback.requests.messages import ask_requester
from feedback.requests.service import request_review
from feedback.review.decisions import submit_client_feedback, submit_decision
from feedback.review.gold import KnownAnswer, add_gold_item
from matching.compare.request import CompareRequest
from matching.compare.service import compare_and_store
from matching.jobs.uploads import drafts
from matching.models import Prediction
from matters.models import Matter
from matters.service import add_member, close_matter, create_matter
from tests.documents import store_document
from tests.jobs import csv_file, job_of, worked_off
from tests.system.browser.people import ANNA, BEN, CLIENT, LEA
from webhooks.endpoints import Subscription, create_endpoint

LONG = (
    "Vereinigte Westfälische Grundstücksverwaltungs- und Beteiligungsgesellschaft mbH & Co. KGaA",
    "Vereinigte Westfaelische Grundstuecksverwaltungs- und Beteiligungsgesellschaft mbH & Co. KG auf Aktien",
)
ARABIC = ("شركة النخيل للتجارة العامة والمقاولات ذ.م.م", "شركه النخيل للتجاره العامه والمقاولات")
HEBREW = ("חברת הדקל למסחר בינלאומי בע״מ", "חברת הדקל למסחר בע״מ")
JAPANESE = ("株式会社ハーバー銀行", "Harbour Bank K.K.")
PAIRS = (LONG, ARABIC, HEBREW, JAPANESE, ("Larkspur Shipping, Inc.", "Larkspur Shipping Incorporated"))
_PEOPLE = {
    CLIENT: "مكتب الشيخ عبد الرحمن بن عبد العزيز للمحاماة",
    ANNA: "Anna-Maximiliane Freifrau von und zu Adlersberg-Lichtenstein",
    BEN: "בן־ציון ברוך",
}


def fill() -> None:
    """Write the rows."""
    for email, name in _PEOPLE.items():
        update_user(_find(email), {"name": name}, None)
    client, lead = _find(CLIENT), _find(LEA)
    matter = _open_matters(client)
    predictions = [compare_and_store(client, CompareRequest(*pair), matter=None) for pair in PAIRS]
    compare_and_store(client, CompareRequest(*LONG, profile="kyc"), matter=matter)
    _write_guideline_and_gold(lead)
    _review(predictions, client)
    _send_files(client)
    _connect_programs(client)


def _find(email: str) -> User:
    return User.objects.get(email=email)


def _open_matters(client: User) -> Matter:
    matter = create_matter(client, "HARBOUR-BANK-GROUP-2026", "0417.ACQUISITION_OF_LARKSPUR", " ".join(LONG))
    add_member(matter, ANNA, client)
    add_member(matter, BEN, client, is_manager=True)
    close_matter(create_matter(client, "HB", "1"), client)
    return matter


def _write_guideline_and_gold(lead: User) -> None:
    for pair, material in ((LONG, False), (HEBREW, True)):
        add_gold_item(lead, *pair, "general", KnownAnswer(material, f"The register says so of {pair[0]}."))
    draft = start_draft(lead, "2027.1")
    clause = draft.clauses.earliest("position")
    clause.text = f"{clause.text} A name such as {ARABIC[0]} is read from the right."
    clause.save()


def _review(predictions: list[Prediction], client: User) -> None:
    """Leave one item of each kind: decided, in dispute, with a question; and an objection."""
    guideline, _ = get_guideline_in_force()
    for prediction in predictions:
        request_review(prediction, client, f"Is this one party? The file says {prediction.name1}.")
        store_document(prediction, name="handelsregisterauszug-vereinigte-westfälische-2026-11-28.pdf")
    for email, material in ((ANNA, False), (BEN, True)):
        reviewer = _find(email)
        for _ in predictions[:2]:
            if item := ReviewItem.objects.claim(reviewer, timezone.now(), False):
                version = guideline.version if guideline else ""
                submit_decision(item, reviewer, material, "As the register says.", guideline_version=version)
    if item := ReviewItem.objects.claim(_find(ANNA), timezone.now(), False):
        ask_requester(item, _find(ANNA), f"Which register has {item.prediction.name1}?", park=True)
    objected = compare_and_store(client, CompareRequest(*ARABIC, profile="kyc"))
    submit_client_feedback(
        client, objected, not objected.prediction, feedback_text="Our file says otherwise."
    )


def _send_files(client: User) -> None:
    worked_off(job_of(client, csv_file(PAIRS * 8), "counterparties-of-the-harbour-bank-group-2026-11-28.csv"))
    drafts.keep_text(client, "\n".join("\t".join(pair) for pair in PAIRS))


def _connect_programs(client: User) -> None:
    soon = timezone.now() + timedelta(days=3)
    issue_api_key(
        client, "Onboarding of counterparties, production, second data centre", client, expires_at=soon
    )
    revoke_api_key(issue_api_key(client, "Test", client)[0], client)
    address = "https://receiver.example/a/rather/long/address/of/a/receiver/of/messages"
    create_endpoint(client, Subscription(address, ["job.finished"], "Onboarding of counterparties"))
