"""Whatever two texts are given, the comparison answers, symmetrically and with places that exist."""

from __future__ import annotations

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from matching.engine.person.compare import PERSON_FEATURES, compare_people
from matching.engine.person.kind import estimate_person_probability
from matching.engine.person.parse import parse_person
from matching.engine.text.tokenise import TokenisedName, tokenise_name
from matching.engine.types import EngineError, Span, mirror_finding

PIECES = st.sampled_from(
    (
        *(
            "John",
            "Smith",
            "Jr.",
            "van",
            "al-",
            "bin",
            "abd",
            "Mr",
            "&",
            "and",
            "a/k/a",
            "as",
            "Trustee",
            "of",
        ),
        *("née", "(", ")", '"', ",", "<<", "-", "'", "J.R.", "Ph.D", "III", "2nd", "baron", "Иван", "毛泽东"),
        *(
            "محمد",
            "fnu",
            "Co.",
            "estate",
            "the",
            "passport",
            "V",
            "ß",
            "'Ala'",
            "O'Brien",
            "din",
            "ue",
            "Smyth",
        ),
        "\u200b",
    )
)
NAMES = st.one_of(
    st.lists(PIECES, min_size=1, max_size=8).map(" ".join),
    st.lists(PIECES, min_size=1, max_size=8).map("".join),
    st.text(max_size=40),
)


def _read(name: str) -> TokenisedName | None:
    try:
        return tokenise_name(name)
    except EngineError:
        return None


def _fits(span: Span | None, name: str) -> bool:
    return span is None or 0 <= span[0] < span[1] <= len(name)


@settings(max_examples=300, deadline=None)
@given(NAMES, NAMES)
def test_swapping_the_names_mirrors_the_answer(left: str, right: str) -> None:
    one, two = _read(left), _read(right)
    assume(one is not None and two is not None)
    assert one is not None
    assert two is not None
    there, back = (
        compare_people(parse_person(one), parse_person(two)),
        compare_people(parse_person(two), parse_person(one)),
    )
    assert there.features == back.features
    assert tuple(there.features) == PERSON_FEATURES
    assert tuple([mirror_finding(finding) for finding in there.findings]) == back.findings


@settings(max_examples=300, deadline=None)
@given(NAMES, NAMES)
def test_every_place_lies_inside_its_name(left: str, right: str) -> None:
    one, two = _read(left), _read(right)
    assume(one is not None and two is not None)
    assert one is not None
    assert two is not None
    for finding in compare_people(parse_person(one), parse_person(two)).findings:
        assert finding.span1 or finding.span2
        assert _fits(finding.span1, left)
        assert _fits(finding.span2, right)


@settings(max_examples=300, deadline=None)
@given(NAMES)
def test_a_parse_always_has_a_core_and_a_likelihood(name: str) -> None:
    text = _read(name)
    assume(text is not None)
    assert text is not None
    person = parse_person(text)
    assert len(person.core) == len(person.roles) > 0
    assert 0.0 <= estimate_person_probability(text) <= 1.0
