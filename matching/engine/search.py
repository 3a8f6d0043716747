"""Both names under a filing office's search logic: the same search key or not, and how it came about."""

from __future__ import annotations

from typing import NamedTuple

from matching.engine.person_parse import parse
from matching.engine.person_types import ParsedPerson
from matching.engine.search_logic import SearchLogic, Step, logic_for, organisation_stages, steps
from matching.engine.text import Text, Tokens
from matching.engine.types import Context, Kind


class SearchResult(NamedTuple):
    """Whether a search under one name discloses the other, by which office's logic, step by step."""

    equal: bool
    case_only: bool
    logic: SearchLogic
    steps: tuple[Step, ...]


def search(left: Text, right: Text, kind: Kind, context: Context) -> SearchResult:
    """Apply the logic of the office where the debtor is located; the register side's place decides."""
    sides = (context.jurisdiction_left, context.jurisdiction_right)
    place = sides[1] if context.register == "right" else sides[0] or sides[1]
    logic = logic_for(place)
    case_only = left.raw.casefold() == right.raw.casefold()
    if kind is Kind.INDIVIDUAL and not logic.any_error_fatal:
        one, other = parse(left), parse(right)
        equal = people_equal(one, other, logic)
        return SearchResult(
            equal, case_only, logic, steps(person_stages(one, logic), person_stages(other, logic))
        )
    stages = organisation_stages(left.raw, logic), organisation_stages(right.raw, logic)
    return SearchResult(stages[0][-1][1] == stages[1][-1][1], case_only, logic, steps(*stages))


def person_stages(person: ParsedPerson, logic: SearchLogic) -> list[tuple[str, str]]:
    """Steps from the name as received to its fields; a single name goes in the surname field."""
    surname, given, middle = _fields(person)
    stages = [
        ("as received", person.text.raw),
        ("case ignored, punctuation and accents deleted", " ".join(person.text.keys).upper()),
        ("surname, spaces deleted", surname.upper()),
        (_GIVEN[logic.exact_given], given.upper()),
        (_MIDDLE[logic.middle_initials], " ".join(_shown(middle, logic)).upper()),
    ]
    return [*stages, ("suffix", "disregarded" if logic.ignore_suffix else person.suffix.upper())]


_GIVEN = ("first given name (an initial equals any name beginning with it)", "first given name, exact")
_MIDDLE = ("middle names (an initial, or none, equals any)", "middle names, by their initials")


def _shown(middle: list[str], logic: SearchLogic) -> list[str]:
    return [name[:1] for name in middle] if logic.middle_initials else middle


def _fields(person: ParsedPerson) -> tuple[str, str, list[str]]:
    given = [token.key for token in (*person.given, *person.middle, *person.patronymic)]
    return _joined((*person.particles, *person.surname)), given[0] if given else "", given[1:]


def _joined(tokens: Tokens) -> str:
    return "".join([token.key for token in sorted(set(tokens), key=lambda token: token.start)])


def people_equal(left: ParsedPerson, right: ParsedPerson, logic: SearchLogic) -> bool:
    """Model logic for individuals: surname equal; initials and absent middle names equal any."""
    surname, given, middle = _fields(left)
    other_surname, other_given, other_middle = _fields(right)
    suffixes = logic.ignore_suffix or not (left.suffix and right.suffix) or left.suffix == right.suffix
    middles = all(_middle(one, other, logic) for one, other in zip(middle, other_middle, strict=False))
    first = given == other_given if logic.exact_given else _stands_for(given, other_given)
    return surname == other_surname and first and middles and suffixes


def _middle(one: str, other: str, logic: SearchLogic) -> bool:
    return one[:1] == other[:1] if logic.middle_initials else _stands_for(one, other)


def _stands_for(one: str, other: str) -> bool:
    """Equal, or one is the initial of the other."""
    if one == other:
        return True
    short, long = (one, other) if len(one) < len(other) else (other, one)
    return len(short) == 1 and long.startswith(short)
