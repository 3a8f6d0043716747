"""Every sentence on a difference is true of the pair, and one difference is one row."""

from itertools import chain

import pytest

from matching.engine import compare, load_categories, load_profiles, load_registry_profiles
from matching.engine.compared_pair import collect_findings, compare_pair
from matching.engine.differences.sentences import choose_sentence_key, get_sentence
from matching.engine.profiles import load_case_explanations
from matching.engine.types import Span
from matching.training.synthetic import generate_pairs
from tests.matching.engine.claims import CLAIMS, Claim, is_claim_true

INVENTED_PAIRS = (
    ("wilson hepple", "leslie wilson"),
    ("James Thomas", "Thomas James"),
    ("Brandt Trading USA Corp.", "Brandt USA Trading Corp."),
    ("Virtus Convertible & Income Fund II", "Virtus Equity & Convertible Income Fund"),
    ("Markelov, Viktor Anatolievich", "Kolchanov, Vasili Anatolievich"),
    ("Tim Sands", "Tom Sands"),
    ("Jonh Sands", "John Sands"),
    ("Bill Sands", "William Sands"),
    ("Geoffrey Lane", "Jeffrey Lane"),
    ("Quill Clark", "Quill Clarke"),
    ("Ellen Oda", "Ellen Ota"),
    ("Ellen Wood", "Ellen Woodgate"),
    ("Ellen Marriott", "Ellen Marryat"),
    ("Maria Petrov", "Maria Petrova"),
    ("Anna Schmidt", "Anna Weber"),
    ("A. Schmidt", "Anna Weber"),
    ("Azhar, Abdul Rauf", "Azhar, Abdur Rauf"),
    ("Alotaibi, Badr", "Al Otaibi, Badr"),
    ("Hassan Fazli", "Hasan Fazli"),
    ("José Núñez", "Jose Nunez"),
    ("O'Brien, Sean", "OBRIEN SEAN"),
    ("Quill, Jr., Harold", "Harold Quill Junior"),
    ("Dr. Harold Munro", "Harold Munro"),
    ("Sayyed Reza Munro", "Seyed Reza Munro"),
    ("Mr. Harold Munro", "Mrs. Harold Munro"),
    ("Ludwig van Beethoven", "Ludwig von Beethoven"),
    ("Carl Dent a/k/a Charlie Dent", "Carl Dent a/k/a Chuck Dent"),
    ("Estate of Nora Quill", "Nora Quill"),
    ("Nora Quill, Executor", "Nora Quill"),
    ("Oracle Corporation Japan", "Japan Transit Corporation"),
    ("Acme Inс", "Acme Inc"),
    ("Аcme Mills Inc", "Acme Mills Inc"),
    ("Ac\u200bme Mills Inc", "Acme Mills Inc"),
    ("Corley Limted", "Corley Limited"),
    ("Bank of Quill", "Bank Quill"),
    ("50% Off Mattress Inc", "50 Off Mattress Inc"),
    ("No. 1 Nails LLC", "#1 Nails LLC"),
    ("M/s Kaveri Agro Private Limited", "Kaveri Agro Private Limited"),
    ("The Acme Company", "Acme Company"),
    ("Quill Mills GmbH Holdings", "Quill Mills Holdings GmbH"),
    ("The Delgado Family Trust dated March 3, 2011", "The Delgado Family Trust"),
    ("The Delgado Family Trust u/a/d 3/3/2011", "Delgado Family Trust"),
    ("三菱自動車工業株式会社", "Mitsubishi Motors Corporation"),
    ("株式会社セブン＆アイ・ホールディングス", "Seven & i Holdings Co., Ltd."),
    ("ООО Ромашка", "Romashka LLC"),
    ("ＩＧ Mills", "IG Mills"),
    ("Cafe\u0301 Nord ApS", "Caf\u00e9 Nord ApS"),
    ("上海蓝鹭贸易有限公司", "上海蓝鹭贸易集团有限公司"),
    ("WORLDWIDE SHIPPING & TRANSPORTATION LIMITED", "WORLDWIDE SHIPPING AND TRANS"),
)
SYNTHETIC_PAIRS = 3_000


def _slice(name: str, span: Span | None) -> str:
    return name[span[0] : span[1]] if span else ""


def list_claims(left: str, right: str) -> list[tuple[str, Claim]]:
    """Return the key of the sentence on each difference with what it is said of."""
    pair = compare_pair(left, right, None)
    findings = collect_findings(pair, with_notes=True)
    of_pair = frozenset(finding.category for finding in findings)
    categories = tuple(finding.category.value for finding in findings)
    return [
        (
            choose_sentence_key(finding, of_pair, pair.names.left, pair.names.right),
            Claim(_slice(left, finding.span1), _slice(right, finding.span2), left, right, categories),
        )
        for finding in findings
    ]


def list_false_sentences(left: str, right: str) -> list[tuple[str, str, str]]:
    """Return the sentences on a pair that are not true of it."""
    return [
        (key, claim.text1, claim.text2)
        for key, claim in list_claims(left, right)
        if not is_claim_true(key, claim)
    ]


@pytest.mark.parametrize(("left", "right"), INVENTED_PAIRS)
def test_every_sentence_is_true_of_the_pair(left: str, right: str) -> None:
    assert list_false_sentences(left, right) == []
    assert list_false_sentences(right, left) == []


def test_every_sentence_is_true_of_the_examples_of_the_taxonomy() -> None:
    assert [(id_, list_false_sentences(*item.example)) for id_, item in load_categories().items()] == [
        (id_, []) for id_ in load_categories()
    ]


def test_every_sentence_is_true_and_stands_once_on_a_synthetic_corpus() -> None:
    false: list[object] = []
    repeated: list[tuple[str, str]] = []
    keys: set[str] = set()
    for pair in generate_pairs(seed=11, size=SYNTHETIC_PAIRS):
        claims = list_claims(pair.left, pair.right)
        keys |= {key for key, _ in claims}
        false += [(key, *claim) for key, claim in claims if not is_claim_true(key, claim)]
        if has_repeated_place(pair.left, pair.right):
            repeated.append((pair.left, pair.right))
    assert false == []
    assert repeated == []
    assert len(keys) >= 60


def has_repeated_place(left: str, right: str) -> bool:
    """Return whether two findings of one category stand on the same texts."""
    findings = collect_findings(compare_pair(left, right, None), with_notes=False)
    rows = [(item.category, item.span1, item.span2) for item in findings]
    return len(rows) != len(set(rows))


@pytest.mark.parametrize(
    ("key", "claim"),
    [
        ("O27", Claim("Group", "Group", "Zyqc Group Holding", "Zhong Holding Group", ("O27",))),
        ("I03", Claim("wilson hepple", "leslie wilson", "wilson hepple", "leslie wilson", ("I03",))),
        ("I11", Claim("Viktor", "Vasili", "Viktor Roe", "Vasili Poe", ("I11", "I15"))),
        ("I15", Claim("Roe", "Poe", "Viktor Roe", "Vasili Poe", ("I11", "I15"))),
        ("I09", Claim("Jonh", "John", "Jonh Roe", "John Roe", ("I09",))),
        ("O25", Claim("GmbH", "", "Acme GmbH Mills", "Acme Mills", ("O25",))),
        ("O25", Claim("of", "", "Bank of Acme", "Bank Acme", ("O25",))),
        ("O24", Claim("Holdings", "", "Holdings Acme", "Acme Holdings", ("O24",))),
        ("O39", Claim("Acme", "Acme", "Acme", "Acme", ("O39",))),
        ("O18", Claim("Acme", "Zenith", "Acme", "Zenith", ("O18",))),
        ("I14", Claim("Dr", "Prof", "Dr Roe", "Prof Roe", ("I14",))),
    ],
)
def test_the_check_finds_a_false_sentence(key: str, claim: Claim) -> None:
    assert not is_claim_true(key, claim)


def test_every_category_with_words_of_its_own_has_a_claim() -> None:
    appended = {f"O{number}" for number in (23, 29, 30, 31, 32, 33, 34, 35, 40)} | {"I19", "I21", "I27"}
    assert {key[:3] for key in CLAIMS} | appended == set(load_categories())


def test_every_case_has_a_text_and_belongs_to_a_category() -> None:
    assert {key[:3] for key in load_case_explanations()} <= set(load_categories())
    assert all(get_sentence(key).explanation.endswith(".") for key in load_case_explanations())


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("The Delgado Family Trust dated March 3, 2011", "The Delgado Family Trust"),
        ("Jose Nuñez", "José Nunez"),
        ("O'DOWD, SEAN PATRICK", "O'Dowd, Sean Patrick"),
        ("Ivan Petrovich Sidorov", "Ivan Pavlovich Sidorov"),
        ("Acme Inс", "Acme Inc"),
    ],
)
def test_one_difference_is_one_row(left: str, right: str) -> None:
    rows = [item for item in compare(left, right).differences if item.category.value != "O11"]
    assert len(rows) == 1


def test_words_in_another_script_are_one_row() -> None:
    for left, right in (
        ("株式会社リゾート＆メディカル", "Resort & Medical"),
        ("Иван Сидоров", "Ivan Sidorov"),
    ):
        rows = [item.category.value for item in compare(left, right).differences]
        assert len([category for category in rows if category in ("O36", "I20")]) == 1


def test_lookalike_letters_are_named_with_their_code_points_on_both_sides() -> None:
    for left, right in (("Acme Inс", "Acme Inc"), ("Аcme Inc", "Acme Inc")):
        for one, other in ((left, right), (right, left)):
            [row] = compare(one, other).differences
            assert row.category.value == "O39"
            assert all((row.text1, row.text2))
            assert {"CYRILLIC", "LATIN"} <= set(row.explanation.split())
            assert row.explanation.count("U+") == 2


SEARCH_WORDS = ("search", "index", "filing", "debtor", "UCC", "MARS")


@pytest.mark.parametrize("profile", ["general", "kyc", "sanctions", "contract", "lc"])
def test_only_profiles_of_filings_speak_of_searches(profile: str) -> None:
    for left, right in chain(INVENTED_PAIRS, (item.example for item in load_categories().values())):
        found = compare(left, right, profile)
        said = " ".join(
            [
                found.reason,
                found.missing_fact or "",
                *[f"{row.explanation} {row.authority}" for row in found.differences],
            ]
        )
        assert not [word for word in SEARCH_WORDS if word in said], (left, right, said)


@pytest.mark.parametrize(
    ("profile", "law"),
    [
        ("kyc", "31 C.F.R. § 1020.220"),
        ("sanctions", "OFAC FAQ 5"),
        ("contract", "falsa demonstratio non nocet"),
        ("lc", "UCP 600 art. 14(d)"),
        ("ucc", "UCC § 9-506(c)"),
        ("strict", "UCC § 9-503(a)"),
    ],
)
def test_the_reason_quotes_the_law_of_the_profile(profile: str, law: str) -> None:
    assert law in compare("Bill Sands", "William Sands", profile).reason


def test_the_fact_that_settles_a_review_fits_the_regime() -> None:
    married = ("Anna Schmidt", "Anna Weber")
    listed = compare(*married, "sanctions")
    assert "date of birth" in (listed.missing_fact or "")
    assert "marriage" not in (listed.missing_fact or "")
    assert "marriage" in (compare(*married, "kyc").missing_fact or "")
    company = ("Acme Mills", "Acme Mills GmbH")
    assert "corporate register extract" in (compare(*company, "kyc").missing_fact or "")
    assert "certified search" in (compare("Acme Bank", "Acme", "ucc").missing_fact or "")
    for profile in (load_profiles() | load_registry_profiles()).values():
        facts = " ".join(profile.missing.values())
        assert "marriage" not in facts or profile.id == "kyc"
