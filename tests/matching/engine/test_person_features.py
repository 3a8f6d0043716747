"""Each feature of two personal names holds what its name and meaning say."""

from __future__ import annotations

import pytest

from matching.engine.person.align import PersonAlignment, WordPair
from matching.engine.person.compare import PERSON_FEATURES, compare_people
from matching.engine.person.features import build_person_features
from matching.engine.person.parse import parse_person
from matching.engine.person.similarity import SPELLING, WordSimilarity
from matching.engine.person.types import GIVEN, SURNAME, ParsedPerson
from matching.engine.text.tokenise import tokenise_name

EXAMPLES: dict[tuple[str, str], dict[str, float]] = {
    ("John Smith", "John Smith"): {"surname": 1, "given": 1, "equal_words": 2, "equal_letters": 9},
    ("Mina Okafor", "Okafor, Mina"): {"reordered": 1, "crossed": 0, "written": 0.6, "whole": 1},
    ("John Qxzw", "John Qxzw"): {"equal_rare": 1},
    ("John Allen Smith", "John Smith"): {
        "middle_absent": 1, "lone": 1, "lone_both": 0, "cover_short": 1, "cover_long": 2 / 3, "strain": 0.2,
        "words_short": 2, "words_long": 3,
    },
    ("Ivan Petrovich Sidorov", "Ivan Sidorov"): {"patronymic_absent": 1, "strain": 0.2},
    ("Mary Smith-Jones", "Mary Smith"): {"surname_absent": 1, "strain": 0.6},
    ("Suharto", "Mohammad Suharto"): {"given_absent": 1, "one_word": 1, "given": 0.5, "strain": 0.6},
    ("Mary Ann Lopez", "Mary Lopez Vidal"): {
        "lone_both": 1, "lone": 2, "cover_short": 2 / 3, "cover_long": 2 / 3, "words_short": 3,
        "whole": 9 / 13,
    },
    ("John Smith", "John Smyth"): {"surname": 0.9, "given": 1, "second": 1, "equal_letters": 4},
    ("Maria Lopez", "Daniel Okafor"): {
        "contradictions": 2, "surname_contradicts": 1, "given_contradicts": 1, "middle_contradicts": 0,
        "equal_words": 0, "weakest_first": 0, "weakest_slips": 0,
    },
    ("John Allen Smith", "John Brian Smith"): {"middle_contradicts": 1, "contradictions": 1},
    ("Ivan Petrovich Sidorov", "Ivan Nikolaevich Sidorov"): {"middle_contradicts": 1, "patronymic_absent": 0},
    ("Anna Sergeevna Ivanova", "Anna Sergeyevna Ivanova"): {"patronymic": 0.944, "middle": 1},
    ("J. Smith", "John Smith"): {
        "initials": 1, "given_initial": 1, "weakest": 0.75, "given": 0.75, "weakest_length": 1, "strain": 0.2,
    },
    ("John A. Smith", "John Allen Smith"): {"middle": 0.75, "given_initial": 0, "initials": 1},
    ("Bill Smith", "William Smith"): {"nicknames": 1, "weakest": 0.85, "strain": 0.3},
    ("Stephen Smith", "Steven Smith"): {"spellings": 1, "weakest": 0.92, "strain": 0.3, "weakest_edits": 2},
    ("Sergey Kuznetsov", "Sergei Kuznetsov"): {"transliterations": 1, "strain": 0.25},
    ("George Smith", "Georfe Smith"): {
        "slips": 1, "weakest_edits": 1, "weakest_share": 1 / 6, "weakest_known": 1, "weakest_slips": 1,
        "weakest_first": 1, "weakest_surname": 0, "weakest_length": 6, "second": 1,
    },
    ("Salah Smith", "Salahdin Smith"): {"prefixes": 1, "weakest": 0.62, "strain": 0.7},
    ("Alice Moore", "Alice More"): {"weakest_vowels": 1, "weakest_surname": 1, "weakest_skeleton": 1},
    ("Maria Lopez", "Marta Lopez"): {"weakest_sound": 0, "weakest_known": 2, "weakest_skeleton": 0},
    ("RAMON MAGANA, Alcides", "ALCIDES MAGANA, Ramon"): {"crossed": 2},
    ("Charles Daniel Whitlock", "Daniel Whitlock"): {"moved": 1},
    ("John Smith Jr.", "John Smith Sr."): {"suffix_conflict": 1, "suffix_absent": 0, "strain": 2},
    ("John Smith Jr.", "John Smith"): {"suffix_absent": 1, "suffix_conflict": 0, "strain": 0.3},
    ("Dr. John Smith", "John Smith"): {"titles_differ": 1, "sex_conflict": 0, "strain": 0.1},
    ("Mr. John Smith", "Mrs. John Smith"): {"titles_differ": 1, "sex_conflict": 1, "strain": 2.1},
    ("Ludwig van Beethoven", "Ludwig Beethoven"): {"particles_differ": 1, "strain": 0.1},
    ("Henry Horne, 1st Baron Horne", "Henry Horne, Baronet Horne"): {"style_differs": 1, "strain": 2.3},
    ("John Smith, Trustee", "John Smith"): {"capacity": 1, "strain": 2},
    ("John and Mary Smith", "John Smith"): {"joint": 1, "strain": 2},
    ("John Smith a/k/a Rocket", "John Smith"): {"alias": 1, "strain": 0.3},
    ("Oscar Fenn Tyre", "Oscar Fenn"): {"trade": 1, "strain": 1.5},
    ("Иван Сидоров", "Ivan Sidorov"): {"scripts": 1, "transliterations": 2, "second": 0.9},
    ("Ahmed bin Said", "Ahmed Said"): {"long_custom": 1},
}  # fmt: skip
"""Pairs of names and the features that tell them apart from others, by feature without its prefix."""


def _parse(name: str) -> ParsedPerson:
    return parse_person(tokenise_name(name))


@pytest.mark.parametrize("names", EXAMPLES, ids=" / ".join)
def test_a_feature_has_the_value_that_its_meaning_promises(names: tuple[str, str]) -> None:
    features = compare_people(_parse(names[0]), _parse(names[1])).features
    expected = {f"person_{name}": value for name, value in EXAMPLES[names].items()}
    assert {name: features[name] for name in expected} == pytest.approx(expected)


def test_every_feature_has_an_example_that_differs_from_its_value_for_equal_names() -> None:
    equal = compare_people(_parse("John Smith"), _parse("John Smith")).features
    shown = {
        f"person_{name}"
        for values in EXAMPLES.values()
        for name, value in values.items()
        if value != equal[f"person_{name}"]
    }
    without_example = {"person_weakest_winkler", "person_weakest_oddness"}  # the test below covers them
    assert set(PERSON_FEATURES) - shown == without_example


def test_the_measures_of_the_weakest_pair_are_read_by_name() -> None:
    similarity = WordSimilarity(
        score=0.11,
        relation=SPELLING,
        edits=2,
        jaro_winkler=0.33,
        typo_share=0.44,
        surprisal_gap=0.55,
        known_count=1,
        same_first_letter=False,
        only_vowels_differ=True,
        same_sound=False,
        same_skeleton=True,
    )
    pair = WordPair(left=(1,), right=(1,), similarity=similarity, role=SURNAME)
    person = _parse("John Smith")
    assert person.roles == (GIVEN, SURNAME)
    features = build_person_features(
        person, person, PersonAlignment(pairs=(pair,), unpaired_left=(), unpaired_right=(), in_order=True)
    )
    expected = {
        "person_weakest": similarity.score,
        "person_weakest_edits": similarity.edits,
        "person_weakest_share": similarity.edits / 5,
        "person_weakest_winkler": similarity.jaro_winkler,
        "person_weakest_slips": similarity.typo_share,
        "person_weakest_oddness": similarity.surprisal_gap,
        "person_weakest_known": similarity.known_count,
        "person_weakest_first": similarity.same_first_letter,
        "person_weakest_vowels": similarity.only_vowels_differ,
        "person_weakest_sound": similarity.same_sound,
        "person_weakest_skeleton": similarity.same_skeleton,
    }
    assert {name: features[name] for name in expected} == expected
    assert tuple(features) == PERSON_FEATURES
