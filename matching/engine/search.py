"""The search logic of a filing office applied to a pair: whether one name finds the other, step by step."""

from __future__ import annotations

from typing import NamedTuple

from matching.engine.person.parse import parse_person
from matching.engine.person.types import ParsedPerson
from matching.engine.search_logic import (
    NormalisationStep,
    SearchLogic,
    build_organisation_stages,
    get_search_logic,
    pair_stages,
)
from matching.engine.text.tokenise import TokenisedName, Tokens
from matching.engine.types import Context, Kind


class SearchResult(NamedTuple):
    """Whether a search under one name discloses the other, by which logic, in which steps.

    ``is_case_only`` tells that the texts as received differ at most by case.
    """

    is_equal: bool
    is_case_only: bool
    logic: SearchLogic
    steps: tuple[NormalisationStep, ...]


def apply_search_logic(
    left: TokenisedName, right: TokenisedName, kind: Kind, context: Context
) -> SearchResult:
    """Apply the logic of the office where the debtor is located, the jurisdiction of the registered name."""
    sides = (context.jurisdiction_left, context.jurisdiction_right)
    place = sides[1] if context.register == "right" else sides[0] or sides[1]
    logic = get_search_logic(place)
    case_only = left.raw.casefold() == right.raw.casefold()
    if kind is Kind.INDIVIDUAL and not logic.any_error_fatal:
        one, other = parse_person(left), parse_person(right)
        equal = are_people_equal(one, other, logic)
        return SearchResult(
            equal,
            case_only,
            logic,
            pair_stages(build_person_stages(one, logic), build_person_stages(other, logic)),
        )
    stages = build_organisation_stages(left.raw, logic), build_organisation_stages(right.raw, logic)
    return SearchResult(stages[0][-1][1] == stages[1][-1][1], case_only, logic, pair_stages(*stages))


def build_person_stages(person: ParsedPerson, logic: SearchLogic) -> list[tuple[str, str]]:
    """Return the steps from the name as received to its fields; a single name is a surname."""
    surname, given, middle = _build_search_fields(person)
    stages = [
        ("as received", person.text.raw),
        ("case ignored, punctuation and accents deleted", " ".join(person.text.keys).upper()),
        ("surname, spaces deleted", surname.upper()),
        (_GIVEN_NAME_TITLES[logic.exact_given], given.upper()),
        (_MIDDLE_NAME_TITLES[logic.middle_initials], " ".join(_shorten_middle_names(middle, logic)).upper()),
    ]
    return [*stages, ("suffix", "disregarded" if logic.ignore_suffix else person.suffix.upper())]


_GIVEN_NAME_TITLES = (
    "first given name (an initial equals any name beginning with it)",
    "first given name, exact",
)
_MIDDLE_NAME_TITLES = ("middle names (an initial, or none, equals any)", "middle names, by their initials")


def _shorten_middle_names(middle: list[str], logic: SearchLogic) -> list[str]:
    return [name[:1] for name in middle] if logic.middle_initials else middle


def _build_search_fields(person: ParsedPerson) -> tuple[str, str, list[str]]:
    given = [token.key for token in (*person.given, *person.middle, *person.patronymic)]
    return _join_keys((*person.particles, *person.surname)), given[0] if given else "", given[1:]


def _join_keys(tokens: Tokens) -> str:
    return "".join([token.key for token in sorted(set(tokens), key=lambda token: token.start)])


def are_people_equal(left: ParsedPerson, right: ParsedPerson, logic: SearchLogic) -> bool:
    """Return whether two people are equal: same surname; initials and absent middle names equal any."""
    surname, given, middle = _build_search_fields(left)
    other_surname, other_given, other_middle = _build_search_fields(right)
    suffixes = logic.ignore_suffix or not (left.suffix and right.suffix) or left.suffix == right.suffix
    middles = all(
        _is_middle_equal(one, other, logic) for one, other in zip(middle, other_middle, strict=False)
    )
    first = given == other_given if logic.exact_given else _is_equal_or_initial(given, other_given)
    return surname == other_surname and first and middles and suffixes


def _is_middle_equal(one: str, other: str, logic: SearchLogic) -> bool:
    return one[:1] == other[:1] if logic.middle_initials else _is_equal_or_initial(one, other)


def _is_equal_or_initial(one: str, other: str) -> bool:
    """Return whether two names are equal or one is the initial of the other."""
    if one == other:
        return True
    short, long = (one, other) if len(one) < len(other) else (other, one)
    return len(short) == 1 and long.startswith(short)
