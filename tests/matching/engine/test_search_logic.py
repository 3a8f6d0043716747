"""Standard search logic, step by step, against the rule's own illustrations."""

import pytest

from matching.engine.search_logic import LOGICS, MODEL, organisation_key, organisation_stages


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
    assert (organisation_key(left) == organisation_key(right)) is equal


def test_one_ending_is_disregarded_and_all_where_the_office_repeats() -> None:
    assert organisation_key("Acme Co., Inc.") == "ACMECO"
    repeating = LOGICS["US-TX"].__class__(repeat_endings=True)
    assert organisation_key("Acme Co., Inc.", repeating) == "ACME"


def test_the_whole_name_is_never_stripped_away() -> None:
    assert organisation_key("Trust Company") == "TRUST"
    assert organisation_key("The Bank") == "BANK"


def test_north_carolina_keeps_ampersands_and_spaces_apart() -> None:
    logic = LOGICS["US-NC"]
    assert organisation_key("Smith & Sons Inc", logic) != organisation_key("Smith and Sons Inc", logic)
    assert organisation_key("Clear water Inc", logic) != organisation_key("Clearwater Inc", logic)


def test_florida_has_no_standard_search_logic() -> None:
    assert organisation_key("Acme, Inc.", LOGICS["US-FL"]) != organisation_key("Acme Inc.", LOGICS["US-FL"])


def test_every_step_is_shown_in_the_order_of_the_rule() -> None:
    titles = [title for title, _ in organisation_stages("The A & B Co.", MODEL)]
    assert titles == [
        "as received",
        "case ignored",
        "& becomes AND",
        "punctuation and accents deleted",
        "ending noise words disregarded",
        "leading THE disregarded",
        "spaces deleted",
    ]
