"""From a question or a file to its answer by a person and by precedent, with real receivers."""

import csv
import io
import json
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.documents import pdf_file
from tests.receivers import Hook, Mailbox, http_receiver, mail_server
from tests.system.browser.people import ANNA, CLIENT, move_in, sign_in_at
from tests.system.browser.product import Product, product
from tests.system.browser.test_review import decide, take
from tests.system.browser.test_workspace import compare
from tests.webhooks.customers import open_message

PAIR = ("Larkspur Kiln Works", "Larkspur Kiln Works, Inc.")
PATIENCE = 120.0
_PUBLISH = """
import json
from accounts.models import User
from feedback.guideline.service import publish_guideline, start_draft
lead = User.objects.get(email="lea@example.com")
draft = start_draft(lead, "of the next year")
draft.clauses.update(text="It reads otherwise now.")
publish_guideline(draft, lead)
print(json.dumps("done"))
"""


class Office(NamedTuple):
    """A product whose letters and webhooks arrive somewhere."""

    running: Product
    mailbox: Mailbox
    address: str
    hook: Hook


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """The whole product with a mail server and a receiver; decisions are final at once."""
    with mail_server(tmp_path) as (port, mailbox), http_receiver() as (address, hook):
        environment = {
            "DECISION_UNDO_MINUTES": "0",
            "EMAIL_HOST": "localhost",
            "EMAIL_PORT": str(port),
            "EMAIL_USER": "office",
            "EMAIL_PASSWORD": "letmein",
            "SSL_CERT_FILE": str(tmp_path / "certificate.pem"),
            "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
        }
        with product(secrets.token_urlsafe(16), **environment) as running:
            move_in(running)
            yield Office(running, mailbox, address, hook)


def enter(browser: Browser, running: Product, email: str, path: str) -> Page:
    """Sign somebody in, in a browser of their own."""
    page = browser.new_context(accept_downloads=True).new_page()
    sign_in_at(page, running, email, path)
    return page


def wait_until(happened: Callable[[], bool], what: str) -> None:
    """Wait for something that a worker does; fails where it never comes."""
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, f"never came: {what}"
        time.sleep(0.3)


def test_an_answer_comes_back_by_person_by_precedent_and_is_asked_again(
    office: Office, browser: Browser
) -> None:
    running = office.running
    client = enter(browser, running, CLIENT, "/notifications")
    ask_for_letters(client)
    client.goto(f"{running.base}/webhooks")
    secret = subscribe(client, office.address)
    client.goto(running.base)
    compare(client, *PAIR)
    expect(client.locator(".verdict h2").first).to_contain_text("A person must look")
    ask_reviewer(client)
    decide_blind(enter(browser, running, ANNA, "/admin/feedback/reviewitem/queue/"))
    assert "Larkspur" not in await_letter(office)
    told = await_message(office, secret)
    assert (told["type"], told["data"]["verdict"]) == ("prediction.decided", "material")
    assert client.url.endswith(told["data"]["prediction"])
    client.reload()
    expect(client.locator("#decision")).to_have_text("Reviewers: Material")
    assert read_report(client)["decision"]["verdict"] == "material"

    client.goto(running.base)
    compare(client, *reversed(PAIR))
    expect(client.locator("#decision")).to_have_text("Precedent: Material")

    send_file_to_reviewers(client, running)
    decide_row(enter(browser, running, ANNA, "/admin/feedback/reviewitem/queue/"))
    assert [row["review_verdict"] for row in read_decided_file(client)] == ["material", ""]

    running.python(_PUBLISH)
    client.goto(running.base)
    compare(client, *PAIR)
    expect(client.locator(".verdict h2").first).to_contain_text("A person must look")
    expect(client.locator("#decision")).to_have_count(0)


def ask_for_letters(page: Page) -> None:
    """Choose to be told of decisions by e-mail, at once."""
    page.select_option("#id_decision_made", "at_once")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#id_decision_made")).to_have_value("at_once")


def subscribe(page: Page, address: str) -> str:
    """Make a webhook that is told of decisions; return its secret."""
    page.fill("#url", address)
    page.check("input[name=events][value='prediction.decided']")
    page.get_by_role("button", name="Create and show the secret").click()
    return page.input_value("#secret")


def ask_reviewer(page: Page) -> None:
    """Ask a reviewer about the comparison on the page, with a document."""
    page.fill("#request_reason", "Which company signed the deed?")
    document = {"name": "extract.pdf", "mimeType": "application/pdf", "buffer": pdf_file()}
    page.set_input_files("#request_files", document)  # type: ignore[arg-type]
    page.get_by_role("button", name="Ask a reviewer").click()
    expect(page.get_by_text("extract.pdf").first).to_be_visible()


def decide_blind(page: Page) -> None:
    """Decide on the item without the model's answer and without the requester's reason."""
    take(page)
    expect(page.get_by_text("extract.pdf").first).to_be_visible()
    assert "Which company signed" not in page.content()
    decide(page, "2", "The register holds two companies")


def send_file_to_reviewers(page: Page, running: Product) -> None:
    """Have a file compared, and ask reviewers to decide the row that needs a person."""
    content = 'name1,name2\nQuince Kiln Works,"Quince Kiln Works, Inc."\nHeron Ltd,HERON LTD\n'
    page.goto(f"{running.base}/jobs")
    file = {"name": "pairs.csv", "mimeType": "text/csv", "buffer": content.encode()}
    page.set_input_files("#job_file", file)  # type: ignore[arg-type]
    page.get_by_role("button", name="Next: choose the columns").click()
    page.get_by_role("button", name="Compare the file").click()
    page.get_by_role("link", name="Send rows to reviewers").click(timeout=PATIENCE * 1000)
    page.fill("#reason", "Which of them signed?")
    page.get_by_role("button", name="Show what would be sent").click()
    page.get_by_role("button", name="Send 1 row to reviewers").click()
    expect(page.locator("#reviews + dl")).to_contain_text("With reviewers")


def decide_row(page: Page) -> None:
    """Decide on the row of the file."""
    take(page)
    expect(page.get_by_text("Quince Kiln Works, Inc.").first).to_be_visible()
    decide(page, "2", "The register holds two companies")


def read_decided_file(page: Page) -> list[dict[str, str]]:
    """Take the result with the decisions once the page counts one, and return its rows."""
    page.reload()
    expect(page.get_by_role("link", name="1", exact=True)).to_be_visible()
    with page.expect_download() as taken:
        page.get_by_role("link", name="Download with the decisions").click()
    return list(csv.DictReader(io.StringIO(taken.value.path().read_text(encoding="utf-8"))))


def await_letter(office: Office) -> str:
    """Return the letter to the client."""
    wait_until(lambda: any(to == CLIENT for to, _ in office.mailbox.letters), "the letter")
    return next(text for to, text in office.mailbox.letters if to == CLIENT)


def await_message(office: Office, secret: str) -> dict[str, Any]:
    """Return what the webhook told, its signature checked; it names nobody."""
    wait_until(lambda: bool(office.hook.posts), "the message of the webhook")
    assert all(b"Larkspur" not in body for _, body in office.hook.posts)
    return open_message(secret, office.hook.posts[-1])


def read_report(page: Page) -> dict[str, Any]:
    """Take the signed report of the answer on the page."""
    with page.expect_download() as taken:
        page.click("text=Signed JSON")
    report: dict[str, dict[str, Any]] = json.loads(taken.value.path().read_text(encoding="utf-8"))
    return report["content"]
