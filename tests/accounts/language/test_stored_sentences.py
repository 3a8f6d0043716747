"""Stored English sentences are translated where they are shown, from their own parameters alone."""

import pytest
from django.utils import translation

from accounts.language.stored_sentences import translate_sentence
from modelops.sentences import GateSentence, TrainingSentence

TEMPLATES = (*GateSentence, *TrainingSentence)


def in_german(text: str) -> str:
    with translation.override("de"):
        return translate_sentence(text, TEMPLATES)


def test_numbers_get_the_form_of_the_language() -> None:
    stored = GateSentence.MISSED_MATERIAL.format(n=12_345, share=0.0123, low=0.01, high=0.02, allowed=0.05)
    assert translate_sentence(stored, TEMPLATES) == stored
    assert in_german(stored).replace("\N{NO-BREAK SPACE}", " ") == (
        "Von 12.345 Zeilen, die das Modell als unwesentlich entscheidet, sind 1,23 % wesentlich "
        "(95 %: 1,00 % bis 2,00 %; erlaubt: 5 %)."
    )


def test_a_number_that_is_none_is_translated_with_its_sentence() -> None:
    nothing = float("nan")
    stored = GateSentence.CALIBRATION.format(error=nothing, allowed=0.05, n=0, chance=nothing)
    assert in_german(stored).startswith("Kalibrierungsfehler nan; höchstens 0,050")


def test_quoted_text_keeps_its_points_and_commas() -> None:
    assert in_german("2 of 45 broken: o-1.5, p,2.") == "2 von 45 nicht bestanden: o-1.5, p,2."


def test_sentences_inside_of_a_sentence_are_translated_too() -> None:
    labels = TrainingSentence.WAITING_LABELS.format(n=1_200)
    condition = TrainingSentence.CONDITION.format(condition="feedback", sentence=labels)
    obstacles = f"{TrainingSentence.NO_LABEL}; {TrainingSentence.COOLDOWN.format(hours=6.5)}"
    stored = TrainingSentence.OBSTRUCTED.format(
        obstacle_sentences=obstacles, condition_sentences=f"{condition}; {condition}"
    )
    assert in_german(stored) == (
        "Nicht jetzt (es gibt kein neues Label; das letzte Training ist weniger als 6,5 Stunden her), obwohl "
        "feedback: 1.200 noch nicht verwendete Labels; feedback: 1.200 noch nicht verwendete Labels."
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "We need this for the audit.",
        "Not now (a person said so), though feedback: no new label.",
        "All x hold.",
        f"{'x and ' * 700}y: the stored bytes were altered",  # too long to be read back in little time
    ],
)
def test_what_people_wrote_and_what_is_half_known_stays_as_it_is(text: str) -> None:
    assert in_german(text) == text
