"""The verdict algebra: the worst difference decides, the model only where a profile asks it."""

import pytest

from matching.engine import Context, Thresholds, Verdict, compare
from matching.engine.categories import CategoryCase, CategoryId
from matching.engine.policy import (
    MIN_MATERIAL_PROBABILITY,
    SHARED_NAME_RATE,
    PolicyDecision,
    apply_identifiers,
    decide_by_search,
    decide_verdict,
    get_finding_effect,
    needs_model,
)
from matching.engine.profiles import ALL_PROFILE_IDS, PROFILE_IDS, get_profile, load_categories, load_profiles
from matching.engine.types import DecisionSource, Effect, Finding, UnknownProfileError

BAND = Thresholds(immaterial_below=0.1, material_above=0.9)
GENERAL = get_profile("general")


def one(category: str, weight: float = 1.0, detail: str = "") -> Finding:
    return Finding(CategoryId(category), (0, 1), (0, 1), detail, weight)


def test_nothing_but_rule_equal_differences_is_immaterial_whatever_the_model_says() -> None:
    decision = decide_verdict([one("O01"), one("O08")], GENERAL, 0.99, BAND)
    assert (decision.verdict, decision.probability) == (Verdict.IMMATERIAL, SHARED_NAME_RATE)
    assert not needs_model([one("O01"), one("O08")], GENERAL)


@pytest.mark.parametrize("id_", ALL_PROFILE_IDS)
def test_a_profile_judges_only_known_cases_of_known_categories(id_: str) -> None:
    cases = [case.split("/") for case in get_profile(id_).cases]
    assert all(CategoryId(category) and CategoryCase(detail) for category, detail in cases)


def test_one_material_difference_outweighs_everything_else() -> None:
    decision = decide_verdict([one("O01"), one("O11"), one("O20")], GENERAL, 0.01, BAND)
    assert (decision.verdict, decision.probability, decision.decisive_index) == (
        Verdict.MATERIAL,
        MIN_MATERIAL_PROBABILITY,
        2,
    )


@pytest.mark.parametrize(
    ("probability", "verdict"), [(0.02, Verdict.IMMATERIAL), (0.5, Verdict.REVIEW), (0.95, Verdict.MATERIAL)]
)
def test_the_model_decides_with_a_band_of_abstention(probability: float, verdict: Verdict) -> None:
    assert decide_verdict([one("O18")], GENERAL, probability, BAND).verdict is verdict


def test_a_review_difference_stays_a_review_however_sure_the_model_is_of_sameness() -> None:
    assert decide_verdict([one("O11")], GENERAL, 0.001, BAND).verdict is Verdict.REVIEW


def test_two_review_differences_in_distinctive_words_are_material() -> None:
    assert decide_verdict([one("I08"), one("I16")], GENERAL, 0.6, BAND).verdict is Verdict.MATERIAL
    assert decide_verdict([one("O11"), one("O40")], GENERAL, 0.6, BAND).verdict is Verdict.REVIEW


def test_two_doubts_that_the_model_takes_for_one_name_go_to_a_person() -> None:
    decision = decide_verdict([one("I08"), one("I16")], GENERAL, 0.2, BAND)
    assert (decision.verdict, decision.decided_by) == (
        Verdict.REVIEW,
        DecisionSource.RULE_AND_MODEL_DISAGREE,
    )


def test_the_model_may_tell_two_words_apart_that_a_profile_sends_to_a_person() -> None:
    kyc = get_profile("kyc")
    assert decide_verdict([one("O18")], kyc, 0.95, BAND).verdict is Verdict.MATERIAL
    assert decide_verdict([one("O18")], kyc, 0.95, BAND).decided_by is DecisionSource.MODEL
    assert decide_verdict([one("O18")], kyc, 0.89, BAND).verdict is Verdict.REVIEW


@pytest.mark.parametrize("category", ["O18", "O11", "I05", "I15", "I20"])
def test_the_model_never_answers_immaterial_where_a_profile_asks_for_a_person(category: str) -> None:
    assert decide_verdict([one(category)], get_profile("kyc"), 0.0, BAND).verdict is Verdict.REVIEW


@pytest.mark.parametrize("category", ["O11", "O40", "I15", "I20"])
def test_what_only_a_document_settles_is_not_material_by_the_model(category: str) -> None:
    assert decide_verdict([one(category)], get_profile("kyc"), 0.99, BAND).verdict is Verdict.REVIEW


def test_only_a_decision_has_a_confidence_and_only_a_review_a_leaning() -> None:
    review = PolicyDecision(Verdict.REVIEW, 0.3, 0, DecisionSource.RULE)
    assert (review.confidence, review.leaning, review.leaning_probability) == (None, Verdict.IMMATERIAL, 0.7)
    decided = PolicyDecision(Verdict.MATERIAL, 0.9, 0, DecisionSource.RULE)
    assert (decided.confidence, decided.leaning, decided.leaning_probability) == (0.9, None, None)


def test_a_connecting_word_alone_is_left_to_the_model() -> None:
    assert get_finding_effect(one("O25", weight=0.1), GENERAL) is Effect.MODEL
    assert get_finding_effect(one("O25", weight=0.9), GENERAL) is Effect.MATERIAL


def test_a_loose_translation_of_a_form_is_reviewed() -> None:
    assert get_finding_effect(one("O09"), GENERAL) is Effect.EQUAL
    assert get_finding_effect(one("O09", detail="loose"), GENERAL) is Effect.REVIEW


def test_when_rule_and_model_disagree_about_another_word_a_person_decides() -> None:
    assert decide_verdict([one("O26")], GENERAL, 0.05, BAND).verdict is Verdict.REVIEW
    assert decide_verdict([one("O26")], GENERAL, 0.5, BAND).verdict is Verdict.MATERIAL
    assert decide_verdict([one("O26"), one("O20")], GENERAL, 0.05, BAND).verdict is Verdict.MATERIAL


def test_the_search_decides_and_what_it_disregards_can_be_for_review() -> None:
    equal, review, material = Effect.EQUAL, Effect.REVIEW, Effect.MATERIAL
    broken = decide_by_search(is_equal=False, effects=(equal, review, material))
    assert (broken.verdict, broken.decisive_index) == (Verdict.MATERIAL, 2)
    doubted = decide_by_search(is_equal=True, effects=(equal, review))
    assert (doubted.verdict, doubted.decisive_index) == (Verdict.REVIEW, 1)
    assert decide_by_search(is_equal=True, effects=(equal, equal)).verdict is Verdict.IMMATERIAL
    assert decide_by_search(is_equal=True, effects=()).verdict is Verdict.IMMATERIAL


def test_identifiers_settle_a_review_but_never_the_sufficiency_of_a_document() -> None:
    open_ = PolicyDecision(Verdict.REVIEW, 0.5, 0, DecisionSource.RULE)
    same = Context(identifiers_left={"lei": "X"}, identifiers_right={"lei": "X"})
    other = Context(identifiers_left={"lei": "X"}, identifiers_right={"lei": "Y"})
    assert apply_identifiers(open_, GENERAL, same).verdict is Verdict.IMMATERIAL
    assert apply_identifiers(open_, GENERAL, other).verdict is Verdict.MATERIAL
    partly = Context(identifiers_left={"lei": "X", "vat": "1"}, identifiers_right={"lei": "X", "vat": "2"})
    assert apply_identifiers(open_, GENERAL, partly).verdict is Verdict.MATERIAL
    assert apply_identifiers(open_, get_profile("lc"), same).verdict is Verdict.REVIEW
    assert apply_identifiers(open_, GENERAL, Context(identifiers_left={"lei": "X"})).verdict is Verdict.REVIEW


def test_identifiers_that_contradict_equal_names_send_them_to_a_person() -> None:
    same = Context(identifiers_left={"lei": "X"}, identifiers_right={"lei": "X"})
    other = Context(identifiers_left={"lei": "X"}, identifiers_right={"lei": "Y"})
    for profile in ("general", "kyc", "sanctions"):
        equal = compare("Acme, Inc.", "ACME Incorporated", profile, context=same)
        assert equal.verdict is Verdict.IMMATERIAL
        assert compare("Acme", "Acme", profile, context=other).verdict is Verdict.REVIEW
    assert compare("Acme, Inc.", "Acme Inc.", "lc", context=other).verdict is Verdict.IMMATERIAL
    assert compare("Acme II LP", "Acme III LP", "kyc", context=other).verdict is Verdict.MATERIAL
    doubted = compare("Acme, Inc.", "ACME Incorporated", "kyc", context=other)
    assert (doubted.decided_by, doubted.missing_fact) == ("identifiers", "which of the identifiers are right")
    assert "two parties of one name" in doubted.reason


def test_every_profile_judges_every_category() -> None:
    assert tuple(load_profiles()) == PROFILE_IDS
    assert len(load_categories()) == 67
    for regime in load_profiles().values():
        assert set(regime.effects) == set(load_categories()), regime.id


def test_every_category_that_is_reviewed_names_the_missing_fact() -> None:
    reviewed = {
        id_
        for regime in load_profiles().values()
        for id_, effect in regime.effects.items()
        if effect == "review"
    }
    silent = {id_ for id_ in reviewed if not load_categories()[id_].missing} - {"O01", "O06", "O07", "O08"}
    assert silent <= {"I01", "I02", "I06", "I14"}


def test_an_unknown_profile_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownProfileError, match="general, ucc, strict"):
        get_profile("nonsense")
