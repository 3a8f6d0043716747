"""The catalogues are complete: every text of pages, letters and answers in every language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import polib
import pytest
from django.utils import translation
from django.utils.dates import MONTHS

from accounts.models import Language
from deploy.messages import LOCALE, PLURAL_FORMS, Text, collect_texts
from tests.project.test_house_rules import ROOT

BRACE_PARAMETER = re.compile(r"\{(\w+(?::[^{}]+)?)\}")
PERCENT_PARAMETER = re.compile(r"%\((\w+)\)[sd]")
TAG = re.compile(r"</?[a-z][^>]*>")
LANGUAGES = tuple(PLURAL_FORMS)


@cache
def texts() -> tuple[Text, ...]:
    return tuple(collect_texts())


@cache
def catalogue(language: str) -> polib.POFile:
    return polib.pofile(str(LOCALE / language / "LC_MESSAGES" / "django.po"))


def translations(language: str) -> Iterator[tuple[str, str]]:
    """Every text beside its translation; the translations of a plural beside its singular and plural."""
    for entry in catalogue(language):
        for form, text in entry.msgstr_plural.items():
            yield (entry.msgid_plural if form else entry.msgid), text
        if not entry.msgid_plural:
            yield entry.msgid, entry.msgstr


def parameters(text: str) -> list[str]:
    return sorted({*BRACE_PARAMETER.findall(text), *PERCENT_PARAMETER.findall(text)})


def test_every_language_but_english_has_a_catalogue() -> None:
    assert {Language.ENGLISH, *LANGUAGES} == set(Language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_holds_the_texts_that_there_are_and_no_others(language: str) -> None:
    known = {(entry.msgid, entry.msgid_plural or "") for entry in catalogue(language)}
    plurals = {text.singular for text in texts() if text.plural}
    found = {(text.singular, text.plural) for text in texts() if text.plural or text.singular not in plurals}
    assert (found - known, known - found) == (set(), set()), "run make messages"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_cites_the_numbers_of_its_text(language: str) -> None:
    """A text that got the translation of its neighbour cites another rule."""
    assert [text for text, shown in translations(language) if numbers(text) != numbers(shown)] == []


def numbers(text: str) -> list[str]:
    return sorted(re.findall(r"(?<![a-z])\d+", re.sub(r"(?<=\d)[.,](?=\d{3}\b)", "", text)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_without_a_translation_or_in_doubt(language: str) -> None:
    open_entries = [entry.msgid for entry in catalogue(language) if entry.fuzzy or not entry.translated()]
    assert open_entries == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_parameters_and_the_tags_of_its_text(language: str) -> None:
    for text, translated in translations(language):
        assert parameters(text) == parameters(translated), text
        assert sorted(TAG.findall(text)) == sorted(TAG.findall(translated)), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_begins_and_ends_as_its_text(language: str) -> None:
    for text, translated in translations(language):
        ends = [(part[:1].isspace(), part[-1:].isspace(), part[-1:] in ".:?") for part in (text, translated)]
        assert ends[0] == ends[1], text


@pytest.mark.parametrize("language", LANGUAGES)
def test_months_are_those_of_django(language: str) -> None:
    own = dict(translations(language))
    with translation.override("en"):
        english = [str(month) for month in MONTHS.values()]
    with translation.override(language):
        assert [own[month] for month in english] == [str(month) for month in MONTHS.values()]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_that_of_the_source(language: str) -> None:
    compiled = {
        (entry.msgid, entry.msgstr, tuple(entry.msgstr_plural.values()))
        for entry in polib.mofile(str(LOCALE / language / "LC_MESSAGES" / "django.mo"))
    }
    source = {
        (entry.msgid, entry.msgstr, tuple(entry.msgstr_plural.values())) for entry in catalogue(language)
    }
    assert compiled == source, "run make messages"


def test_the_glossary_of_languages_names_each_language() -> None:
    page = (ROOT / "docs" / "languages.md").read_text(encoding="utf-8")
    assert [label for label in Language.labels if label not in page] == []
