"""Answers in another language: every sentence of the engine has one, and says what the English one says."""

from __future__ import annotations

import re
from string import Formatter
from typing import Any

import pytest

from matching.engine import compare
from matching.engine.language.translation import list_texts, translate_answer, translate_text
from matching.engine.language.wording import ENGLISH, Sentence, Wording
from matching.engine.profiles import ALL_PROFILE_IDS
from tests.matching.engine.answers import list_corpus_pairs

TEXTS = frozenset(list_texts())
PAIRS = (
    *list_corpus_pairs()[::3],
    ("Acme GmbH", "Acme Ltd."),
    ("Acme Ltd.", "Acme"),
    ("Acme Trust dated 1/2/2001", "Acme Trust dated January 2, 2001"),
    ("Acme, Inc.", "Аcme, Inc."),
    ("Acme\u200b Holdings Ltd", "Acme Holdings Ltd"),
    ("Mr John Smith", "Mrs John Smith"),
    ("Smith, John", "John Smith"),
    ("Jordan Lake", "Lake Jordan Ltd"),
    ("Acme & Sons LLC", "Acme Sons LLC"),
    ("John Smith Jr.", "John Smith"),
)


def mark(text: str) -> str:
    """A translation that shows which texts it was asked for."""
    return f"<{text}>" if text in TEXTS else text


MARKED = Wording(mark, has_capital_nouns=True)


def answer(left: str, right: str, profile: str) -> dict[str, Any]:
    return {**compare(left, right, profile).to_dict(), "profile": profile}


def sentences_of(found: dict[str, Any]) -> list[str]:
    rows = [item[key] for item in found["differences"] for key in ("title", "explanation")]
    steps = [step["title"] for step in found["steps"]]
    return [found["reason"], *filter(None, [found["missing_fact"]]), *found["notes"], *rows, *steps]


@pytest.mark.parametrize("profile", ALL_PROFILE_IDS)
def test_no_sentence_of_an_answer_is_left_in_english(profile: str) -> None:
    for left, right in PAIRS:
        for sentence in sentences_of(translate_answer(answer(left, right, profile), MARKED)):
            assert sentence.startswith("<"), (left, right, sentence)


@pytest.mark.parametrize("profile", ALL_PROFILE_IDS)
def test_an_answer_translated_into_english_is_the_answer(profile: str) -> None:
    for left, right in PAIRS:
        found = answer(left, right, profile)
        assert translate_answer(found, ENGLISH) == found


def test_a_reason_that_the_facts_do_not_give_stays_as_it_was_stored() -> None:
    found = {
        **answer("Acme Ltd", "Acme Inc", "general"),
        "reason": "Another name: as it was once said.",
    }
    assert translate_answer(found, MARKED)["reason"] == "Another name: as it was once said."


def test_an_answer_without_its_text_after_erasure_stays_empty() -> None:
    found = answer("Acme Ltd", "Acme Inc", "general")
    rows = [{**item, "text1": "", "text2": "", "explanation": ""} for item in found["differences"]]
    erased = {**found, "reason": "", "missing_fact": None, "notes": [], "steps": [], "differences": rows}
    translated = translate_answer(erased, MARKED)
    assert (translated["reason"], translated["missing_fact"]) == ("", None)
    assert [item["explanation"] for item in translated["differences"]] == [""] * len(rows)


def test_names_that_hold_the_words_of_a_template_are_quoted_and_not_read() -> None:
    found = answer("Acme (“a” / “b”). The names are identical. Ltd", "Acme {subject} Ltd", "general")
    translated = translate_answer(found, MARKED)["reason"]
    assert re.sub("[<>]", "", translated).casefold() == found["reason"].casefold()


def test_a_form_that_ends_with_a_full_stop_gets_no_second_one() -> None:
    english = "Only one of the names has a legal form: Ltd."
    german: dict[str, str] = {Sentence.FORM_MISSING: "Nur einer der Namen hat eine Rechtsform: {form}."}
    assert translate_text(english, lambda text: german.get(text, text)) == (
        "Nur einer der Namen hat eine Rechtsform: Ltd."
    )


def test_templates_have_named_parameters_only() -> None:
    named = [name for text in Sentence for _, name, _, _ in Formatter().parse(text) if name is not None]
    assert [name for name in named if not name.isidentifier()] == []
