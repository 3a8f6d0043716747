"""The table of the corpus: which pairs are generated, how often and with which label.

``material`` follows profile ``general``. Where that profile asks for a person (*review*), the label says
what such a pair usually turns out to be and ``weight`` is small, so that the probability leans and the rule
decides. ``share`` is how many pairs of it a full corpus has.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from matching.training.synthetic import organisation_changes as change
from matching.training.synthetic import organisation_edits as edit
from matching.training.synthetic import person_edits as human
from matching.training.synthetic import scripts, surface
from matching.training.synthetic.organisations import (
    SyntheticOrganisation,
    sample_organisation,
    sample_series_number,
)
from matching.training.synthetic.people import SyntheticPerson, sample_given_name, sample_person
from matching.training.synthetic.vocabulary import WordSampler

GeneratedPair = tuple[str, str, str]
"""Left name, right name, and the base name of both (the entity)."""


class Recipe(NamedTuple):
    """One row of the table: a category, its label, how often, how heavy, and the function that makes a
    pair.
    """

    category: str
    kind: str
    material: bool
    pair_count: int
    weight: float
    make: Callable[[WordSampler], GeneratedPair | None]


OrganisationEdit = Callable[[WordSampler, SyntheticOrganisation], SyntheticOrganisation | None]
PersonEdit = Callable[[WordSampler, SyntheticPerson], SyntheticPerson | None]


def _edit_organisation(
    made: OrganisationEdit, then: OrganisationEdit | None = None, **fixed: Any
) -> Callable[[WordSampler], GeneratedPair | None]:
    def make(draw: WordSampler) -> GeneratedPair | None:
        parts = {key: value(draw) if callable(value) else value for key, value in fixed.items()}
        left = sample_organisation(draw, **parts)
        right = made(draw, left)
        right = then(draw, right) if right and then else right
        return None if right is None else (left.to_text(), right.to_text(), " ".join(left.core))

    return make


def _edit_person(
    made: PersonEdit, then: PersonEdit | None = None, **fixed: Any
) -> Callable[[WordSampler], GeneratedPair | None]:
    def make(draw: WordSampler) -> GeneratedPair | None:
        parts = {key: value(draw) if callable(value) else value for key, value in fixed.items()}
        left = sample_person(draw, **parts)
        right = made(draw, left)
        right = then(draw, right) if right and then else right
        return (
            None if right is None else (left.to_text(), right.to_text(), f"{left.given} {left.surnames[0]}")
        )

    return make


def _label_script_pair(
    make: Callable[[WordSampler, bool], tuple[str, str] | None], material: bool
) -> Callable[[WordSampler], GeneratedPair | None]:
    def made(draw: WordSampler) -> GeneratedPair | None:
        pair = make(draw, material)
        return None if pair is None else (*pair, pair[0])

    return made


def _rewrite_organisation(draw: WordSampler) -> GeneratedPair:
    name = sample_organisation(draw).to_text()
    return name, surface.rewrite(draw, name, "organisation")[0], name


def _truncate_organisation(draw: WordSampler) -> GeneratedPair | None:
    left = sample_organisation(draw).to_text()
    right = edit.truncate_name(draw, left)
    return None if right is None else (left, right, left)


def _rewrite_person(draw: WordSampler) -> GeneratedPair:
    who = sample_person(draw)
    return (
        who.to_text(),
        surface.rewrite(draw, who.to_text(), "individual")[0],
        f"{who.given} {who.surnames[0]}",
    )


_SHORT_WORDS = ("Axo", "Bolt", "Cora", "Dyn", "Elan", "Nova", "Orix", "Pax", "Rho", "Tal", "Vim", "Zeo")


def _sample_short_core(draw: WordSampler) -> tuple[str, ...]:
    return (draw.invent_acronym(1, 4) if draw.flip_coin(0.6) else draw.choose(_SHORT_WORDS),)


def _sample_accented_core(draw: WordSampler) -> tuple[str, ...]:
    plain = draw.choose(list("aou"))
    initial = draw.choose(list("BGHKLMRST"))
    return (f"{initial}{draw.invent_stem().lower().replace(plain, 'äöü'['aou'.index(plain)])}",)


def _sample_ampersand_core(draw: WordSampler) -> tuple[str, ...]:
    return (
        draw.choose_surname(),
        "&",
        draw.choose(["Sons", "Co", "Partners", draw.choose_surname(), draw.choose_surname()]),
    )


def _sample_two_words(draw: WordSampler) -> tuple[str, ...]:
    return draw.choose(draw.vocabulary.rare), draw.choose(
        [draw.invent_stem(), draw.choose(draw.vocabulary.rare)]
    )


def _sample_acronym_core(draw: WordSampler) -> tuple[str, ...]:
    return (draw.invent_acronym(2, 4),)


def _sample_homophone_core(draw: WordSampler) -> tuple[str, ...]:
    return (
        draw.vocabulary.homophones[draw.random.randrange(len(draw.vocabulary.homophones))][
            draw.random.randrange(2)
        ],
        draw.invent_stem(),
    )


def _sample_small_number(draw: WordSampler) -> str:
    return draw.choose(["II", "2", "Two", "III", "3", "Four", "IV", "5", "VI", "8"])


def _sample_iberian_culture(draw: WordSampler) -> str:
    return draw.choose(["hispanic", "lusophone"])


def _sample_romanised_culture(draw: WordSampler) -> str:
    return draw.choose(["russian", "arabic", "arabic", "chinese", "korean", "japanese", "indian"])


def _sample_middle_name(draw: WordSampler) -> tuple[str, ...]:
    return (sample_given_name(draw, draw.vocabulary.cultures["english"]),)


def _sample_middle_or_initial(draw: WordSampler) -> tuple[str, ...]:
    return (draw.choose([_sample_middle_name(draw)[0], f"{_sample_middle_name(draw)[0][0]}."]),)


def _sample_suffix(draw: WordSampler) -> str:
    return draw.choose(draw.vocabulary.suffixes)


def _sample_name_with_nickname(draw: WordSampler) -> str:
    return draw.choose(list(draw.vocabulary.nicknames))


def _sample_name_with_spellings(draw: WordSampler) -> str:
    return draw.choose([word for group in draw.vocabulary.spellings for word in group])


ORG, IND = "organisation", "individual"

ORGANISATION_RECIPES = (
    Recipe("O01", ORG, False, 3_000, 1.0, _rewrite_organisation),
    Recipe("O02", ORG, False, 1_500, 1.0, _edit_organisation(edit.join_words, core=_sample_two_words)),
    Recipe("O03", ORG, False, 1_000, 1.0, _edit_organisation(edit.dot_initials, core=_sample_acronym_core)),
    Recipe(
        "O03", ORG, False, 700, 1.0, _edit_organisation(edit.reformat_number, number=sample_series_number)
    ),
    Recipe(
        "O04", ORG, False, 1_200, 1.0, _edit_organisation(edit.ampersand_swap, core=_sample_ampersand_core)
    ),
    Recipe(
        "O05", ORG, True, 1_000, 0.7, _edit_organisation(change.drop_ampersand, core=_sample_ampersand_core)
    ),
    Recipe("O06", ORG, False, 800, 1.0, _edit_organisation(edit.digraph, core=_sample_accented_core)),
    Recipe("O07", ORG, False, 1_000, 1.0, _edit_organisation(edit.article)),
    Recipe("O08", ORG, False, 36_000, 0.5, _edit_organisation(edit.form_spelling)),
    Recipe("O08+O15", ORG, False, 2_500, 0.6, _edit_organisation(edit.form_spelling, edit.abbreviate_word)),
    Recipe("O08+O17", ORG, False, 1_500, 0.6, _edit_organisation(edit.form_spelling, edit.generic_misprint)),
    Recipe("O09", ORG, False, 3_000, 0.7, _edit_organisation(edit.form_in_full)),
    Recipe("O10", ORG, True, 27_000, 0.5, _edit_organisation(change.form_swap)),
    Recipe("O10+O15", ORG, True, 1_000, 0.6, _edit_organisation(change.form_swap, edit.abbreviate_word)),
    Recipe("O10+O17", ORG, True, 1_000, 0.6, _edit_organisation(change.form_swap, edit.generic_misprint)),
    Recipe("O11", ORG, False, 2_000, 0.3, _edit_organisation(edit.drop_form)),
    Recipe("O12", ORG, False, 800, 0.3, _edit_organisation(edit.stack_forms)),
    Recipe("O13", ORG, True, 3_000, 0.6, _edit_organisation(change.public_private_swap)),
    Recipe("O14", ORG, True, 1_000, 0.8, _edit_organisation(change.insert_generic_word)),
    Recipe("O15", ORG, False, 3_500, 0.8, _edit_organisation(edit.abbreviate_word)),
    Recipe("O16", ORG, True, 800, 0.6, _edit_organisation(change.acronym)),
    Recipe("O17", ORG, False, 3_000, 0.8, _edit_organisation(edit.generic_misprint)),
    Recipe("O18", ORG, False, 4_000, 0.5, _edit_organisation(edit.long_misprint)),
    Recipe(
        "O18", ORG, True, 4_000, 0.8, _edit_organisation(change.change_core_letter, core=_sample_short_core)
    ),
    Recipe("O18", ORG, True, 1_500, 0.6, _edit_organisation(change.change_first_letter)),
    Recipe("O19", ORG, True, 500, 0.3, _edit_organisation(change.homophone, core=_sample_homophone_core)),
    Recipe(
        "O20", ORG, True, 4_500, 1.0, _edit_organisation(change.sibling_number, number=sample_series_number)
    ),
    Recipe("O20", ORG, True, 1_500, 1.0, _edit_organisation(change.sibling_number, number="")),
    Recipe("O20", ORG, True, 1_500, 1.0, _edit_organisation(change.drop_number, number=sample_series_number)),
    Recipe(
        "O20+O08",
        ORG,
        True,
        1_500,
        1.0,
        _edit_organisation(change.sibling_number, edit.form_spelling, number=sample_series_number),
    ),
    Recipe(
        "O21", ORG, False, 2_000, 1.0, _edit_organisation(edit.number_notation, number=_sample_small_number)
    ),
    Recipe("O22", ORG, True, 2_500, 1.0, _edit_organisation(change.change_place)),
    Recipe("O23", ORG, False, 600, 0.4, _edit_organisation(edit.domestic_note)),
    Recipe("O24", ORG, True, 3_000, 1.0, _edit_organisation(change.change_role)),
    Recipe("O24+O08", ORG, True, 1_000, 1.0, _edit_organisation(change.change_role, edit.form_spelling)),
    Recipe("O25", ORG, True, 4_500, 1.0, _edit_organisation(change.add_word)),
    Recipe("O25", ORG, True, 3_000, 1.0, _edit_organisation(change.drop_word)),
    Recipe("O25+O08", ORG, True, 2_000, 1.0, _edit_organisation(change.add_word, edit.form_spelling)),
    Recipe("O25+O18", ORG, True, 800, 1.0, _edit_organisation(change.add_word, edit.long_misprint)),
    Recipe("O26", ORG, True, 3_500, 1.0, _edit_organisation(change.replace_word)),
    Recipe("O26", ORG, True, 4_000, 1.0, _edit_organisation(change.other_core)),
    Recipe(
        "O26", ORG, True, 1_500, 1.0, _edit_organisation(change.replace_core_word, core=_sample_two_words)
    ),
    Recipe("O26", ORG, True, 1_500, 1.0, _edit_organisation(change.replace_whole_name)),
    Recipe("O27", ORG, False, 1_200, 0.4, _edit_organisation(edit.word_order)),
    Recipe("O28", ORG, False, 1_500, 0.4, _edit_organisation(edit.plural_swap)),
    Recipe("O29", ORG, False, 1_500, 0.8, _edit_organisation(edit.trade_name)),
    Recipe("O30", ORG, True, 600, 1.0, _edit_organisation(change.trade_name_alone)),
    Recipe("O31", ORG, True, 1_200, 0.8, _edit_organisation(change.former_name)),
    Recipe("O32", ORG, True, 1_500, 1.0, _edit_organisation(change.affiliate)),
    Recipe("O33", ORG, True, 400, 0.8, _edit_organisation(change.incorporation)),
    Recipe("O34", ORG, False, 500, 0.3, _edit_organisation(edit.division)),
    Recipe("O35", ORG, True, 1_500, 1.0, _edit_organisation(change.capacity)),
    Recipe("O36", ORG, False, 1_500, 0.4, _edit_organisation(edit.respell_word)),
    Recipe("O36", ORG, False, 5_000, 0.7, _label_script_pair(scripts.make_organisation_pair, False)),
    Recipe("O36", ORG, True, 5_000, 0.7, _label_script_pair(scripts.make_organisation_pair, True)),
    Recipe("O37", ORG, False, 400, 0.4, _edit_organisation(edit.domain_ending)),
    Recipe("O38", ORG, False, 800, 0.4, _truncate_organisation),
    Recipe("O39", ORG, False, 700, 0.4, _edit_organisation(edit.misread_character)),
    Recipe("O40", ORG, False, 600, 0.4, _edit_organisation(edit.annotate_name)),
)

PERSON_RECIPES = (
    Recipe("I01", IND, False, 1_000, 1.0, _rewrite_person),
    Recipe("I01", IND, False, 400, 1.0, _edit_person(human.toggle_hyphen, culture=_sample_iberian_culture)),
    Recipe("I02", IND, False, 600, 1.0, _edit_person(human.strip_accents)),
    Recipe("I03", IND, False, 2_000, 1.0, _edit_person(human.change_manner)),
    Recipe("I04", IND, False, 900, 0.5, _edit_person(human.first_initial)),
    Recipe(
        "I05",
        IND,
        False,
        1_600,
        0.8,
        _edit_person(human.drop_middle_name, human.change_manner, middles=_sample_middle_or_initial),
    ),
    Recipe(
        "I06",
        IND,
        False,
        1_000,
        1.0,
        _edit_person(human.middle_initial, human.change_manner, middles=_sample_middle_name),
    ),
    Recipe(
        "I07",
        IND,
        True,
        2_200,
        1.0,
        _edit_person(human.middle_conflict, human.change_manner, middles=_sample_middle_or_initial),
    ),
    Recipe(
        "I08",
        IND,
        False,
        1_300,
        0.7,
        _edit_person(human.nickname, human.change_manner, given=_sample_name_with_nickname),
    ),
    Recipe(
        "I09",
        IND,
        False,
        700,
        0.7,
        _edit_person(human.respell_given_name, human.change_manner, given=_sample_name_with_spellings),
    ),
    Recipe("I09", IND, False, 900, 0.6, _edit_person(human.misprint_given_name)),
    Recipe("I10", IND, False, 1_200, 0.6, _edit_person(human.misprint_surname)),
    Recipe("I11", IND, True, 3_500, 1.0, _edit_person(human.other_given_name, human.change_manner)),
    Recipe("I11", IND, True, 1_200, 1.0, _edit_person(human.other_initial)),
    Recipe("I11", IND, True, 1_200, 1.0, _edit_person(human.other_person)),
    Recipe("I11", IND, True, 600, 1.0, _edit_person(human.swap_name_roles)),
    Recipe("I12", IND, True, 1_000, 1.0, _edit_person(human.suffix_conflict, suffix=_sample_suffix)),
    Recipe("I13", IND, False, 900, 0.3, _edit_person(human.toggle_suffix)),
    Recipe("I14", IND, False, 1_000, 1.0, _edit_person(human.add_title, human.change_manner)),
    Recipe("I15", IND, True, 1_800, 0.9, _edit_person(human.change_surname, human.change_manner)),
    Recipe(
        "I16",
        IND,
        False,
        500,
        0.4,
        _edit_person(human.drop_second_surname, culture=_sample_iberian_culture, joiner="-"),
    ),
    Recipe(
        "I17", IND, False, 700, 0.5, _edit_person(human.drop_second_surname, culture=_sample_iberian_culture)
    ),
    Recipe(
        "I17",
        IND,
        True,
        700,
        1.0,
        _edit_person(human.second_surname_conflict, culture=_sample_iberian_culture),
    ),
    Recipe("I18", IND, False, 700, 0.7, _edit_person(human.toggle_particle)),
    Recipe(
        "I19",
        IND,
        False,
        700,
        0.8,
        _edit_person(human.drop_patronymic, human.change_manner, culture="russian"),
    ),
    Recipe(
        "I19",
        IND,
        True,
        800,
        1.0,
        _edit_person(human.patronymic_conflict, human.change_manner, culture="russian"),
    ),
    Recipe(
        "I20",
        IND,
        False,
        2_200,
        0.7,
        _edit_person(human.transliterate_name, human.change_manner, culture=_sample_romanised_culture),
    ),
    Recipe("I20", IND, False, 1_200, 0.7, _label_script_pair(scripts.make_person_pair, False)),
    Recipe("I20", IND, True, 1_200, 0.9, _label_script_pair(scripts.make_person_pair, True)),
    Recipe("I21", IND, False, 400, 0.3, _edit_person(human.middle_as_first, middles=_sample_middle_name)),
    Recipe("I22", IND, False, 500, 0.5, _edit_person(human.alias)),
    Recipe("I22", IND, False, 300, 0.7, _edit_person(human.quote_nickname, given=_sample_name_with_nickname)),
    Recipe("I23", IND, True, 800, 1.0, _edit_person(human.capacity)),
    Recipe("I24", IND, True, 700, 1.0, _edit_person(human.joint_holders, manner="given")),
    Recipe("I25", IND, True, 400, 0.7, _edit_person(human.business_name)),
    Recipe("I26", IND, False, 200, 0.3, _edit_person(human.mononym)),
)

RECIPES = ORGANISATION_RECIPES + PERSON_RECIPES
