"""An answer in the words and rows of the page."""

import pytest

from matching.engine import Effect, Verdict, load_categories, load_profiles
from matching.pages import presenter


def test_every_verdict_and_every_effect_has_words_and_a_symbol() -> None:
    assert set(presenter.VERDICT_TEXTS) == {verdict.value for verdict in Verdict}
    assert set(presenter.EFFECT_TEXTS) == {effect.value for effect in Effect}


@pytest.mark.parametrize(
    ("share", "written"),
    [(0.9999, "over 99.9 %"), (0.995, "99.5 %"), (0.9, "90 %"), (0.5, "50 %"), (0.004, "0.4 %")],
)
def test_a_probability_is_written_as_exactly_as_it_means_something(share: float, written: str) -> None:
    assert presenter.format_percent(share) == written


def test_the_reason_does_not_repeat_the_heading() -> None:
    judged = presenter.get_verdict_badge("review")
    assert presenter.write_reason(judged, "A person must look: typo (“a” / “b”).") == "Typo (“a” / “b”)."
    assert presenter.write_reason(judged, "") == judged.meaning


def test_a_legal_form_is_shown_with_its_codes() -> None:
    codes = [
        {"jurisdiction": "DE", "elf": "2HBR"},
        *[{"jurisdiction": f"X{n}", "elf": "0000"} for n in range(5)],
    ]
    form = {"text": "GmbH", "label": "Gesellschaft mit beschränkter Haftung", "codes": codes}
    [row] = presenter.build_part_rows({"legal_forms": [form]}, {})
    assert row.label == "Legal form"
    assert row.left[0].startswith("GmbH: Gesellschaft mit beschränkter Haftung · ELF 2HBR (DE)")
    assert row.left[0].endswith("and 3 more")
    assert row.right == ()


def test_a_legal_form_written_from_the_right_does_not_turn_its_codes() -> None:
    codes = [{"jurisdiction": "BH", "elf": "JNJI"}]
    form = {"text": "ذ.م.م", "label": "W.L.L.", "codes": codes}
    [row] = presenter.build_part_rows({"legal_forms": [form]}, {})
    assert row.left == ("\u2068ذ.م.م\u2069: W.L.L. · ELF JNJI (BH)",)


def test_numbers_are_shown_with_their_value_and_appended_parts_with_their_kind() -> None:
    left = {
        "numerals": [{"text": "II", "value": "2"}, {"text": "3", "value": "3"}],
        "appended": [{"category": "O29", "text": "dba Best"}],
    }
    rows = {row.label: row.left for row in presenter.build_part_rows(left, {})}
    assert rows["Numbers"] == ("II = 2", "3")
    assert rows["Appended parts"] == (f"dba Best ({load_categories()['O29'].title.lower()})",)


def test_a_person_is_shown_by_the_parts_of_a_person() -> None:
    person = {"kind": "individual", "surname": ["Smith"], "given": ["John"], "suffix": "jr", "titles": []}
    rows = presenter.build_part_rows(person, person)
    assert [(row.label, row.left) for row in rows] == [
        ("Surname", ("Smith",)),
        ("Given name", ("John",)),
        ("Suffix", ("jr",)),
    ]


def test_bars_grow_from_the_middle_and_sum_up_what_is_small() -> None:
    weights = {f"o_word_{n}": 1.0 / (n + 1) for n in range(12)}
    bars = presenter.build_bars({**weights, "o_slips": -2.0, "baseline": -0.5, "calibration": 0.1})
    assert (bars[0].label, bars[0].start, bars[0].width) == ("Slips", 0.0, 100.0)
    assert (bars[1].label, bars[1].start, bars[1].width) == ("Word 0", 100.0, 50.0)
    assert bars[-2].label == "5 others together"
    assert bars[-1].value == pytest.approx(-0.4)
    assert sum(bar.value for bar in bars) == pytest.approx(sum(weights.values()) - 2.4)
    assert presenter.build_bars({}) == ()


def test_every_profile_can_be_chosen_and_explains_itself() -> None:
    assert [choice["id"] for choice in presenter.list_profile_choices()] == list(load_profiles())
    assert all(choice["summary"] for choice in presenter.list_profile_choices())
    assert presenter.get_profile_choice("withdrawn")["title"] == "withdrawn"


@pytest.mark.parametrize(
    ("name", "written"),
    [("Acme", "ltr"), ("123 שלום", "rtl"), ("شركة ABC", "rtl"), ("…", "ltr"), ("", "ltr")],
)
def test_the_first_letter_with_a_direction_decides(name: str, written: str) -> None:
    assert presenter.get_text_direction(name) == written


def test_a_decision_states_its_confidence_and_a_review_only_its_leaning() -> None:
    decided = {"confidence": 0.995, "leaning": None, "leaning_probability": None}
    review = {"confidence": None, "leaning": "immaterial", "leaning_probability": 0.86}
    assert presenter.describe_certainty(decided) == "99.5 % confidence"
    assert presenter.describe_certainty(review) == "leaning to immaterial, probability 86 %"
    assert presenter.describe_certainty({**review, "leaning_probability": 0.52}) == "no clear leaning"
    assert presenter.explain_certainty({**review, "leaning_probability": 0.52}) == ""
    assert presenter.explain_certainty({**review, "leaning_probability": 0.9}) == "the likelier answer; "


def test_a_review_says_which_way_it_leans_and_why_the_model_did_not_decide() -> None:
    assert presenter.describe_leaning("material", 0.86) == "leaning to material"
    assert presenter.describe_leaning("immaterial", 0.5) == "no clear leaning"
    assert presenter.describe_leaning(None, None) == ""
    assert "not sure enough" in presenter.describe_decider("model", "review")
    assert presenter.describe_decider("model", "material").startswith("The model decided")
