"""Every organisation category of the taxonomy is found, located, and the same from both sides."""

import pytest

from matching.engine import Difference, compare

CASES = [
    ("O01", "ACME HOLDINGS LLC", "Acme Holdings LLC", "ACME HOLDINGS", "Acme Holdings"),
    ("O02", "Clearwater Solutions, Inc.", "Clear water Solutions, Inc.", "Clearwater", "Clear water"),
    ("O02", "Kraftwerk Systems Ltd", "Kraft werk Systems Ltd", "Kraftwerk", "Kraft werk"),
    ("O02", "L A M Y Pens Ltd", "Lamy Pens Ltd", "L A M Y", "Lamy"),
    ("O03", "Acme, Inc.", "Acme Inc.", ", ", " "),
    ("O04", "Smith & Sons Ltd", "Smith and Sons Ltd", "&", "and"),
    ("O04", "Pérez y Hijos SA", "Pérez & Hijos SA", "y", "&"),
    ("O05", "M & P Haulage Ltd", "M P Haulage Ltd", "&", ""),
    ("O06", "Société Générale", "Societe Generale", "Société Générale", "Societe Generale"),
    ("O06", "Müller GmbH", "Mueller GmbH", "Müller", "Mueller"),
    ("O07", "The Acme Company", "Acme Company", "The", ""),
    ("O08", "Acme Incorporated", "Acme, Inc.", "Incorporated", "Inc"),
    ("O08", "Orbis Limited Liability Company", "Orbis L.L.C.", "Limited Liability Company", "L.L.C."),
    (
        "O09",
        "Beispiel Gesellschaft mit beschränkter Haftung",
        "Beispiel GmbH",
        "Gesellschaft mit beschränkter Haftung",
        "GmbH",
    ),
    ("O08", "株式会社トヨタ", "トヨタ株式会社", "株式会社", "株式会社"),
    ("O06", "Cafe\u0301 Azur SA", "Café Azur SA", "Cafe\u0301", "Café"),
    ("O26", "Orla Ltd formerly Ora Ltd", "Orla Ltd formerly Ava Ltd", "formerly Ora Ltd", "formerly Ava Ltd"),
    ("O10", "Acme LLC", "Acme, Inc.", "LLC", "Inc"),
    ("O10", "Muster GmbH", "Muster GmbH & Co. KG", "GmbH", "GmbH & Co. KG"),
    ("O11", "Larkspur Holdings", "Larkspur Holdings, Inc.", "", "Inc"),
    ("O12", "Acme Co., Inc.", "Acme, Inc.", "Co., Inc", "Inc"),
    ("O13", "Acme plc", "Acme Limited", "plc", "Limited"),
    ("O14", "Bank Trust Services LLC", "Trust Services LLC", "Bank", ""),
    ("O15", "88 Harbour Boulevard, LLC", "88 Harbour Blvd., LLC", "Boulevard", "Blvd"),
    ("O15", "Orion Intl Ltd", "Orion International Ltd", "Intl", "International"),
    ("O15", "Jade Imp. & Exp. Co., Ltd.", "Jade Import and Export Co., Ltd.", "Imp", "Import"),
    ("O16", "Universal Widget Makers Corporation", "UWM Corporation", "Universal Widget Makers", "UWM"),
    ("O17", "QRS Laboratories, Inc.", "QRS Labratories, Inc.", "Laboratories", "Labratories"),
    ("O18", "Han Seok Trading Co., Ltd.", "Han Seon Trading Co. Ltd.", "Seok", "Seon"),
    ("O18", "Emma Tel LLC", "Ematel LLC", "Emma Tel", "Ematel"),
    ("O19", "Kwik Foods Ltd", "Quick Foods Ltd", "Kwik", "Quick"),
    ("O20", "Acme Fund II LP", "Acme Fund III LP", "II", "III"),
    ("O20", "Acme Fund LP", "Acme Fund 2 LP", "", "2"),
    ("O20", "Lark Trust 2004-1", "Lark Trust 2004-2", "1", "2"),
    ("O20", "Lark Fund Series A", "Lark Fund Series B", "A", "B"),
    ("O21", "Fund II LP", "Fund 2 LP", "II", "2"),
    ("O21", "Twenty-First Street Bakery", "21st Street Bakery", "Twenty-First", "21st"),
    ("O21", "Second Street Bakery", "2nd Street Bakery", "Second", "2nd"),
    ("O22", "Acme (UK) Ltd", "Acme Ltd", "UK", ""),
    ("O22", "Zephyr France SAS", "Zephyr Spain SAS", "France", "Spain"),
    ("O23", "Acme LLC (Delaware)", "Acme LLC", "Delaware", ""),
    ("O23", "Helio Corp /FL/", "Helio Corp", "FL", ""),
    ("O24", "Acme Holdings Ltd", "Acme Ltd", "Holdings", ""),
    ("O25", "Granite Ridge Paving, LLC", "Granite Ridge, LLC", "Paving", ""),
    ("O26", "Heron Foods, Inc.", "Heron Bakery, Inc.", "Foods", "Bakery"),
    ("O26", "Smith & Harbour Paints Ltd", "Smith Meadow Paints Ltd", "Harbour", "Meadow"),
    ("O26", "Delta Offshore Fund Ltd", "Delta Onshore Fund Ltd", "Offshore", "Onshore"),
    ("O26", "Delta Lessor LLC", "Delta Lessee LLC", "Lessor", "Lessee"),
    ("O27", "Brandt Trading USA Corp.", "Brandt USA Trading Corp.", "USA", "USA"),
    ("O28", "Hughes's Garage", "Hughes Garage", "Hughes's", "Hughes"),
    ("O28", "Summit Partner LP", "Summit Partners LP", "Partner", "Partners"),
    (
        "O29",
        "Meridian Supply Corporation d/b/a Meridian Tools",
        "Meridian Supply Corporation",
        "d/b/a Meridian Tools",
        "",
    ),
    ("O29", "Orla Ltd t/a Orla Cakes", "Orla Ltd", "t/a Orla Cakes", ""),
    (
        "O30",
        "Samuel Aldous & Company d/b/a Northern Lights",
        "Northern Lights",
        "Samuel Aldous & Company",
        "",
    ),
    (
        "O31",
        "Redwoodtec, LLC f/k/a Redwood Haulage, LLC",
        "Redwoodtec, LLC",
        "f/k/a Redwood Haulage, LLC",
        "",
    ),
    (
        "O32",
        "Alpina AG as successor by merger to Mobil AG",
        "Alpina AG",
        "as successor by merger to Mobil AG",
        "",
    ),
    ("O33", "Pedro Ruiz d/b/a Datahaus USA", "Data-Haus, USA, Inc.", "Pedro Ruiz", ""),
    ("O34", "Swift Kayaks, Division of Morven, Inc.", "Morven, Inc.", "Swift Kayaks", ""),
    ("O34", "Falcon Bank, London Branch", "Falcon Bank", "London Branch", ""),
    ("O35", "Bank of X, N.A., as Trustee of the Y Trust", "Bank of X, N.A.", "as Trustee of the Y Trust", ""),
    ("O36", "ООО Ромашка", "Romashka LLC", "Ромашка", "Romashka"),
    ("O37", "Zenith Optics Ltd", "Zenithoptics.com Ltd", "", "com"),
    (
        "O38",
        "International Consolidated Manufacturing Ho",
        "International Consolidated Manufacturing Holdings Limited",
        "Ho",
        "Holdings",
    ),
    ("O39", "Acme Oil Ltd", "Acme 0il Ltd", "Oil", "0il"),
    ("O39", "Асme Oil Ltd", "Acme Oil Ltd", "Асme", "Acme"),
    ("O40", "Acme Ltd (in liquidation)", "Acme Ltd", "in liquidation", ""),
]


def found(left: str, right: str) -> tuple[Difference, ...]:
    return compare(left, right, kind="organisation").differences


def test_a_difference_is_named_and_located(subtests: pytest.Subtests) -> None:
    for category, left, right, one, other in CASES:
        with subtests.test(f"{left} | {right}", category=category):
            hits = [(item.text1, item.text2) for item in found(left, right) if item.category == category]
            assert (one, other) in hits


def test_the_same_difference_is_found_from_the_other_side(subtests: pytest.Subtests) -> None:
    for category, left, right, one, other in CASES:
        with subtests.test(f"{right} | {left}", category=category):
            hits = [(item.text1, item.text2) for item in found(right, left) if item.category == category]
            assert (other, one) in hits


def test_two_differences_at_once_are_both_named() -> None:
    names = {item.category for item in found("The Acme Intl. Fund II LP", "ACME International Fund III L.P.")}
    assert {"O07", "O01", "O15", "O20"} <= names


def test_one_number_that_begins_another_is_not_a_name_cut_off() -> None:
    hits = found("Northwind Credit Income Fund II", "Northwind Credit Income Fund III LP")
    assert {item.category for item in hits} == {"O20", "O11"}


def test_a_number_apart_is_no_misspelt_word() -> None:
    assert "O20" in {item.category for item in found("Alpha II LP", "Alphai LP")}


def test_a_domain_inside_a_name_is_an_affix() -> None:
    assert [item.category for item in found("Zentrix.com Holdings Ltd", "Zentrix Holdings Ltd")] == ["O37"]


def test_a_look_alike_letter_is_seen_in_a_word_that_moved() -> None:
    names = {item.category for item in found("Brandt Tr\u0430ding USA Corp.", "Brandt USA Trading Corp.")}
    assert "O39" in names


def test_a_name_in_another_script_is_one_difference_however_many_words_it_has() -> None:
    hits = found("ООО Ромашка Трейд Сервис", "OOO Romashka Treid Servis")
    assert [item.category for item in hits] == ["O08", "O36"]


def test_identical_names_have_no_difference() -> None:
    assert found("Acme, Inc.", "Acme, Inc.") == ()


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Acme Holdings Ltd", "ACME HOLDINGS LTD."),
        ("A. B. Smith & Co", "AB Smith and Co"),
        ("S.A. Foo", "SA FOO"),
    ],
)
def test_writing_alone_never_touches_the_substance(left: str, right: str) -> None:
    assert {item.category for item in found(left, right)} <= {"O01", "O02", "O03", "O04"}


@pytest.mark.parametrize(
    ("left", "right", "categories"),
    [
        ("Acme, Inc., a Delaware corporation", "Acme, Inc.", {"O23"}),
        ("Acme, LLC (a New York limited liability company)", "Acme, LLC", {"O23"}),
        ("M/s. Sharma Traders", "Sharma Traders", {"O07"}),
        ("Messrs Sharma Traders", "Sharma Traders", {"O07"}),
        ("Acme Fund IV-A, L.P.", "Acme Fund IV, L.P.", {"O20"}),
        ("Northern Trust Corp", "Southern Trust Corp", {"O22"}),
        ("Chas. Vantor & Sons", "Charles Vantor & Sons", {"O15"}),
        ("Padaria Silva Ltda - ME", "Padaria Silva Ltda.", {"O09"}),
        ("Padaria Silva EIRELI ME", "Padaria Silva EIRELI", {"O09"}),
        ("Acme LLC ME", "Acme LLC", {"O23"}),
        ("Vantor, Inc. (EIN 12-3456789)", "Vantor, Inc.", {"O40"}),
        ("Vantor Ltd (Company No. 01234567)", "Vantor Ltd", {"O40"}),
        ("Vantor GmbH (HRB 123456)", "Vantor GmbH", {"O40"}),
        ("Vantor Ltd LEI 5493001KJTIIGC8Y1R12", "Vantor Ltd", {"O40"}),
        ("Vantor Ltd (Company No. 01234567)", "Vantor Ltd (Company No. 01234568)", {"O20"}),
        ("Vantor Hose Company No. 1", "Vantor Hose Company No. 2", {"O20"}),
        ("Stiftung Ein Platz", "Stiftung Platz", {"O25"}),
        ("Vantor Corp., a corporation organized under the laws of Delaware", "Vantor Corp.", {"O23"}),
        ("Vantor Corp., a corporation existing under the laws of the State of Ohio", "Vantor Corp.", {"O23"}),
        ("N. Main Holdings LLC", "North Main Holdings LLC", {"O15"}),
        ("Vantor Company, The", "Vantor Company", {"O07"}),
        ("Vantor Co., Inc., The", "The Vantor Co., Inc.", {"O07"}),
        ("Rocky Mt. Gas Inc", "Rocky Mountain Gas Inc", {"O15"}),
        ("Mt. Vernon Bank", "Mount Vernon Bank", {"O15"}),
        ("123 S Main LLC", "123 North Main LLC", {"O26"}),
        ("E Corp", "East Corp", {"O26"}),
        ("شركة الراجحي", "شركة الراجحى", {"O03"}),
        ("Vantor Ltd", "Vantor Tools Ltd f/k/a Vantor Hose Ltd", {"O25", "O31"}),
        ("Vantor Hose", "Quill Tools Ltd f/k/a The Vantor Hose Ltd", {"O31"}),
        ("Vantor Hollow Lake Orchard LLC", "Vantor Hollow Lake Orchards LLC", {"O28"}),
        ("Vantor Market Ltd", "Vantor Market Ltd Ltd", {"O08"}),
        ("АО Волжский Причал", "АО Quarrendon Причал", {"O26"}),
        ("АО Волжский Причал", "АО Volzhskiy Причал", {"O36"}),
        (" V. Medical Ltd", "Velbrook Medical Ltd", {"O26"}),
    ],
)
def test_what_people_write_around_and_in_names(left: str, right: str, categories: set[str]) -> None:
    for pair in ((left, right), (right, left)):
        assert {item.category for item in found(*pair)} - {"O02", "O03"} == categories - {"O02", "O03"}
