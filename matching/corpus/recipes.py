"""What is made, how often and with which label: the table of the corpus.

``material`` follows profile ``general``. Where that profile asks for a person (*review*), the label says
what such a pair usually turns out to be and ``weight`` is small, so that the probability leans and the rule
decides. ``share`` is how many pairs of it a full corpus has.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from matching.corpus import organisation_changes as change
from matching.corpus import organisation_edits as edit
from matching.corpus import person_edits as human
from matching.corpus import scripts, surface
from matching.corpus.organisations import Organisation, number, organisation
from matching.corpus.people import Person, given_name, person
from matching.corpus.vocabulary import Draw

Made = tuple[str, str, str]
"""Left name, right name, and the base name both come from (the entity)."""


class Recipe(NamedTuple):
    """One row of the table: a category, its label, how often, how heavy, and the function that makes a
    pair.
    """

    category: str
    kind: str
    material: bool
    share: int
    weight: float
    make: Callable[[Draw], Made | None]


OrganisationEdit = Callable[[Draw, Organisation], Organisation | None]
PersonEdit = Callable[[Draw, Person], Person | None]


def _organisation(
    made: OrganisationEdit, then: OrganisationEdit | None = None, **fixed: Any
) -> Callable[[Draw], Made | None]:
    def make(draw: Draw) -> Made | None:
        parts = {key: value(draw) if callable(value) else value for key, value in fixed.items()}
        left = organisation(draw, **parts)
        right = made(draw, left)
        right = then(draw, right) if right and then else right
        return None if right is None else (left.text(), right.text(), " ".join(left.core))

    return make


def _person(made: PersonEdit, then: PersonEdit | None = None, **fixed: Any) -> Callable[[Draw], Made | None]:
    def make(draw: Draw) -> Made | None:
        parts = {key: value(draw) if callable(value) else value for key, value in fixed.items()}
        left = person(draw, **parts)
        right = made(draw, left)
        right = then(draw, right) if right and then else right
        return None if right is None else (left.text(), right.text(), f"{left.given} {left.surnames[0]}")

    return make


def _scripted(
    make: Callable[[Draw, bool], tuple[str, str] | None], material: bool
) -> Callable[[Draw], Made | None]:
    def made(draw: Draw) -> Made | None:
        pair = make(draw, material)
        return None if pair is None else (*pair, pair[0])

    return made


def _plain(draw: Draw) -> Made:
    name = organisation(draw).text()
    return name, edit.rewritten(draw, name)[0], name


def _truncated(draw: Draw) -> Made | None:
    left = organisation(draw).text()
    right = edit.truncated(draw, left)
    return None if right is None else (left, right, left)


def _plain_person(draw: Draw) -> Made:
    who = person(draw)
    return (
        who.text(),
        surface.rewrite(draw, who.text(), "individual")[0],
        f"{who.given} {who.surnames[0]}",
    )


_SHORT = ("Axo", "Bolt", "Cora", "Dyn", "Elan", "Nova", "Orix", "Pax", "Rho", "Tal", "Vim", "Zeo")


def _short(draw: Draw) -> tuple[str, ...]:
    return (draw.acronym(1, 4) if draw.chance(0.6) else draw.one(_SHORT),)


def _accented(draw: Draw) -> tuple[str, ...]:
    plain = draw.one(list("aou"))
    return (f"{draw.one(list('BGHKLMRST'))}{draw.stem().lower().replace(plain, 'äöü'['aou'.index(plain)])}",)


def _ampersand(draw: Draw) -> tuple[str, ...]:
    return (draw.surname(), "&", draw.one(["Sons", "Co", "Partners", draw.surname(), draw.surname()]))


def _two(draw: Draw) -> tuple[str, ...]:
    return draw.one(draw.words.rare), draw.one([draw.stem(), draw.one(draw.words.rare)])


def _acronym(draw: Draw) -> tuple[str, ...]:
    return (draw.acronym(2, 4),)


def _homophone(draw: Draw) -> tuple[str, ...]:
    return (
        draw.words.homophones[draw.random.randrange(len(draw.words.homophones))][draw.random.randrange(2)],
        draw.stem(),
    )


def _plain_number(draw: Draw) -> str:
    return draw.one(["II", "2", "Two", "III", "3", "Four", "IV", "5", "VI", "8"])


def _double(draw: Draw) -> str:
    return draw.one(["hispanic", "lusophone"])


def _romanised(draw: Draw) -> str:
    return draw.one(["russian", "arabic", "arabic", "chinese", "korean", "japanese", "indian"])


def _middle(draw: Draw) -> tuple[str, ...]:
    return (given_name(draw, draw.words.cultures["english"]),)


def _middle_any(draw: Draw) -> tuple[str, ...]:
    return (draw.one([_middle(draw)[0], f"{_middle(draw)[0][0]}."]),)


def _suffix(draw: Draw) -> str:
    return draw.one(draw.words.suffixes)


def _nicknamed(draw: Draw) -> str:
    return draw.one(list(draw.words.nicknames))


def _spelt(draw: Draw) -> str:
    return draw.one([word for group in draw.words.spellings for word in group])


ORG, WHO = "organisation", "individual"

ORGANISATIONS = (
    Recipe("O01", ORG, False, 3_000, 1.0, _plain),
    Recipe("O02", ORG, False, 1_500, 1.0, _organisation(edit.joined, core=_two)),
    Recipe("O03", ORG, False, 1_000, 1.0, _organisation(edit.dotted, core=_acronym)),
    Recipe("O03", ORG, False, 700, 1.0, _organisation(edit.spaced_code, number=number)),
    Recipe("O04", ORG, False, 1_200, 1.0, _organisation(edit.ampersand, core=_ampersand)),
    Recipe("O05", ORG, True, 1_000, 0.7, _organisation(change.and_dropped, core=_ampersand)),
    Recipe("O06", ORG, False, 800, 1.0, _organisation(edit.digraph, core=_accented)),
    Recipe("O07", ORG, False, 1_000, 1.0, _organisation(edit.article)),
    Recipe("O08", ORG, False, 36_000, 0.5, _organisation(edit.form_spelling)),
    Recipe("O08+O15", ORG, False, 2_500, 0.6, _organisation(edit.form_spelling, edit.abbreviated)),
    Recipe("O08+O17", ORG, False, 1_500, 0.6, _organisation(edit.form_spelling, edit.generic_misprint)),
    Recipe("O09", ORG, False, 3_000, 0.7, _organisation(edit.form_in_full)),
    Recipe("O10", ORG, True, 27_000, 0.5, _organisation(change.form_swap)),
    Recipe("O10+O15", ORG, True, 1_000, 0.6, _organisation(change.form_swap, edit.abbreviated)),
    Recipe("O10+O17", ORG, True, 1_000, 0.6, _organisation(change.form_swap, edit.generic_misprint)),
    Recipe("O11", ORG, False, 2_000, 0.3, _organisation(edit.form_missing)),
    Recipe("O12", ORG, False, 800, 0.3, _organisation(edit.form_stacked)),
    Recipe("O13", ORG, True, 3_000, 0.6, _organisation(change.public_private)),
    Recipe("O14", ORG, True, 1_000, 0.8, _organisation(change.noise_in_middle)),
    Recipe("O15", ORG, False, 3_500, 0.8, _organisation(edit.abbreviated)),
    Recipe("O16", ORG, True, 800, 0.6, _organisation(change.acronym)),
    Recipe("O17", ORG, False, 3_000, 0.8, _organisation(edit.generic_misprint)),
    Recipe("O18", ORG, False, 4_000, 0.5, _organisation(edit.long_misprint)),
    Recipe("O18", ORG, True, 4_000, 0.8, _organisation(change.letter, core=_short)),
    Recipe("O18", ORG, True, 1_500, 0.6, _organisation(change.other_start)),
    Recipe("O19", ORG, True, 500, 0.3, _organisation(change.homophone, core=_homophone)),
    Recipe("O20", ORG, True, 4_500, 1.0, _organisation(change.sibling_number, number=number)),
    Recipe("O20", ORG, True, 1_500, 1.0, _organisation(change.sibling_number, number="")),
    Recipe("O20", ORG, True, 1_500, 1.0, _organisation(change.number_dropped, number=number)),
    Recipe(
        "O20+O08",
        ORG,
        True,
        1_500,
        1.0,
        _organisation(change.sibling_number, edit.form_spelling, number=number),
    ),
    Recipe("O21", ORG, False, 2_000, 1.0, _organisation(edit.number_notation, number=_plain_number)),
    Recipe("O22", ORG, True, 2_500, 1.0, _organisation(change.place_added)),
    Recipe("O23", ORG, False, 600, 0.4, _organisation(edit.domestic_note)),
    Recipe("O24", ORG, True, 3_000, 1.0, _organisation(change.role_added)),
    Recipe("O24+O08", ORG, True, 1_000, 1.0, _organisation(change.role_added, edit.form_spelling)),
    Recipe("O25", ORG, True, 4_500, 1.0, _organisation(change.word_added)),
    Recipe("O25", ORG, True, 3_000, 1.0, _organisation(change.word_dropped)),
    Recipe("O25+O08", ORG, True, 2_000, 1.0, _organisation(change.word_added, edit.form_spelling)),
    Recipe("O25+O18", ORG, True, 800, 1.0, _organisation(change.word_added, edit.long_misprint)),
    Recipe("O26", ORG, True, 3_500, 1.0, _organisation(change.word_replaced)),
    Recipe("O26", ORG, True, 4_000, 1.0, _organisation(change.other_core)),
    Recipe("O26", ORG, True, 1_500, 1.0, _organisation(change.one_core_word, core=_two)),
    Recipe("O26", ORG, True, 1_500, 1.0, _organisation(change.unrelated)),
    Recipe("O27", ORG, False, 1_200, 0.4, _organisation(edit.word_order)),
    Recipe("O28", ORG, False, 1_500, 0.4, _organisation(edit.plural)),
    Recipe("O29", ORG, False, 1_500, 0.8, _organisation(edit.trade_name)),
    Recipe("O30", ORG, True, 600, 1.0, _organisation(change.trade_name_alone)),
    Recipe("O31", ORG, True, 1_200, 0.8, _organisation(change.former_name)),
    Recipe("O32", ORG, True, 1_500, 1.0, _organisation(change.affiliate)),
    Recipe("O33", ORG, True, 400, 0.8, _organisation(change.incorporated)),
    Recipe("O34", ORG, False, 500, 0.3, _organisation(edit.division)),
    Recipe("O35", ORG, True, 1_500, 1.0, _organisation(change.capacity)),
    Recipe("O36", ORG, False, 1_500, 0.4, _organisation(edit.respelt)),
    Recipe("O36", ORG, False, 5_000, 0.7, _scripted(scripts.organisation_pair, False)),
    Recipe("O36", ORG, True, 5_000, 0.7, _scripted(scripts.organisation_pair, True)),
    Recipe("O37", ORG, False, 400, 0.4, _organisation(edit.domain)),
    Recipe("O38", ORG, False, 800, 0.4, _truncated),
    Recipe("O39", ORG, False, 700, 0.4, _organisation(edit.scanned)),
    Recipe("O40", ORG, False, 600, 0.4, _organisation(edit.annotated)),
)

PEOPLE = (
    Recipe("I01", WHO, False, 1_000, 1.0, _plain_person),
    Recipe("I01", WHO, False, 400, 1.0, _person(human.hyphen, culture=_double)),
    Recipe("I02", WHO, False, 600, 1.0, _person(human.unaccented)),
    Recipe("I03", WHO, False, 2_000, 1.0, _person(human.order)),
    Recipe("I04", WHO, False, 900, 0.5, _person(human.first_initial)),
    Recipe("I05", WHO, False, 1_600, 0.8, _person(human.middle_absent, human.order, middles=_middle_any)),
    Recipe("I06", WHO, False, 1_000, 1.0, _person(human.middle_initial, human.order, middles=_middle)),
    Recipe("I07", WHO, True, 2_200, 1.0, _person(human.middle_conflict, human.order, middles=_middle_any)),
    Recipe("I08", WHO, False, 1_300, 0.7, _person(human.nickname, human.order, given=_nicknamed)),
    Recipe("I09", WHO, False, 700, 0.7, _person(human.given_spelling, human.order, given=_spelt)),
    Recipe("I09", WHO, False, 900, 0.6, _person(human.given_misprint)),
    Recipe("I10", WHO, False, 1_200, 0.6, _person(human.surname_misprint)),
    Recipe("I11", WHO, True, 3_500, 1.0, _person(human.other_given, human.order)),
    Recipe("I11", WHO, True, 1_200, 1.0, _person(human.other_initial)),
    Recipe("I11", WHO, True, 1_200, 1.0, _person(human.other_person)),
    Recipe("I11", WHO, True, 600, 1.0, _person(human.swapped_roles)),
    Recipe("I12", WHO, True, 1_000, 1.0, _person(human.suffix_conflict, suffix=_suffix)),
    Recipe("I13", WHO, False, 900, 0.3, _person(human.suffix_missing)),
    Recipe("I14", WHO, False, 1_000, 1.0, _person(human.titled, human.order)),
    Recipe("I15", WHO, True, 1_800, 0.9, _person(human.surname_changed, human.order)),
    Recipe("I16", WHO, False, 500, 0.4, _person(human.half_missing, culture=_double, joiner="-")),
    Recipe("I17", WHO, False, 700, 0.5, _person(human.half_missing, culture=_double)),
    Recipe("I17", WHO, True, 700, 1.0, _person(human.second_surname_conflict, culture=_double)),
    Recipe("I18", WHO, False, 700, 0.7, _person(human.particle)),
    Recipe("I19", WHO, False, 700, 0.8, _person(human.patronymic_absent, human.order, culture="russian")),
    Recipe("I19", WHO, True, 800, 1.0, _person(human.patronymic_conflict, human.order, culture="russian")),
    Recipe("I20", WHO, False, 2_200, 0.7, _person(human.transliterated, human.order, culture=_romanised)),
    Recipe("I20", WHO, False, 1_200, 0.7, _scripted(scripts.person_pair, False)),
    Recipe("I20", WHO, True, 1_200, 0.9, _scripted(scripts.person_pair, True)),
    Recipe("I21", WHO, False, 400, 0.3, _person(human.middle_as_first, middles=_middle)),
    Recipe("I22", WHO, False, 500, 0.5, _person(human.alias)),
    Recipe("I22", WHO, False, 300, 0.7, _person(human.nickname_quoted, given=_nicknamed)),
    Recipe("I23", WHO, True, 800, 1.0, _person(human.capacity)),
    Recipe("I24", WHO, True, 700, 1.0, _person(human.joint, manner="given")),
    Recipe("I25", WHO, True, 400, 0.7, _person(human.business)),
    Recipe("I26", WHO, False, 200, 0.3, _person(human.mononym)),
)

RECIPES = ORGANISATIONS + PEOPLE
