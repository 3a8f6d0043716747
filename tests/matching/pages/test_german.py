"""The pages of clients in German: no English sentence is left, and what is quoted stays as it is."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from matching.models import Prediction
from tests.documents import file_of, pdf_file
from tests.people import person, signed_in
from webhooks.endpoints import Subscription, create_endpoint

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("champion")]

ENGLISH = re.compile(
    r"\b([Tt]he|and|of|[Yy]our?|with|from|[Tt]his|that|which|are|is|has|have|[Nn]ot|to|for|by|[Rr]eviewers?|"
    r"difference|verdict|compare|[Ss]ign|search|No)\b"
)
"""Words that an English sentence has and a German one has not."""

QUOTED = frozenset({"script", "style", "code", "pre", "bdi"})
QUOTED_CLASSES = frozenset({"rule", "raw", "quote", "part", "languages", "nav__who", "brand", "quoted"})
SHOWN_ATTRIBUTES = ("aria-label", "placeholder", "title", "alt", "data-label", "data-summary")
GERMAN = {"Accept-Language": "de"}
VOID = frozenset({"input", "link", "meta", "img", "br", "hr", "rect", "path"})
PAIRS = (
    ("Granite Ridge Paving, LLC", "Granite Ridge, L.L.C.", "general"),
    ("Granite Ridge Paving, LLC", "Granite Ridge, L.L.C.", "ucc"),
    ("Müller GmbH", "Mueller AG", "kyc"),
    ("Smith, John", "John Smith Jr.", "ucc"),
    ("Acme Ltd", "ACME LTD", "strict"),
)


class Reader(HTMLParser):
    """Collects what a page says, without what it quotes."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._quoting: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        is_quoted = tag in QUOTED or bool(QUOTED_CLASSES & set((given.get("class") or "").split()))
        self.texts += [value for name in SHOWN_ATTRIBUTES if (value := given.get(name))]
        if tag not in VOID:
            self._quoting.append(is_quoted)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID and self._quoting:
            self._quoting.pop()

    def handle_data(self, data: str) -> None:
        if data.strip() and not any(self._quoting):
            self.texts.append(data.strip())


def english_of(page: str) -> list[str]:
    """The texts of a page that read as English."""
    reader = Reader()
    reader.feed(page)
    texts = [text.replace("Legal Name Comparison", "") for text in reader.texts]
    return [text for text in texts if ENGLISH.search(re.sub(r"„[^“]*“", "", text))]


def shown(browser: Client, path: str, status: int = 200) -> str:
    response = browser.get(path, headers=GERMAN)
    assert response.status_code == status
    assert response["Content-Language"] == "de"
    return str(response.content.decode())


def compare_names(browser: Client, name1: str, name2: str, profile: str) -> str:
    response = browser.post(
        "/", {"name1": name1, "name2": name2, "profile": profile, "kind": "auto"}, headers=GERMAN
    )
    return str(response["Location"])


@pytest.mark.parametrize("path", ["/sign-in", "/password/reset", "/password/reset/sent"])
def test_no_page_before_signing_in_is_in_english(path: str) -> None:
    assert english_of(shown(Client(), path)) == []


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/history",
        "/matters",
        "/keys",
        "/jobs",
        "/verify",
        "/offline",
        "/api/docs",
        "/notifications",
        "/webhooks",
        "/account",
        "/password",
        "/account/authenticator-app",
        "/account/passkeys/add",
    ],
)
def test_no_page_of_a_client_is_in_english(browser: Client, path: str) -> None:
    assert english_of(shown(browser, path)) == []


def test_a_page_that_there_is_not_says_so_in_german(browser: Client) -> None:
    assert english_of(shown(browser, "/nothing", 404)) == []


@pytest.mark.parametrize(("name1", "name2", "profile"), PAIRS)
def test_no_answer_is_in_english(browser: Client, name1: str, name2: str, profile: str) -> None:
    page = shown(browser, compare_names(browser, name1, name2, profile))
    assert english_of(page) == []
    assert "Ergebnis" in page or "Abweichung" in page


def test_figures_of_charts_keep_their_points(browser: Client) -> None:
    page = shown(browser, compare_names(browser, "Granite Ridge Paving", "Granite Rydge Paving", "general"))
    places = re.findall(r'<rect class="(?:against|towards)" x="([^"]*)"', page)
    assert places
    assert [place for place in places if "," in place] == []


def test_a_form_with_mistakes_is_refused_in_german(browser: Client) -> None:
    empty = browser.post("/", {"name1": "", "name2": "?", "jurisdiction1": "nowhere"}, headers=GERMAN)
    assert empty.status_code == 422
    assert english_of(empty.content.decode()) == []
    assert "Der Name ist leer" in empty.content.decode()


def test_a_filtered_history_is_in_german(browser: Client) -> None:
    compare_names(browser, *PAIRS[0])
    page = shown(browser, "/history?verdict=material&created_from=2026-02-02&created_to=2026-01-01", 422)
    assert english_of(page) == []
    assert "Der Zeitraum endet vor seinem Beginn." in page


def test_asking_a_reviewer_is_in_german_from_the_question_to_its_documents(browser: Client) -> None:
    path = compare_names(browser, *PAIRS[0])
    refused = browser.post(f"{path}/ask", {"reason": ""}, headers=GERMAN)
    assert english_of(refused.content.decode()) == []
    browser.post(
        f"{path}/ask",
        {"reason": "Registerauszug", "files": [file_of("auszug.pdf", pdf_file())]},
        headers=GERMAN,
    )
    page = shown(browser, path)
    assert english_of(page) == []
    assert "Wartet auf einen Prüfer" in page


def test_a_webhook_is_shown_in_german(browser: Client, user: User) -> None:
    wanted = Subscription("https://127.0.0.1/hooks", ["prediction.decided"], "")
    endpoint, _ = create_endpoint(user, wanted)
    assert english_of(shown(browser, f"/webhooks/{endpoint.pk}")) == []


def answer_of(client: Any, path: str, **headers: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(path, headers=headers).json()
    return found


def test_an_answer_stored_in_english_is_read_in_either_language() -> None:
    client = signed_in(person())
    sent = {"name1": "Heron Foods GmbH", "name2": "Heron Foods", "profile": "ucc"}
    first = client.post("/api/v1/compare", sent, format="json").json()
    path = f"/api/v1/predictions/{first['id']}"
    german, again = answer_of(client, path, **GERMAN), answer_of(client, path)
    assert again == first
    assert german["reason"].startswith("Der eine Name würde bei einer Suche nach der Modelllogik unter dem")
    assert german["differences"][0]["title"] == "Rechtsform fehlt auf einer Seite"
    same = ("verdict", "confidence", "profile", "decided_by", "name1", "name2", "rules_version", "model")
    assert {key: german[key] for key in same} == {key: first[key] for key in same}
    assert ENGLISH.search(json.dumps(german["notes"])) is None


def test_a_batch_and_all_profiles_answer_in_german() -> None:
    client = signed_in(person())
    pair = {"name1": "Heron Foods GmbH", "name2": "Heron Foods"}
    batch = client.post("/api/v1/compare/batch", {"pairs": [pair]}, format="json", headers=GERMAN)
    assert batch.json()["results"][0]["answer"]["differences"][0]["title"].startswith("Rechtsform")
    everywhere = client.post("/api/v1/compare/profiles", pair, format="json", headers=GERMAN).json()
    reasons = [row["reason"] for row in everywhere["profiles"]]
    assert [reason for reason in reasons if ENGLISH.search(re.sub(r"„[^“]*“", "", reason))] == []


def test_names_that_cannot_be_compared_are_refused_in_german() -> None:
    client = signed_in(person())
    refusal = client.post("/api/v1/compare", {"name1": "?", "name2": "Heron"}, format="json", headers=GERMAN)
    assert refusal.json()["errors"][0]["message"].startswith("Der Name ist leer")
    assert Prediction.objects.count() == 0
