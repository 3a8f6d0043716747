"""The comparison as a whole: verdicts people expect, symmetry, and any input whatever."""

import json
import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from matching.engine import (
    FEATURE_NAMES,
    MAX_NAME_LENGTH,
    PROFILE_IDS,
    Comparison,
    Context,
    EmptyNameError,
    EngineError,
    UnknownKindError,
    UnknownProfileError,
    Verdict,
    compare,
    compare_profiles,
    load_default_scorer,
    score_many,
    score_many_with_reasons,
)
from matching.engine.text.tokenise import tokenise_name

NAMES = st.text(
    alphabet=st.one_of(
        st.characters(codec="utf-8"), st.sampled_from("ABCabc ,.&()/-'\u200b\u202eООО株式会社éü0123IVXllc")
    ),
    max_size=60,
)
REALISTIC = st.lists(
    st.sampled_from(
        [
         "Acme", "ACME", "Acne", "Holdings", "Fund", "II", "2", "III", "&",
         "and", "The", "Intl", "International", "LLC", "L.L.C.", "Inc.", "GmbH", "株式会社",
         "ООО", "Ромашка", "Romashka", "John", "J.", "Smith", "Jr.", "d/b/a", "(UK)",
        ]
    ),
    min_size=1,
    max_size=7,
).map(" ".join)  # fmt: skip


@pytest.mark.parametrize(
    ("left", "right", "profile", "verdict"),
    [
        ("Acme, Inc.", "ACME Incorporated", "general", "immaterial"),
        ("Fund II LP", "Fund III LP", "general", "material"),
        ("1 Elm Blvd., LLC", "1 Elm Boulevard, LLC", "ucc", "material"),
        ("1 Elm Blvd., LLC", "1 Elm Boulevard, LLC", "kyc", "immaterial"),
        ("Smith & Sons Ltd", "Smith and Sons Limited", "general", "immaterial"),
        ("Smith & Sons Ltd", "Smith and Sons Limited", "lc", "review"),
        ("Acme LLC", "Acme, Inc.", "general", "material"),
        ("Acme LLC", "Acme, Inc.", "sanctions", "review"),
        ("Acme LLC", "Acme", "general", "review"),
        ("ACME LLC", "Acme LLC", "strict", "review"),
        ("Acme LLC", "Acme, LLC", "strict", "material"),
        ("Müller GmbH", "Mueller GmbH", "general", "immaterial"),
        ("Müller GmbH", "Mueller GmbH", "ucc", "material"),
        ("John A. Smith", "John B. Smith", "general", "material"),
        ("John A. Smith", "Smith, John Allen", "ucc", "immaterial"),
        ("John Smith Jr.", "John Smith Sr.", "general", "material"),
        ("John Edgar Hoover", "Edgar Hoover", "general", "review"),
        ("Tran Thi Mai", "Mai Tran", "general", "review"),
        ("Wm. Smith", "William Smith", "general", "review"),
        ("Mary Smith (née Jones)", "Mary Jones", "general", "review"),
        ("Mary Smith (née Jones)", "Mary Brown", "general", "material"),
        ("S. Narayanan", "Subramanian Narayanan", "general", "review"),
        ("Estate of Jane Doe, deceased", "Estate of Jane Doe", "general", "review"),
        ("Chas. A. Smith", "Charles A. Smith", "general", "review"),
        ("Acme Ltd (in liquidation)", "Acme Ltd", "general", "review"),
        ("Bank of X, N.A., as Trustee of the Y Trust", "Bank of X, N.A.", "general", "material"),
        ("株式会社アクメ", "アクメ株式会社", "general", "review"),
        ("ООО «Ромашка»", "Общество с ограниченной ответственностью Ромашка", "general", "immaterial"),
    ],
)
def test_a_pair_gets_the_verdict_its_profile_gives(left: str, right: str, profile: str, verdict: str) -> None:
    assert compare(left, right, profile).verdict.value == verdict


@pytest.mark.parametrize("profile", PROFILE_IDS)
def test_prediction_confidence_and_verdict_agree(profile: str) -> None:
    for pair in (
        ("Acme, Inc.", "ACME Incorporated"),
        ("Fund II LP", "Fund III LP"),
        ("Taloon Co", "Talloon Co"),
    ):
        found = compare(*pair, profile)
        assert found.prediction == (found.material_probability >= 0.5) or found.verdict is not Verdict.REVIEW
        likelier = found.material_probability if found.prediction else 1 - found.material_probability
        if found.verdict is Verdict.REVIEW:
            assert found.confidence is None
            assert found.leaning is (Verdict.MATERIAL if found.prediction else Verdict.IMMATERIAL)
            assert found.leaning_probability == pytest.approx(likelier)
        else:
            assert found.confidence == pytest.approx(likelier)
            assert (found.leaning, found.leaning_probability) == (None, None)
        assert (found.missing_fact is not None) == (found.verdict is Verdict.REVIEW)


def readable(name: str) -> bool:
    try:
        return bool(tokenise_name(name).tokens)
    except EmptyNameError:
        return False


@settings(max_examples=150, deadline=None)
@given(NAMES, NAMES)
def test_any_two_texts_get_an_answer_or_a_clear_refusal(left: str, right: str) -> None:
    if not (readable(left) and readable(right)):
        with pytest.raises(EmptyNameError, match="letter or digit"):
            compare(left, right)
        return
    found = compare(left, right)
    json.dumps(found.to_dict())
    for item in found.differences:
        assert item.text1 == (left[slice(*item.span1)] if item.span1 else "")
        assert item.text2 == (right[slice(*item.span2)] if item.span2 else "")


def mirrored(found: Comparison) -> list[tuple[object, ...]]:
    return sorted(
        (item.category, item.span2 or (), item.span1 or (), item.effect) for item in found.differences
    )


@settings(max_examples=150, deadline=None)
@example("Acme Acme 2", "2 Acme Acme", "ucc")
@given(REALISTIC, REALISTIC, st.sampled_from(PROFILE_IDS))
def test_swapping_the_sides_swaps_the_explanation_and_keeps_the_verdict(
    left: str, right: str, profile: str
) -> None:
    try:
        one, other = compare(left, right, profile), compare(right, left, profile)
    except EmptyNameError:
        return
    assert (one.verdict, one.material_probability) == (other.verdict, other.material_probability)
    assert mirrored(one) == sorted(
        (d.category, d.span1 or (), d.span2 or (), d.effect) for d in other.differences
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(REALISTIC, REALISTIC), min_size=1, max_size=5), st.sampled_from(PROFILE_IDS))
def test_bulk_scores_are_the_answers_one_by_one(pairs: list[tuple[str, str]], profile: str) -> None:
    for (left, right), score in zip(pairs, score_many(pairs, profile), strict=True):
        if isinstance(score, ValueError):
            assert isinstance(score, EmptyNameError)
            continue
        alone = compare(left, right, profile)
        assert (score.verdict, score.prediction) == (alone.verdict, alone.prediction)
        assert score.material_probability == pytest.approx(alone.material_probability, abs=1e-9)
        assert set(score.categories) == {item.category for item in alone.differences}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(REALISTIC, REALISTIC), min_size=1, max_size=5), st.sampled_from(PROFILE_IDS))
def test_bulk_reasons_are_those_of_the_answers_one_by_one(pairs: list[tuple[str, str]], profile: str) -> None:
    scores = score_many(pairs, profile)
    for (left, right), score, told in zip(
        pairs, scores, score_many_with_reasons(pairs, profile), strict=True
    ):
        if isinstance(told, ValueError):
            assert isinstance(score, EmptyNameError)
            continue
        alone = compare(left, right, profile)
        assert told.score == score
        assert (told.reason, told.missing_fact) == (alone.reason, alone.missing_fact)


def test_all_profiles_at_once_say_what_each_says_alone() -> None:
    pair = ("1 Elm Blvd., LLC", "1 Elm Boulevard, LLC")
    together = compare_profiles(*pair)
    assert tuple(together) == PROFILE_IDS
    assert together == {id_: compare(*pair, id_) for id_ in PROFILE_IDS}


def test_a_bad_pair_in_bulk_keeps_the_others() -> None:
    scores = score_many([("Acme", "Acme"), ("", "x"), ("x" * (MAX_NAME_LENGTH + 1), "x")])
    assert not isinstance(scores[0], ValueError)
    assert [type(score).__name__ for score in scores[1:]] == ["EmptyNameError", "NameTooLongError"]


def test_unknown_arguments_are_refused_with_the_choices() -> None:
    with pytest.raises(UnknownProfileError, match="general"):
        compare("a", "b", profile="x")
    with pytest.raises(UnknownKindError, match="individual"):
        compare("a", "b", kind="robot")
    assert issubclass(UnknownKindError, EngineError)
    assert issubclass(EngineError, ValueError)


def test_a_rule_equal_pair_never_asks_the_model() -> None:
    found = compare("Acme, Inc.", "ACME Incorporated")
    assert (found.decided_by, dict(found.contributions)) == ("rule", {})


def test_contributions_add_up_to_the_log_odds_and_are_named() -> None:
    found = compare("Kestrel International Group", "Kestrel Group International")
    odds = found.material_probability / (1 - found.material_probability)
    assert sum(found.contributions.values()) == pytest.approx(math.log(odds), abs=1e-6)
    assert set(found.contributions) <= {*FEATURE_NAMES, "baseline", "calibration"}


def test_the_jurisdiction_the_caller_gives_decides_what_a_form_is() -> None:
    alone = compare("Acme Inc.", "Acme Corp.")
    idaho = compare(
        "Acme Inc.", "Acme Corp.", context=Context(jurisdiction_left="US-ID", jurisdiction_right="US-ID")
    )
    assert alone.verdict is Verdict.MATERIAL
    assert idaho.verdict is Verdict.REVIEW
    assert "one legal form in that jurisdiction" in idaho.reason


def test_the_search_logic_of_the_office_is_used_where_its_text_is_known() -> None:
    carolina = Context(jurisdiction_left="US-NC", jurisdiction_right="US-NC")
    assert compare("Smith & Sons Inc", "Smith and Sons Inc", "ucc").verdict is Verdict.REVIEW
    assert (
        compare("Smith & Sons Inc", "Smith and Sons Inc", "ucc", context=carolina).verdict is Verdict.MATERIAL
    )


def test_montana_wants_the_exact_first_name_and_reads_middle_names_by_their_initials() -> None:
    montana = Context(jurisdiction_left="US-MT", jurisdiction_right="US-MT")
    assert compare("John A. Smith", "J Smith", "ucc").verdict is Verdict.IMMATERIAL
    assert compare("John A. Smith", "J Smith", "ucc", context=montana).verdict is Verdict.MATERIAL
    assert compare("John Allen Smith", "John Adam Smith", "ucc").verdict is Verdict.MATERIAL
    assert compare("John Allen Smith", "John Adam Smith", "ucc", context=montana).verdict is Verdict.REVIEW


def test_parsed_names_say_what_each_word_was_taken_for() -> None:
    company = compare("Acme Fund II GmbH", "Acme Fund II GmbH").to_dict()["left"]
    assert (company["stem"], company["numerals"]) == (["Acme", "Fund", "II"], [{"text": "II", "value": "2"}])
    assert {"jurisdiction": "DE", "elf": "2HBR"} in company["legal_forms"][0]["codes"]
    person = compare("Dr. Ludwig van Beethoven Jr.", "Ludwig Beethoven").to_dict()["left"]
    assert (person["titles"], person["particles"], person["suffix"]) == (["Dr"], ["van"], "jr")


def test_the_answer_names_the_model_and_the_rules_it_came_from() -> None:
    found = compare("Acme", "Acme").to_dict()
    assert found["model"] == {"name": load_default_scorer().name, "version": load_default_scorer().version}
    assert found["profile"]["version"]
    assert "not" not in found["reason"]


@pytest.mark.parametrize("profile", ["general", "kyc", "contract"])
@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Владимир Сергеевич Орлов", "Vladimir Sergeevich Orlov"),
        ("محمد علي حسن", "Mohammed Ali Hassan"),
        ("דוד כהן", "David Cohen"),
        ("Γιώργος Παπαδόπουλος", "Giorgos Papadopoulos"),
        ("ルーデン・ホールディングス株式会社", "Ruden Holdings Co., Ltd."),
        ("ООО Ромашка Трейд Сервис", "OOO Romashka Treid Servis"),
        ("中國建設銀行股份有限公司", "中国建设银行股份有限公司"),
        ("渡邊太郎", "渡辺太郎"),
    ],
)
def test_names_of_several_words_in_another_script_go_to_a_person(left: str, right: str, profile: str) -> None:
    assert compare(left, right, profile).verdict is Verdict.REVIEW


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Peter Muller", "Peter Miller"),
        ("John Smith", "John Smyth"),
        ("Anna Hansen", "Anna Hanson"),
        ("Tatiana Petrova", "Tatiana Petrov"),
        ("James McDonald", "James MacDonald"),
    ],
)
def test_two_surnames_that_both_exist_go_to_a_person_however_near(left: str, right: str) -> None:
    assert compare(left, right, kind="individual").verdict is Verdict.REVIEW


def test_a_surname_with_a_slip_of_the_pen_is_left_to_the_model() -> None:
    assert compare("Gerald Thompson", "Gerald Thomspon").decided_by == "model"


def test_a_suffix_that_is_written_otherwise_is_named() -> None:
    found = compare("John Smith III", "John Smith 3rd")
    assert found.verdict == "immaterial"
    assert [(item.text1, item.text2) for item in found.differences] == [("III", "3rd")]
