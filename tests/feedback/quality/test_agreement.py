"""Agreement, against published worked examples."""

import pytest

from feedback.quality.agreement import (
    bootstrap_interval,
    cohen_kappa,
    compute_agreement,
    gwet_ac1,
    krippendorff_alpha,
    percent_agreement,
)
from feedback.quality.report import Proportion


def table(both: int, first: int, second: int, neither: int) -> list[tuple[bool, bool]]:
    """Items by what two people said: both yes, only the first, only the second, neither."""
    cells = {(True, True): both, (True, False): first, (False, True): second, (False, False): neither}
    return [answers for answers, count in cells.items() for _ in range(count)]


def test_cohens_kappa_of_two_readers_of_fifty_grant_proposals() -> None:
    assert cohen_kappa(table(20, 5, 10, 15)) == pytest.approx(0.4)


def test_kappa_and_ac1_on_gwets_table_with_a_rare_answer() -> None:
    # Gwet 2002: 118 both positive, 5 and 2 split, none both negative.
    rare = table(118, 5, 2, 0)
    assert percent_agreement(rare) == pytest.approx(0.944)
    assert cohen_kappa(rare) == pytest.approx(-0.0234, abs=5e-5)
    assert gwet_ac1(rare) == pytest.approx(0.9408, abs=5e-5)


def test_krippendorffs_alpha_for_two_people_and_two_answers() -> None:
    # Krippendorff 2011, section A.
    first = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0]
    second = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    assert krippendorff_alpha(list(zip(first, second, strict=True))) == pytest.approx(0.095, abs=5e-4)


def test_krippendorffs_alpha_for_four_people_with_answers_missing() -> None:
    # Krippendorff 2011, section C: four observers, twelve units, five values, nominal.
    observers = ["123321412...", "1233224125.3", ".3332342251.", "12332441251."]
    units = [[value for value in column if value != "."] for column in zip(*observers, strict=True)]
    assert krippendorff_alpha(units) == pytest.approx(0.743, abs=5e-4)


def test_ninety_percent_agreement_can_be_no_more_than_chance() -> None:
    agreement = compute_agreement(table(90, 5, 5, 0))
    assert agreement.percent == pytest.approx(0.9)
    assert agreement.kappa == pytest.approx(-0.0526, abs=1e-4)
    assert agreement.ac1 is not None
    assert agreement.ac1 > 0.88


def test_complete_agreement_is_one() -> None:
    agreement = compute_agreement(table(30, 0, 0, 20))
    assert (agreement.percent, agreement.kappa, agreement.alpha, agreement.ac1) == (1, 1, 1, 1)


def test_where_only_one_answer_was_given_chance_cannot_be_told() -> None:
    agreement = compute_agreement(table(12, 0, 0, 0))
    assert (agreement.percent, agreement.kappa, agreement.alpha, agreement.ac1) == (1, None, None, None)


def test_an_interval_holds_its_value_and_narrows_with_items() -> None:
    few, many = table(10, 3, 2, 10), table(200, 60, 40, 200)
    narrow, wide = bootstrap_interval(many, cohen_kappa), bootstrap_interval(few, cohen_kappa)
    assert narrow is not None
    assert wide is not None
    kappa = cohen_kappa(many)
    assert kappa is not None
    assert narrow[0] < kappa < narrow[1]
    assert narrow[1] - narrow[0] < wide[1] - wide[0]
    assert bootstrap_interval(table(5, 0, 0, 0), cohen_kappa) is None


def test_nothing_to_compare_is_said() -> None:
    with pytest.raises(ValueError, match="two people"):
        percent_agreement([])
    with pytest.raises(ValueError, match="two people"):
        krippendorff_alpha([["a"], []])


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval_of_newcombes_four_examples(successes: int, n: int, low: float, high: float) -> None:
    # Newcombe 1998, table I, method 3.
    assert Proportion(successes, n).bounds == pytest.approx((low, high), abs=5e-5)
