"""What holds for every pair of names under every profile, over thousands of pairs of invented names.

The pairs are names of the corpus beside the same name changed, or another name. Hypothesis draws the same
ones each time, and shows the first pair of the corpus for which a property fails.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from matching.engine import PROFILE_IDS, Verdict, compare, compare_profiles, score_many
from matching.engine.categories import CategoryId
from matching.engine.organisation.compare import compare_organisations
from matching.engine.organisation.parse import ParsedOrganisation, parse_organisation
from matching.engine.person.align import align_person_names
from matching.engine.person.lexicon import load_word_lists
from matching.engine.person.parse import parse_person
from matching.engine.person.types import ParsedPerson
from matching.engine.text.tokenise import Token, tokenise_name
from matching.engine.types import Span
from matching.training.synthetic.generator import generate_pairs
from tests.matching.engine.corpus import NAMES, ORGANISATIONS, PEOPLE
from tests.matching.engine.variations import ADDITIONS, MEANINGLESS, SUBSTANTIAL, Change

Pair = tuple[str, str]
Places = Counter[tuple[CategoryId, Span | None, Span | None]]

GRAVITY = (Verdict.IMMATERIAL, Verdict.REVIEW, Verdict.MATERIAL)
READING_PROFILES = tuple([id_ for id_ in PROFILE_IDS if id_ not in ("strict", "ucc")])
"""Profiles that read more than the texts: what a change means, not that there is one."""
SYNTHETIC_PAIRS, SEED = 400, 13


class Answer(NamedTuple):
    """What the comparison says under each profile: the verdicts, and the differences with their places."""

    verdicts: dict[str, Verdict]
    places: Places
    is_called_identical: bool

    def read(self) -> list[Verdict]:
        """Return the verdicts of the profiles that read more than the texts."""
        return [self.verdicts[id_] for id_ in READING_PROFILES]

    def rank(self) -> dict[str, int]:
        """Return how grave the verdict of each profile is, 0 to 2."""
        return {id_: GRAVITY.index(verdict) for id_, verdict in self.verdicts.items()}


@cache
def answer(left: str, right: str, kind: str = "auto") -> Answer:
    """Return what every profile says; all list the same differences."""
    found = compare_profiles(left, right, kind)
    places = [
        Counter([(item.category, item.span1, item.span2) for item in one.differences])
        for one in found.values()
    ]
    assert all(listed == places[0] for listed in places)
    return Answer(
        {id_: one.verdict for id_, one in found.items()},
        places[0],
        any("identical" in one.reason for one in found.values()),
    )


def _list_pairs(names: tuple[str, ...], without: tuple[str, ...] = ()) -> list[Pair]:
    """Return every name beside itself changed in every way, and beside a name from elsewhere in the list."""
    changes = [change for title, change in SUBSTANTIAL.items() if title not in without]
    changed = [(name, change(name)) for name in names for change in changes]
    apart = [(name, names[(at * 37 + 11) % len(names)]) for at, name in enumerate(names)]
    return [pair for pair in (*changed, *apart) if pair[0] != pair[1]]


def _begins_with_word(name: str) -> bool:
    """Return whether a Latin word of the name itself comes first: no article, and no possible form."""
    text = tokenise_name(name)
    before = [form.first for form in parse_organisation(text).forms]
    behind = [form.first - 1 for form in parse_organisation(tokenise_name(f"Zyltronk {name}")).forms]
    return text.scripts == {"latin"} and text.keys[0] != "the" and 0 not in (*before, *behind)


SYNTHETIC = [(pair.left, pair.right) for pair in generate_pairs(SEED, SYNTHETIC_PAIRS)]
PAIRS = [*_list_pairs(NAMES), *SYNTHETIC]
ORGANISATION_PAIRS = [
    pair
    for pair in _list_pairs(ORGANISATIONS, without=("words reversed", "first word last"))
    if all(map(_begins_with_word, pair))
]
"""Organisations in the usual order of words, before which another word can stand."""


def check(count: int) -> settings:
    """Return the settings of a property: that many pairs, the same ones each time."""
    return settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.filter_too_much],
    )


def test_the_corpus_is_large() -> None:
    assert len(set(PAIRS)) >= 3_000
    assert len(set(NAMES)) >= 150


def test_a_name_is_itself() -> None:
    for name in NAMES:
        assert set(answer(name, name).verdicts.values()) == {Verdict.IMMATERIAL}, name
        assert not answer(name, name).places, name


@check(3_000)
@given(st.sampled_from(PAIRS))
def test_exchanging_the_names_exchanges_the_answer(pair: Pair) -> None:
    left, right = pair
    there, back = answer(left, right), answer(right, left)
    assert there.verdicts == back.verdicts
    mirrored = {(category, two, one): count for (category, one, two), count in back.places.items()}
    assert there.places == Counter(mirrored)


@check(3_000)
@given(st.sampled_from(PAIRS))
def test_no_profile_is_harsher_than_the_strict_one_which_reads_the_texts_alone(pair: Pair) -> None:
    left, right = pair
    is_case_only = left.casefold() == right.casefold()
    found = answer(left, right)
    assert found.verdicts["strict"] is (Verdict.REVIEW if is_case_only else Verdict.MATERIAL)
    assert max(found.rank().values()) == found.rank()["strict"]


@check(3_000)
@given(st.sampled_from(PAIRS))
def test_texts_that_differ_have_a_listed_difference_and_are_never_called_identical(pair: Pair) -> None:
    left, right = pair
    found = answer(left, right)
    assert found.places
    assert not found.is_called_identical
    for _, here, there in found.places:
        assert here != there or left[slice(*here or ())] != right[slice(*there or ())]


def _marks_surname(name: str) -> bool:
    """Return whether capitals mark a word, as in ``MANSOUR Ahmed``: that case means something."""
    words = re.findall(r"[^\W\d_]{5,}", name)
    return 0 < sum(map(str.isupper, words)) < len(words)


@check(1_500)
@given(st.sampled_from(PAIRS), st.sampled_from((str.upper, str.lower)))
def test_the_case_of_both_names_changes_no_verdict(pair: Pair, recase: Change) -> None:
    assume(not any(map(_marks_surname, pair)))
    left, right = recase(pair[0]), recase(pair[1])
    assume(left.casefold() == pair[0].casefold() and right.casefold() == pair[1].casefold() and left != right)
    assert answer(left, right).read() == answer(*pair).read()


@check(2_500)
@given(
    st.sampled_from(PAIRS), st.sampled_from(sorted(MEANINGLESS)), st.sampled_from(("left", "right", "both"))
)
def test_spaces_marks_and_quotes_change_no_verdict(pair: Pair, change: str, side: str) -> None:
    left, right = pair
    rewrite = MEANINGLESS[change]
    changed = (left if side == "right" else rewrite(left), right if side == "left" else rewrite(right))
    assert answer(*changed).read() == answer(*pair).read()


@pytest.mark.parametrize("change", MEANINGLESS)
def test_spaces_marks_and_quotes_make_no_other_name(change: str) -> None:
    for name in NAMES:
        assert set(answer(name, MEANINGLESS[change](name)).read()) == {Verdict.IMMATERIAL}, name


@check(1_500)
@given(st.sampled_from(ORGANISATION_PAIRS), st.sampled_from(("Zyltronk", "Brackwater")))
def test_a_word_put_before_both_names_changes_no_verdict(pair: Pair, word: str) -> None:
    left, right = pair
    behind = answer(f"{word} {left}", f"{word} {right}", "organisation")
    assert behind.verdicts == answer(left, right, "organisation").verdicts


def _list_words(name: str) -> set[str]:
    return set(re.findall(r"\w+", name.lower()))


def _is_untouched(name: str, changed: str, twice: str) -> bool:
    """Return whether all that a change added or removed is still so after a second change."""
    before, after, last = _list_words(name), _list_words(changed), _list_words(twice)
    return after - before <= last and last.isdisjoint(before - after)


@check(1_500)
@given(
    st.sampled_from([name for name in NAMES if tokenise_name(name).scripts == {"latin"}]),
    st.sampled_from([change for change in SUBSTANTIAL if change != "initial"]),
    st.sampled_from(sorted(ADDITIONS)),
)
def test_a_second_material_difference_never_softens(name: str, first: str, second: str) -> None:
    kind = "individual" if name in PEOPLE else "organisation"
    changed, alone = SUBSTANTIAL[first](name), ADDITIONS[second](name)
    twice = ADDITIONS[second](changed)
    assume(changed != name != alone and twice not in (changed, name))
    assume(_is_untouched(name, changed, twice) and _is_untouched(name, alone, twice))
    one, other, both = (answer(name, text, kind) for text in (changed, alone, twice))
    grave = [id_ for id_ in PROFILE_IDS if other.verdicts[id_] is Verdict.MATERIAL]
    assert [id_ for id_ in grave if both.rank()[id_] < one.rank()[id_]] == []


@pytest.mark.parametrize("profile", PROFILE_IDS)
def test_many_pairs_at_once_are_answered_like_each_alone(profile: str) -> None:
    pairs = PAIRS[PROFILE_IDS.index(profile) :: 2 * len(PROFILE_IDS)]
    for pair, score in zip(pairs, score_many(pairs, profile), strict=True):
        alone = compare(*pair, profile)
        assert not isinstance(score, ValueError)
        assert (score.verdict, score.prediction) == (alone.verdict, alone.prediction), pair
        assert score.material_probability == pytest.approx(alone.material_probability, abs=1e-9)
        assert set(score.categories) == {item.category for item in alone.differences}


@check(1_000)
@given(st.sampled_from(PAIRS))
def test_every_word_of_an_organisation_is_accounted_for(pair: Pair) -> None:
    left, right = (parse_organisation(tokenise_name(name)) for name in pair)
    for name in (left, right):
        assert set(_list_read_words(name)) == set(range(len(name.text.tokens)))
    found = compare_organisations(left, right)
    alignment = found.alignment
    assert alignment.is_complete
    lefts = [at for match in alignment.matches for at in range(match.left_start, match.left_stop)]
    rights = [at for match in alignment.matches for at in range(match.right_start, match.right_stop)]
    lefts += [at for gap in alignment.gaps for at in gap.left] + [at for at, _ in alignment.moves]
    rights += [at for gap in alignment.gaps for at in gap.right] + [at for _, at in alignment.moves]
    assert sorted(lefts) == list(range(len(found.stem_left)))
    assert sorted(rights) == list(range(len(found.stem_right)))


def _list_read_words(name: ParsedOrganisation) -> Iterator[int]:
    yield from name.stem_indices
    yield from () if name.article_index is None else (name.article_index,)
    for form in name.forms:
        yield from range(form.first, form.stop)
    for part in name.parts:
        yield from range(part.start, part.stop)


@check(1_000)
@given(st.sampled_from(PAIRS))
def test_every_word_of_a_person_is_accounted_for(pair: Pair) -> None:
    left, right = (parse_person(tokenise_name(name)) for name in pair)
    for person in (left, right):
        read = list(_list_fields(person))
        missed = [word for word in person.text.tokens if not any(_holds(field, word) for field in read)]
        assert {word.key for word in missed} <= load_word_lists().joiners
    found = align_person_names(left, right)
    lefts = [at for pair_ in found.pairs for at in pair_.left] + [at for at, _ in found.unpaired_left]
    rights = [at for pair_ in found.pairs for at in pair_.right] + [at for at, _ in found.unpaired_right]
    assert sorted(lefts) == list(range(len(left.core)))
    assert sorted(rights) == list(range(len(right.core)))


def _list_fields(person: ParsedPerson) -> Iterator[Token]:
    for field in fields(person):
        value = getattr(person, field.name)
        if isinstance(value, tuple):
            yield from (word for word in value if isinstance(word, Token))


def _holds(field: Token, word: Token) -> bool:
    return field.start < word.end and word.start < field.end
