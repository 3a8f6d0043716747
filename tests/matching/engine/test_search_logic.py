"""Standard search logic, step by step, against the rule's own illustrations."""

import pytest

from matching.engine.search_logic import (
    MODEL_RULES,
    SEARCH_LOGICS,
    build_organisation_stages,
    build_search_key,
)


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        ("ACME HOLDINGS LLC", "Acme Holdings, L.L.C.", True),
        ("Smith & Sons, Inc.", "Smith and Sons Corporation", True),
        ("The Acme Company", "Acme", True),
        ("Clear water Solutions, Inc.", "Clearwater Solutions Inc", True),
        ("Société Générale SA", "Societe Generale", True),
        ("1 Elm Blvd., LLC", "1 Elm Boulevard, LLC", False),
        ("Fund II LP", "Fund 2 LP", False),
        ("Bank Trust Services LLC", "Trust Services LLC", False),
        ("QRS Laboratories, Inc.", "QRS Labratories, Inc.", False),
        ("M & P Haulage Ltd", "M P Haulage Ltd", False),
    ],
)
def test_the_model_logic_discloses_what_the_rule_says(left: str, right: str, equal: bool) -> None:
    assert (build_search_key(left) == build_search_key(right)) is equal


def test_one_ending_is_disregarded_and_all_where_the_office_repeats() -> None:
    assert build_search_key("Acme Co., Inc.") == "ACMECO"
    repeating = SEARCH_LOGICS["US-TX"].__class__(repeat_endings=True)
    assert build_search_key("Acme Co., Inc.", repeating) == "ACME"


def test_the_whole_name_is_never_stripped_away() -> None:
    assert build_search_key("Trust Company") == "TRUST"
    assert build_search_key("The Bank") == "BANK"


def test_north_carolina_keeps_ampersands_and_spaces_apart() -> None:
    logic = SEARCH_LOGICS["US-NC"]
    assert build_search_key("Smith & Sons Inc", logic) != build_search_key("Smith and Sons Inc", logic)
    assert build_search_key("Clear water Inc", logic) != build_search_key("Clearwater Inc", logic)


def test_florida_has_no_standard_search_logic() -> None:
    assert build_search_key("Acme, Inc.", SEARCH_LOGICS["US-FL"]) != build_search_key(
        "Acme Inc.", SEARCH_LOGICS["US-FL"]
    )


def test_every_step_is_shown_in_the_order_of_the_rule() -> None:
    titles = [title for title, _ in build_organisation_stages("The A & B Co.", MODEL_RULES)]
    assert titles == [
        "as received",
        "case ignored",
        "& becomes AND",
        "punctuation and accents deleted",
        "ending noise words disregarded",
        "leading THE disregarded",
        "spaces deleted",
    ]
