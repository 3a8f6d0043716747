"""Legal forms: found by what they are, related by code and jurisdiction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine.legal_forms.registry import ISO_EDITION, load_form_register, tokenise_spelling
from matching.engine.legal_forms.relation import (
    FormRelation,
    LegalForm,
    explain_form_relation,
    find_legal_forms,
    relate_forms,
)
from matching.engine.text.lexicon import load_yaml
from matching.engine.text.tokenise import tokenise_name

FAMILIES: dict[str, dict[str, Any]] = load_yaml("legal_forms.yaml")["families"]


def forms(name: str, jurisdiction: str | None = None) -> tuple[LegalForm, ...]:
    return find_legal_forms(tokenise_name(name).keys, jurisdiction)


def labels(name: str, jurisdiction: str | None = None) -> list[str]:
    return [form.label for form in forms(name, jurisdiction)]


def relation(left: str, right: str, jurisdiction: str | None = None) -> FormRelation:
    return relate_forms(forms(left, jurisdiction), forms(right, jurisdiction), jurisdiction, jurisdiction)


FOUND = [
    ("Acme Co., Inc.", ["Co.", "Inc."]),
    ("Acme Company Incorporated", ["Co.", "Inc."]),
    ("Foo GmbH & Co. KG", ["GmbH & Co. KG"]),
    ("Foo Gesellschaft mit beschränkter Haftung & Co. KG", ["GmbH & Co. KG"]),
    ("Foo Co., Ltd.", ["Co., Ltd."]),
    ("Grupo X, S.A. de C.V.", ["S.A. de C.V."]),
    ("Grupo X, S. de R.L. de C.V.", ["S. de R.L. de C.V."]),
    ("PT Foo Tbk", ["PT … Tbk", "PT … Tbk"]),
    ("ООО Ромашка", ["OOO"]),
    ("Ромашка ООО", ["OOO"]),
    ("株式会社トヨタ", ["株式会社"]),
    ("トヨタ株式会社", ["株式会社"]),
    ("Limited Liability Company Foo", ["LLC"]),
    ("Joint Stock Company Sberbank", ["JSC"]),
    ("OPEN JOINT-STOCK COMPANY ROSNEFT OIL COMPANY", ["OJSC", "Co."]),
    ("Companhia Siderurgica Nacional", ["Cia."]),
    ("DEDINI SA SIDERURGICA", []),  # inside a name a form is a word of it
    ("LUPATECH S/A - EM RECUPERACAO", ["SA"]),
    ("Acme Ltd (in liquidation)", ["Ltd"]),
    ("Aspen Technology Inc /DE/", ["Inc."]),
    ("Metals Acquisition Corp II", ["Corp."]),
    ("Nippon Suisan Kaisha Ltd /ADR/", ["Kaisha, Ltd."]),
    ("Smith & Company", ["& Co."]),
    ("Smith & Co Ltd", ["& Co. Ltd"]),
    ("Foo S. A. R. L.", ["SARL"]),
    ("Foo S.à r.l.", ["SARL"]),
    ("Sàrl Dupont", ["SARL"]),
    ("Foo UG (haftungsbeschränkt)", ["UG (haftungsbeschränkt)"]),
    ("Telia AB (publ)", ["AB", "(publ)"]),
    ("AB Volvo (publ)", ["AB", "(publ)"]),
    ("Oy Acme Ab", ["Oy Ab", "Oy Ab"]),
    ("KPMG AG Wirtschaftsprüfungsgesellschaft", ["AG"]),
    ("Eni S.p.A.", ["S.p.A."]),
    ("Acme Limted", ["Ltd"]),
    ("Acme Incorporatd", ["Inc."]),
    ("שירותי אקמי בע״מ", ['בע"מ']),
    ("ش.م.ل الشرق ش.م.ل", ["SAL"]),
]

NOT_FOUND = [
    ("AG Barr plc", ["plc"]),
    ("SE Asia Ltd", ["Ltd"]),
    ("As You Like It Inc", ["Inc."]),
    ("The Limited, Inc.", ["Inc."]),
    ("Spa Resorts Ltd", ["Ltd"]),
    ("Bank Trust Services LLC", ["LLC"]),
    ("Company Store Inc", ["Inc."]),
    ("PT Cleaners, Inc.", ["Inc."]),
    ("T.M.K. Enterprises Inc", ["Inc."]),
    ("Sa Sa International", []),
    ("The Limited", []),
    ("La Compagnie", []),
    ("Co", []),
    ("Riviera Resort and Spa", []),
    ("Friends of the Foundation", []),
    ("Travel Unlimited", []),
    ("Lucky Nail Spa", []),
    ("AB Foods Inc", ["Inc."]),
    ("Acme Companies", []),
]


def test_a_form_is_found_wherever_it_may_stand(subtests: pytest.Subtests) -> None:
    for name, expected in FOUND:
        with subtests.test(name):
            assert labels(name) == expected


def test_an_ordinary_word_is_never_taken_for_a_form(subtests: pytest.Subtests) -> None:
    for name, expected in NOT_FOUND:
        with subtests.test(name):
            assert labels(name) == expected


def test_a_form_covers_exactly_its_tokens() -> None:
    (form,) = forms("Foo Bar GmbH & Co. KG")
    assert (form.first, form.stop, form.is_compound) == (2, 6, True)


def spellings() -> Iterator[tuple[str, str, bool]]:
    for family, facts in FAMILIES.items():
        for kind in ("spellings", "weak", "bound"):
            for spelling in filter(None, facts.get(kind, "").split(" | ")):
                yield family, spelling, kind == "bound"


def test_every_spelling_after_a_name_finds_its_family(subtests: pytest.Subtests) -> None:
    for family, spelling, bound in spellings():
        where = next(iter(FAMILIES[family]["in"].split()), None)
        found = find_legal_forms(
            (*tokenise_name("Zyxo").keys, *tokenise_name(spelling).keys), where if bound else None
        )
        with subtests.test(spelling, family=family):
            assert family in {candidate for form in found for candidate in form.families}


def test_every_spelling_that_may_lead_finds_its_family(subtests: pytest.Subtests) -> None:
    for family, spelling, bound in spellings():
        if bound or not FAMILIES[family].get("prefix"):
            continue
        where = FAMILIES[family]["in"].split()[0]
        found = find_legal_forms((*tokenise_name(spelling).keys, *tokenise_name("Zyxo").keys), where)
        with subtests.test(spelling, family=family):
            assert [family in form.families for form in found[:1]] == [True]


RELATED = [
    ("Acme GmbH", "Acme Gesellschaft mit beschränkter Haftung", FormRelation.SAME),
    ("Acme, Inc.", "Acme Incorporated", FormRelation.SAME),
    ("Acme Company Limited", "Acme Co., Ltd.", FormRelation.SAME),
    ("Acme SA", "Acme Société Anonyme", FormRelation.SAME),
    ("Acme S.R.L.", "Acme Sociedad de Responsabilidad Limitada", FormRelation.SAME),
    ("Acme AB", "Acme AB (publ)", FormRelation.SAME),
    ("Acme Inc", "Acme Incorporée", FormRelation.SAME),
    ("Acme Limted", "Acme Ltd", FormRelation.SAME),
    ("SAS Acme", "Acme SAS", FormRelation.SAME),
    ("NV Acme SA", "Acme SA/NV", FormRelation.SAME),
    ("Acme", "Acmé", FormRelation.SAME),
    ("Acme GmbH", "Acme Ltd", FormRelation.TRANSLATION),
    ("ООО Ромашка", "Romashka LLC", FormRelation.TRANSLATION),
    ("ООО Ромашка", "OOO Romashka", FormRelation.SAME),
    ("トヨタ株式会社", "Toyota Co., Ltd.", FormRelation.TRANSLATION),
    ("北海道電力株式会社", "Hokkaido Electric Power Company, Incorporated", FormRelation.TRANSLATION),
    ("Acme SA/NV", "Acme NV", FormRelation.TRANSLATION),
    ("Acme Oy Ab", "Acme Oy", FormRelation.TRANSLATION),
    ("PT Acme Tbk", "PT Acme", FormRelation.TRANSLATION),
    ("SC Acme SRL", "Acme S.R.L.", FormRelation.TRANSLATION),
    ("Acme Srl unipersonale", "Acme S.r.l.", FormRelation.TRANSLATION),
    ("Acme Cyf", "Acme Ltd", FormRelation.TRANSLATION),
    ("PAO Sberbank", "PJSC Sberbank", FormRelation.TRANSLATION),
    ("Acme plc", "Acme Limited", FormRelation.MARKER),
    ("Acme Ltd", "Acme Pte. Ltd.", FormRelation.MARKER),
    ("Acme (P) Ltd", "Acme Ltd", FormRelation.MARKER),
    ("Acme Sdn Bhd", "Acme Bhd", FormRelation.MARKER),
    ("Acme Zrt.", "Acme Nyrt.", FormRelation.MARKER),
    ("OAO Acme", "PAO Acme", FormRelation.MARKER),
    ("Acme Co., Inc.", "Acme, Inc.", FormRelation.STACKED),
    ("Acme Co., Ltd.", "Acme Ltd.", FormRelation.STACKED),
    ("Acme Trust", "Acme Trust Inc", FormRelation.STACKED),
    ("Acme Corp Credit Union", "Acme Credit Union Corp", FormRelation.STACKED),
    ("Acme Trust Inc", "Acme Inc", FormRelation.DIFFERENT),
    ("Acme", "Acme Inc", FormRelation.MISSING),
    ("Acme LLC", "Acme, Inc.", FormRelation.DIFFERENT),
    ("Acme Inc", "Acme Corp", FormRelation.DIFFERENT),
    ("Acme GmbH & Co. KG", "Acme GmbH", FormRelation.DIFFERENT),
    ("Acme LLP", "Acme LP", FormRelation.DIFFERENT),
    ("Acme Public Company Limited", "Acme Company Limited", FormRelation.DIFFERENT),
    ("Acme LC", "Acme LLC", FormRelation.AMBIGUOUS),
    ("Acme SA", "Acme AG", FormRelation.AMBIGUOUS),
]


def test_two_forms_relate_the_same_way_in_both_directions(subtests: pytest.Subtests) -> None:
    for left, right, expected in RELATED:
        with subtests.test(f"{left} | {right}"):
            assert (relation(left, right), relation(right, left)) == (expected, expected)


@pytest.mark.parametrize(
    ("left", "right", "jurisdiction", "expected"),
    [
        ("Acme Inc", "Acme Corp", "US-ID", FormRelation.SHARED_CODE),
        ("Acme LC", "Acme LLC", "US-ID", FormRelation.SHARED_CODE),
        ("Acme LC", "Acme LLC", "US-DE", FormRelation.AMBIGUOUS),
        ("Acme SA", "Acme AG", "CH", FormRelation.TRANSLATION),
        ("Acme GmbH & Co. KG", "Acme KG", "DE", FormRelation.SHARED_CODE),
        ("AB Acme", "Acme Aktiebolag", "SE", FormRelation.SAME),
        ("AS Acme", "Acme AS", "EE", FormRelation.SAME),
        ("Acme C.A.", "Acme Compañía Anónima", "VE", FormRelation.SAME),
    ],
)
def test_a_jurisdiction_decides_what_was_ambiguous(
    left: str, right: str, jurisdiction: str, expected: FormRelation
) -> None:
    assert relation(left, right, jurisdiction) is expected


def test_two_states_of_one_country_have_no_jurisdiction_in_common() -> None:
    idaho, delaware = forms("Acme Inc", "US-ID"), forms("Acme Corp", "US-DE")
    assert relate_forms(idaho, delaware, "US-ID", "US-DE") is FormRelation.DIFFERENT


def test_one_spelling_in_two_countries_is_two_forms() -> None:
    norway, czechia = forms("Acme AS", "NO"), forms("Acme a.s.", "CZ")
    assert relate_forms(norway, czechia, "NO", "CZ") is FormRelation.DIFFERENT
    assert relate_forms(forms("Acme AS"), forms("Acme a.s.")) is FormRelation.SAME


def test_codes_are_those_of_the_jurisdiction() -> None:
    assert forms("Acme GmbH", "DE")[0].codes == (("DE", "2HBR"),)
    assert forms("Acme LLC", "US-DE")[0].codes == (("US-DE", "HZEH"),)
    assert {where for where, _ in forms("Acme GmbH")[0].codes} == {"AT", "BE", "CH", "DE", "LI"}


def test_a_form_only_the_iso_list_knows_is_found_in_its_jurisdiction() -> None:
    assert labels("Wohnbau VVaG", "DE") == ["VVaG"]
    assert [
        code for form in forms("Gartenfreunde Nicht eingetragener Verein", "DE") for code in form.codes
    ] == [("DE", "79H0")]


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (
            "Acme LLC",
            "Acme Inc",
            "LLC (limited liability company) and Inc. (corporation, incorporated) are different legal forms.",
        ),
        ("Acme", "Acme LP", "Only one of the names has a legal form: LP (limited partnership)."),
        ("Acme L.P.", "Acme Limited Partnership", "Both names have the legal form LP (limited partnership)."),
        ("Acme", "Acmé", "Neither name has a legal form."),
    ],
)
def test_an_explanation_names_the_forms_in_full(left: str, right: str, expected: str) -> None:
    assert explain_form_relation(forms(left), forms(right), relation(left, right)) == expected


def test_an_explanation_names_the_code_when_the_jurisdiction_is_known() -> None:
    left, right = forms("Acme Inc", "US-ID"), forms("Acme Corp", "US-ID")
    sentence = explain_form_relation(
        left, right, relate_forms(left, right, "US-ID", "US-ID"), "US-ID", "US-ID"
    )
    assert "ELF U9HL in US-ID" in sentence


WORDS = sorted(
    {token for _, spelling, _ in spellings() for token in tokenise_name(spelling).keys}
    | {"the", "and", "zyxo"}
)
KEYS = st.lists(st.one_of(st.sampled_from(WORDS), st.text(min_size=1, max_size=8)), max_size=9).map(tuple)
WHERE = st.sampled_from([None, "US-DE", "DE", "FR", "ZZ", ""])


@settings(max_examples=300, deadline=None)
@given(KEYS, WHERE)
def test_any_tokens_give_ordered_forms_that_leave_something_of_the_name(
    keys: tuple[str, ...], where: str | None
) -> None:
    found = find_legal_forms(keys, where)
    ends = [0, *[end for form in found for end in (form.first, form.stop)], len(keys)]
    assert ends == sorted(ends)
    assert not found or sum(form.stop - form.first for form in found) < len(keys)


@settings(max_examples=300, deadline=None)
@given(KEYS, KEYS, WHERE, WHERE)
def test_the_order_of_two_names_never_changes_the_relation(
    left: tuple[str, ...], right: tuple[str, ...], here: str | None, there: str | None
) -> None:
    one, two = find_legal_forms(left, here), find_legal_forms(right, there)
    found = relate_forms(one, two, here, there)
    assert found is relate_forms(two, one, there, here)
    assert explain_form_relation(one, two, found, here, there).endswith(".")


def test_spellings_are_split_as_names_are() -> None:
    differing = [text for _, text, _ in spellings() if tokenise_name(text).keys != tokenise_spelling(text)]
    assert differing == []


def test_every_reference_between_families_exists() -> None:
    register = load_form_register()
    named = {name for f in register.families.values() for name in (*f.translates, *f.same_as, *f.stacks)}
    assert named <= register.families.keys()
    assert ISO_EDITION == "2023-09-28"
    assert len({code for family in register.families.values() for _, code in family.codes}) > 2_500
