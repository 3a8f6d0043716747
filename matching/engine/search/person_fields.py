"""The fields of two people's names under search logic: surname, given and middle names, suffix, rest."""

from __future__ import annotations

from typing import Final, NamedTuple

from matching.engine.person.name_order import has_capitalised_surname
from matching.engine.person.types import ParsedPerson
from matching.engine.search_logic import AS_RECEIVED, NormalisationStep, SearchLogic, build_text_key
from matching.engine.text.tokenise import Token, Tokens


class Outcome(NamedTuple):
    """The comparison of two names under one logic.

    ``is_order_assumed`` tells that the names are equal if the one without a comma begins with the surname.
    """

    is_equal: bool
    steps: tuple[NormalisationStep, ...]
    deciding_step: NormalisationStep
    is_order_assumed: bool = False


class _Field(NamedTuple):
    """One field of two people's names, and whether the logic takes its contents for equal."""

    step: NormalisationStep
    is_equal: bool


def compare_search_fields(left: ParsedPerson, right: ParsedPerson, logic: SearchLogic) -> Outcome:
    """Compare two people's names field by field; the first field that differs decides."""
    received = NormalisationStep(AS_RECEIVED, left.text.raw, right.text.raw)
    plain = NormalisationStep(
        _PLAIN_TITLE,
        " ".join([_read_letters(left, token) for token in left.text.tokens]),
        " ".join([_read_letters(right, token) for token in right.text.tokens]),
    )
    fields = _compare_fields(*_choose_readings(left, right, plain), logic)
    steps = (received, plain, *[field.step for field in fields])
    breaking = next((field.step for field in fields if not field.is_equal), None)
    if breaking is None:
        joining = [field.step for field in fields if field.step.left != field.step.right]
        by_spaces = fields[0].step if plain.left != plain.right else plain
        return Outcome(True, steps, joining[-1] if joining else by_spaces)
    is_order_assumed = has_unclear_order(left, right)
    return Outcome(is_order_assumed, steps, breaking, is_order_assumed)


def _choose_readings(
    left: ParsedPerson, right: ParsedPerson, plain: NormalisationStep
) -> tuple[ParsedPerson, ParsedPerson]:
    """Return the names as read; where only case differs, both as the one whose capitals mark the surname.

    A search ignores case, so that GRABOWSKI Ryszard and Grabowski Ryszard cannot have other fields.
    """
    marked = [name for name in (left, right) if has_capitalised_surname(name)]
    if len(marked) == 1 and plain.left == plain.right and left.comma == right.comma:
        return marked[0], marked[0]
    return left, right


def has_unclear_order(left: ParsedPerson, right: ParsedPerson) -> bool:
    """Return whether a comma marks the surname in one of two names of the same words in the same order."""
    return left.comma != right.comma and left.text.keys == right.text.keys


def _compare_fields(left: ParsedPerson, right: ParsedPerson, logic: SearchLogic) -> list[_Field]:
    """Return the fields of both names in the order of the rule; a single name is a surname.

    What is no name of the person (a capacity, an alias, a second person) is text in the field all the same.
    """
    surname, given, middle = _build_search_fields(left)
    other_surname, other_given, other_middle = _build_search_fields(right)
    joined = "".join([given, *middle])
    if joined == "".join([other_given, *other_middle]):  # Mary-Ann, Maryann: spaces are deleted in the field
        given, middle, other_given, other_middle = joined, [], joined, []
    first = given == other_given if logic.exact_given else _is_equal_or_initial(given, other_given)
    middles = all(
        _is_middle_equal(one, other, logic) for one, other in zip(middle, other_middle, strict=False)
    )
    suffixes = logic.ignore_suffix or not (left.suffix and right.suffix) or left.suffix == right.suffix
    rest, other_rest = _list_rest(left), _list_rest(right)
    return [
        _build_field(_SURNAME_TITLE, surname, other_surname, surname == other_surname),
        _build_field(_GIVEN_NAME_TITLES[logic.exact_given], given, other_given, first),
        _build_field(
            _MIDDLE_NAME_TITLES[logic.middle_initials],
            " ".join(_shorten_middle_names(middle, logic)),
            " ".join(_shorten_middle_names(other_middle, logic)),
            middles,
        ),
        _build_field(_SUFFIX_TITLE, *_show_suffixes(left, right, logic), suffixes),
        _build_field(
            _REST_TITLE,
            " ".join(rest),
            " ".join(other_rest),
            "".join(rest) == "".join(other_rest),
        ),
    ]


def _build_field(title: str, left: str, right: str, is_equal: bool) -> _Field:
    return _Field(NormalisationStep(title, left, right), is_equal)


def _show_suffixes(left: ParsedPerson, right: ParsedPerson, logic: SearchLogic) -> tuple[str, str]:
    return (DISREGARDED, DISREGARDED) if logic.ignore_suffix else (left.suffix.upper(), right.suffix.upper())


_GIVEN_NAME_TITLES = (
    "first given name (an initial equals any name beginning with it)",
    "first given name, exact",
)
_MIDDLE_NAME_TITLES = ("middle names (an initial, or none, equals any)", "middle names, by their initials")
_PLAIN_TITLE: Final = "case ignored, punctuation and accents deleted"
_SURNAME_TITLE: Final = "surname, spaces deleted"
_SUFFIX_TITLE: Final = "suffix"
_REST_TITLE: Final = "other words in the name (a capacity, an alias, a second person)"
DISREGARDED: Final = "disregarded"
"""What stands in place of a suffix that the logic disregards."""

FIELD_TITLES = (
    _PLAIN_TITLE,
    _SURNAME_TITLE,
    *_GIVEN_NAME_TITLES,
    *_MIDDLE_NAME_TITLES,
    _SUFFIX_TITLE,
    _REST_TITLE,
)
"""The titles of the steps of a person's name."""


def _shorten_middle_names(middle: list[str], logic: SearchLogic) -> list[str]:
    return [name[:1] for name in middle] if logic.middle_initials else middle


def _build_search_fields(person: ParsedPerson) -> tuple[str, str, list[str]]:
    given = [_read_letters(person, token) for token in (*person.given, *person.middle, *person.patronymic)]
    return _join_letters(person, (*person.particles, *person.surname)), given[0] if given else "", given[1:]


def _read_letters(person: ParsedPerson, token: Token) -> str:
    """Return the letters of a word as received; comparison keys equate spellings that an index does not."""
    return build_text_key(person.text.raw[token.start : token.end])


def _list_rest(person: ParsedPerson) -> list[str]:
    """Return the words that are in no field: neither name nor suffix nor title."""
    parts = (
        person.particles, person.surname, person.given, person.middle, person.patronymic,
        person.suffix_tokens, person.titles, person.postnominals, person.style,
    )  # fmt: skip
    spans = [token.span for part in parts for token in part]
    return [
        _read_letters(person, token)
        for token in person.text.tokens
        if not any(start < token.end and token.start < end for start, end in spans)
    ]


def _join_letters(person: ParsedPerson, tokens: Tokens) -> str:
    ordered = sorted(set(tokens), key=lambda token: token.start)
    return "".join([_read_letters(person, token) for token in ordered])


def _is_middle_equal(one: str, other: str, logic: SearchLogic) -> bool:
    return one[:1] == other[:1] if logic.middle_initials else _is_equal_or_initial(one, other)


def _is_equal_or_initial(one: str, other: str) -> bool:
    """Return whether two names are equal or one is the initial of the other."""
    if one == other:
        return True
    short, long = (one, other) if len(one) < len(other) else (other, one)
    return len(short) == 1 and long.startswith(short)
