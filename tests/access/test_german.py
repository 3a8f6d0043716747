"""In German no text of ours is left in English: every page is shown in both languages, with rows on it.

A text that is the same in both is data, a word that is the same in German, or one that nobody marked.
"""

import re
from collections.abc import Iterable
from html.parser import HTMLParser

import pytest
from django.contrib import admin
from django.test import Client

from accounts.models import Role
from tests.matters.cast import create_member
from tests.matters.walled import MARKER, WalledCase, build_walled_case
from tests.models import installed
from tests.project.test_translations import catalogue
from tests.system.browser.history import fill
from tests.walk import addresses

pytestmark = pytest.mark.django_db

ATTRIBUTES = ("aria-label", "alt", "placeholder", "title", "data-label")
QUOTED = ("script", "style", "template", "code", "pre")
NOT_SHOWN = ("/api/", "/scim/", "/static/", "/metrics")
SENTENCE = re.compile(r"[a-z]{2,}[,;:]? [a-z]+[,;:]? [a-z]{2,}")
"""Three words: what is shorter is mostly an id, a name or a word of both languages."""
DATA = re.compile(
    rf"{MARKER}|^xylophonia quince|^(Six weeks|Trained on six|Largest PSI|The same words are|Access Log)|@"
    r"|Another name: "
    # Names of measured figures, which metrics have too, and what the audit trail tells of an experiment
    r"|^(accuracy|precision|recall) \(labelled|^name: Six weeks"
    # Django's own text, which it does not translate itself
    r"|^Raw passwords are not stored, so there is no way to see the user"
)
"""What the rows of this test, or of the program, say in English."""


class TextReader(HTMLParser):
    """Collects what a person sees or hears of a page, but nothing that is marked as quoted."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: set[str] = set()
        self._quoted: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the attributes say."""
        if tag in QUOTED:
            self._quoted.append(tag)
        self.texts.update(" ".join(value.split()) for name, value in attrs if name in ATTRIBUTES and value)

    def handle_endtag(self, tag: str) -> None:
        """Leave what is quoted."""
        if self._quoted and self._quoted[-1] == tag:
            self._quoted.pop()

    def handle_data(self, data: str) -> None:
        """Note a text."""
        if not self._quoted:
            self.texts.add(" ".join(data.split()))


def read_texts(browser: Client, url: str, language: str) -> set[str]:
    reader = TextReader()
    answer = browser.get(url, headers={"Accept-Language": language})
    if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
        reader.feed(answer.content.decode())
    return reader.texts


def find_english(browser: Client, urls: Iterable[str]) -> dict[str, str]:
    """Return the sentences that are the same in both languages, each with a page that has it."""
    same = {entry.msgid for entry in catalogue("de") if entry.msgid == entry.msgstr}
    found: dict[str, str] = {}
    for url in urls:
        for text in read_texts(browser, url, "en") & read_texts(browser, url, "de") - same:
            if SENTENCE.search(text) and not DATA.search(text):
                found.setdefault(text, url)
    return found


def list_pages(case: WalledCase) -> list[str]:
    def choose(route: str, parameter: str, name: str) -> str:
        """Return the id of a row of the case, else of any row of the model."""
        if known := case.choose_id(route, parameter, name):
            return known
        for model in admin.site._registry:
            if name.startswith(f"{model._meta.app_label}_{model._meta.model_name}_"):
                row = model._default_manager.first()
                return str(row.pk) if row else ""
        return ""

    shown = [page for page in addresses(choose) if "get" in page.methods]
    return [page.url for page in shown if not page.shown.startswith(NOT_SHOWN)]


def test_no_sentence_of_any_page_is_left_in_english() -> None:
    installed()
    case = build_walled_case()
    more = fill("A-Password-Of-This-Test-1")
    browser = Client(raise_request_exception=False)
    browser.force_login(create_member(case.matter, Role.ADMINISTRATOR))
    pages = [*list_pages(case), *more.values()]
    assert len(pages) > 150
    assert find_english(browser, pages) == {}
