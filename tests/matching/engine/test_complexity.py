"""Names too complex to compare automatically: for review under every profile that reads words."""

import pytest

from matching.engine import (
    Context,
    Verdict,
    compare,
    compare_profiles,
    score_many,
    score_many_with_reasons,
)
from matching.engine.compared_pair import MAX_WORDS
from matching.engine.language.wording import Sentence
from matching.engine.profiles import ALL_PROFILE_IDS
from matching.engine.text.alignment import MAX_CELLS

LETTERS = "abcdefghijklmnopqrstuvwxyz"
LONG = " ".join(f"Alpha{number}x" for number in range(MAX_WORDS + 1))
"""A name of one word more than is read."""
DIFFERENT = (
    " ".join(f"Tavo{letter}q" for letter in LETTERS),
    " ".join(f"Merk{letter}q" for letter in LETTERS),
)
"""Two names of 26 words, of which none equals another: 676 pairs of words."""
SECURITISATION = (
    "Deutsche Bank National Trust Company, as Trustee, on behalf of the registered holders of Morgan Stanley "
    "ABS Capital I Inc. Trust {}, Mortgage Pass-Through Certificates, Series {}, and their successors"
)
PAIRS = [
    (LONG, LONG + " Beta"),
    (LONG, "Acme Ltd"),
    DIFFERENT,
    ("A\u200b" * 31 + "cme", "Acme"),
]


@pytest.mark.parametrize("kind", ["organisation", "individual"])
@pytest.mark.parametrize("profile", [id_ for id_ in ALL_PROFILE_IDS if id_ != "strict"])
@pytest.mark.parametrize("pair", PAIRS)
def test_a_pair_that_is_too_complex_is_for_review_and_says_so(
    pair: tuple[str, str], profile: str, kind: str
) -> None:
    found = compare(*pair, profile, kind)
    assert found.verdict is Verdict.REVIEW
    assert found.reason.startswith(Sentence.TOO_COMPLEX)
    assert found.missing_fact
    assert [(item.title, item.text1, item.text2, item.effect.value) for item in found.differences] == [
        ("Too complex to compare automatically", *pair, "review")
    ]
    assert found.decided_by.value == "complexity"


@pytest.mark.parametrize("pair", PAIRS)
def test_single_comparisons_batches_and_both_orders_agree(pair: tuple[str, str]) -> None:
    single = compare(*pair)
    turned = compare(pair[1], pair[0])
    (explained,) = score_many_with_reasons([pair])
    (score,) = score_many([pair])
    assert not isinstance(explained, ValueError)
    assert explained.reason == single.reason == turned.reason
    assert score == explained.score
    assert score.verdict is turned.verdict is Verdict.REVIEW
    verdicts = {id_: found.verdict for id_, found in compare_profiles(*pair).items()}
    assert verdicts.pop("strict") is Verdict.MATERIAL  # it decides by the texts and compares no words
    assert set(verdicts.values()) == {Verdict.REVIEW}


def test_identifiers_settle_what_was_not_compared() -> None:
    same = Context(identifiers_left={"lei": "X"}, identifiers_right={"lei": "X"})
    assert compare(*DIFFERENT, context=same).verdict is Verdict.IMMATERIAL
    assert compare(*DIFFERENT, "contract", context=same).verdict is Verdict.REVIEW


def test_one_long_text_is_one_name() -> None:
    assert compare(LONG, LONG).verdict is Verdict.IMMATERIAL


def test_the_longest_names_of_practice_are_compared() -> None:
    one, other = (SECURITISATION.format(f"200{number}-HE1", f"200{number}-HE1") for number in (6, 7))
    assert compare(one, other).decided_by.value != "complexity"
    assert compare(one, one.upper()).verdict is Verdict.IMMATERIAL
    assert MAX_CELLS < 26 * 26
