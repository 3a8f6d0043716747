"""The sentences of the engine as templates, and the wording that writes them in one language.

English is the source: a template is the English sentence, with its parameters in braces. A wording gives the
template in another language; what it does not know stays English. Titles, explanations and missing facts of
categories, cases and profiles (``data/``) have no parameters and are translated whole.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final, NamedTuple

Translate = Callable[[str], str]
"""A text in English, or a template, in another language; unchanged where there is no translation."""


class Sentence(StrEnum):
    """The templates of reasons, notes and explanations; names and registered words are parameters."""

    AVAILABILITY_NOTE = (
        "A register's test of whether a name is free: it says whether the registrar would tell the two names "
        "apart, never whether they are one legal person."
    )
    IDENTICAL_NAMES_NOTE = (
        "Identical names can still belong to different persons: about 1 in 200 register entities shares its "
        "name."
    )
    DISCLOSURE_NOTE = (
        "Disclosure is not identity: a search also discloses filings against other debtors whose names are "
        "equal under the logic."
    )
    CERTIFIED_SEARCH_NOTE = (
        "Equality under the logic is not the practice of an office: offices program it differently, and "
        "Florida has no standard logic. A certified search under the registered name confirms what its index "
        "discloses."
    )
    LOGIC_NOTE = "Read under {logic}."

    KIND_IN_DOUBT = (
        "A person must look: the names may be people's or organisations', and the verdicts differ."
    )
    TOO_COMPLEX = "A person must look: the names are too complex to compare automatically."
    IDENTIFIERS_AGREE = "The identifiers given for both sides agree; they settle who is meant."
    IDENTIFIERS_DIFFER = "The identifiers given for both sides differ; they settle who is meant."
    IDENTIFIERS_CONTRADICT = (
        "A person must look: the names do not differ for this purpose, but the identifiers given with them "
        "do; there may be two parties of one name."
    )
    IDENTIFIERS_FACT = "which of the identifiers are right"
    IDENTICAL = "The names are identical."
    NOTHING_DIFFERS = "Nothing differs but what the profile “{profile}” treats as equal: {titles}."
    MATERIAL = "Another name: {subject}. {explanation}"
    REVIEW = "A person must look: {subject}. {explanation}"
    IMMATERIAL = "The same name in all likelihood: {subject}. {explanation}"
    BOTH_TEXTS = " (“{left}” / “{right}”)"
    ONE_TEXT = " (“{text}” on one side only)"

    MODEL_LOGIC = "the model logic"
    OFFICE_LOGIC = "the logic of {office}"
    NOT_DISCLOSED = (
        "A search under {logic} for one name does not disclose the other: after the step “{step}” {rest}."
    )
    TWO_TEXTS_REMAIN = "“{left}” and “{right}” remain"
    ONE_TEXT_REMAINS = "“{text}” remains of one name and nothing of the other"
    DISCLOSED = "A search under {logic} for either name discloses the other: {equality}."
    ARE_IDENTICAL = "they are identical"
    EQUAL_AFTER_STEP = "nothing differs after the step “{step}”"
    EQUAL_ON_CONDITION = "The names are equal under {logic} only if {condition}. {explanation}"
    EQUAL_BUT_NOT_UNDER = (
        "The names are equal under {logic} ({equality}), but not under {others}, and the office is not known."
    )
    EQUAL_BUT_DISREGARDS = (
        "The names are equal under {logic} ({equality}), but it disregards a difference that can be another "
        "debtor: {subject}. {explanation}"
    )
    OR = " or "

    KIND_FACT = (
        "a register extract or identity document that shows whether a person is meant or an organisation"
    )
    ANY_FACT = "a register extract or identity document for both names"

    NAME_EMPTY = "The name is empty: it needs at least one letter or digit."
    NAME_TOO_LONG = "A name may have at most {most} characters; this one has {count}."

    NO_FORM = "Neither name has a legal form."
    FORM_MISSING = "Only one of the names has a legal form: {form}."
    FORM_COMMON = "Both names have the legal form {form}."
    FORM_SAME = "{left} and {right} are the same legal form."
    FORM_TRANSLATION = (
        "{left} and {right} are used as translations of one another; the registered form decides."
    )
    FORM_MARKER = "{left} and {right} differ by the public, private or liability marker."
    FORM_STACKED = "{left} and {right} differ by a doubled ending, which may be part of the distinctive name."
    FORM_DIFFERENT = "{left} and {right} are different legal forms."
    FORM_SHARED_CODE = "{left} and {right} are different designators of one legal form in that jurisdiction."
    FORM_AMBIGUOUS = "Whether {left} and {right} are the same legal form depends on the jurisdiction."

    ONE_DATE = "One date, written in two ways."
    UNCLEAR_DATE = "The date may be {days}: it depends on whether the month or the day stands first."
    DAY = "{day} {month}"
    CHARACTERS = "Characters that look alike differ: {pairs}. A scanner's error, or a sign of deceit."
    CHARACTER_PAIR = "“{left}” ({left_code}) and “{right}” ({right_code})"
    INVISIBLE_CHARACTER = "{character} is in the name and does not print."
    OPPOSITE_TITLES = "One title tells of a man, the other of a woman: Mr and Mrs of one name are two people."


class Wording(NamedTuple):
    """How sentences are written in one language.

    ``has_capital_nouns`` tells that a title keeps its capital inside a sentence, as German titles do.
    """

    translate: Translate
    has_capital_nouns: bool = False

    def write_title(self, title: str) -> str:
        """Return a title for use inside a sentence: small first letter, unless it is an acronym or a noun."""
        text = self.translate(title)
        if self.has_capital_nouns or text[1:2].isupper():
            return text
        return text[:1].lower() + text[1:]


ENGLISH: Final = Wording(str)
