"""Pairs that look like one name written twice and may be two: no rule and no model calls them immaterial."""

import pytest

from matching.engine import Verdict, compare

DOUBTFUL = {
    "another real word is no slip": [
        ("Pelham Casting Ltd", "Pelham Catering Ltd"),
        ("Pelham Boat Ltd", "Pelham Coat Ltd"),
        ("Pelham Metal Works Inc", "Pelham Medal Works Inc"),
        ("Pelham Farms LLC", "Pelham Forms LLC"),
        ("Pelham Cleaning Ltd", "Pelham Clearing Ltd"),
        ("Pelham Marine Services Ltd", "Pelham Marina Services Ltd"),
    ],
    "contrary words are no slip": [
        ("Interglacial Tools Ltd", "Intraglacial Tools Ltd"),
        ("Southeast Cranes Inc", "Southwest Cranes Inc"),
        ("Hypertonic Labs GmbH", "Hypotonic Labs GmbH"),
        ("Macroflora Seeds Ltd", "Microflora Seeds Ltd"),
    ],
    "a short form that is a word of its own": [
        ("Cat Equipment Yard LLC", "Catering Equipment Yard LLC"),
        ("Pan Bakers Ltd", "Panama Bakers Ltd"),
        ("Con Brick Ltd", "Construction Brick Ltd"),
        ("B Gardens LLC", "Botanical Gardens LLC"),
        ("E Street Bakery Inc", "East Street Bakery Inc"),
        ("St. Brannock Fencing Ltd", "Street Brannock Fencing Ltd"),
        ("Eastern Quarry Ltd", "East Quarry Ltd"),
    ],
    "one letter of a short invented word": [
        ("Zorvex Ltd", "Zorvix Ltd"),
        ("Qualdo Trading Inc", "Quoldo Trading Inc"),
    ],
    "digits that a mark or a space parts": [
        ("Parcel 3-4 LLC", "Parcel 34 LLC"),
        ("Parcel 3 4 LLC", "Parcel 34 LLC"),
        ("Trust 2019-2", "Trust 20192"),
        ("3/4 Mile Ranch LLC", "34 Mile Ranch LLC"),
    ],
    "a letter is no numeral": [
        ("Marcus V Street Shops LLC", "Marcus 5 Street Shops LLC"),
    ],
    "a form inside the name is a word of it": [
        ("Kestrel Ltd Welfare Trust", "Kestrel Welfare Trust Ltd"),
        ("Kestrel GmbH Beteiligungen", "Kestrel Beteiligungen GmbH"),
        ("Kestrel S.A. Inversiones", "Kestrel Inversiones S.A."),
        ("Kestrel Inc. Holdings", "Kestrel Holdings Inc."),
    ],
    "a family name is no plural": [
        ("Roberts Roofing Inc", "Robert Roofing Inc"),
        ("Edwards Joinery Ltd", "Edward Joinery Ltd"),
    ],
    "either word may be the surname": [
        ("Oliver Graham", "Graham Oliver"),
        ("Paul Martin", "Martin Paul"),
        ("Rosa Vega Luna", "Rosa Luna Vega"),
        ("Ann Hollis-Drake", "Ann Drake-Hollis"),
    ],
    "a man and a woman": [
        ("Robert Pell", "Roberta Pell"),
        ("Amir Haddad", "Amira Haddad"),
        ("Paolo Bianchi", "Paola Bianchi"),
        ("Estate of Carlo Venn", "Estate of Carla Venn"),
    ],
    "two names that both exist": [
        ("Mark Reed", "Mark Reid"),
        ("June Hartley", "Jane Hartley"),
        ("Clara Philips", "Clara Phillips"),
    ],
    "other letters, not other accents": [
        ("Trần Văn Dũng", "Trần Văn Dưng"),
    ],
    "half of a compound given name": [
        ("Marie-Claude Perrin", "Marie Perrin"),
        ("Hans-Peter Vogel", "Hans Vogel"),
    ],
}
CASES = [(cause, *pair) for cause, pairs in DOUBTFUL.items() for pair in pairs]


@pytest.mark.parametrize(("cause", "left", "right"), CASES)
def test_a_doubtful_pair_is_never_immaterial(cause: str, left: str, right: str) -> None:
    for profile in ("general", "kyc"):
        for one, other in ((left, right), (right, left)):
            answer = compare(one, other, profile)
            assert answer.verdict is not Verdict.IMMATERIAL, (cause, profile, answer.reason)
            assert answer.differences


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Pelham Consltuing Ltd", "Pelham Consulting Ltd"),
        ("Pelham Mangement Inc", "Pelham Management Inc"),
        ("Pelham Intl. Freight Ltd", "Pelham International Freight Ltd"),
        ("Pelham Mfg Co", "Pelham Manufacturing Company"),
        ("12 N. Orchard Street LLC", "12 North Orchard Street LLC"),
        ("40 Vine St LLC", "40 Vine Street LLC"),
        ("Adler, Konrad", "Konrad Adler"),
        ("Kestrel Holdings, Inc. (Delaware)", "Kestrel Holdings, Inc."),
        ("Kestrel B. V.", "Kestrel B.V."),
        ("Kestrel S. p. A.", "Kestrel SpA"),
        ("Kestrel Mills™ Ltd", "Kestrel Mills Ltd"),
        ("Caf&eacute; Kestrel ApS", "Café Kestrel ApS"),
    ],
)
def test_an_ordinary_variant_is_not_material(left: str, right: str) -> None:
    assert compare(left, right).verdict is not Verdict.MATERIAL


@pytest.mark.parametrize(
    ("left", "right", "profile"),
    [
        ("Ethical Metals Ltd", "Unethical Metals Ltd", "general"),
        ("Regular Freight Inc", "Irregular Freight Inc", "general"),
        ("The Aldous Paternal Fund", "The Aldous Maternal Fund", "general"),
        ("Robin Castell and Paula Venn Trading Ltd", "Robin Castell Trading Ltd", "general"),
        ("Kasim al-Jabri", "Ingeborg Sandvik", "sanctions"),
        ("Pedro Quiroga", "Lena Hofmann", "sanctions"),
    ],
)
def test_what_cannot_be_one_name_is_material(left: str, right: str, profile: str) -> None:
    assert compare(left, right, profile).verdict is Verdict.MATERIAL


@pytest.mark.parametrize(
    ("left", "right"),
    [("Jamil Hamieh", "Jameel Hamiyeh"), ("Waseem Rauf Loan", "Wasim Raouf Loun")],
)
def test_two_doubts_about_a_listed_person_stay_with_a_reviewer(left: str, right: str) -> None:
    assert compare(left, right, "sanctions").verdict is not Verdict.MATERIAL


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("三島食品株式会社", "Nissan Motor Corporation"),
        ("한빛전자 주식회사", "Samyang Foods Co., Ltd."),
        ("فهد العتيبي", "Omar Said"),
        ("Сергей Иванов", "Pavel Kuznetsov"),
    ],
)
def test_names_in_two_scripts_that_share_no_reading_are_no_match_for_sanctions(left: str, right: str) -> None:
    assert compare(left, right, "sanctions").verdict is not Verdict.IMMATERIAL
