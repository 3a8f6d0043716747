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
    "words of another language": [
        ("Holz und Wand GmbH", "Holz und Land GmbH"),
        ("Casa Barra SL", "Casa Barca SL"),
        ("Maison Lavande SARL", "Maison Lamande SARL"),
        ("Officina Porta S.r.l.", "Officina Posta S.r.l."),
    ],
    "a short form that is a word of its own": [
        ("Cat Equipment Yard LLC", "Catering Equipment Yard LLC"),
        ("Pan Bakers Ltd", "Panama Bakers Ltd"),
        ("Con Brick Ltd", "Construction Brick Ltd"),
        ("B Gardens LLC", "Botanical Gardens LLC"),
        ("E Street Bakery Inc", "East Street Bakery Inc"),
        ("St. Brannock Fencing Ltd", "Street Brannock Fencing Ltd"),
        ("Eastern Quarry Ltd", "East Quarry Ltd"),
        ("Mount Vernon Bank", "Mountain Vernon Bank"),
    ],
    "stacked forms in another order": [
        ("Ludlow Corp Credit Union", "Ludlow Credit Union Corp"),
        ("Ludlow Trust Company Foundation", "Ludlow Foundation Trust Company"),
    ],
    "a listed company and its name without the mark": [
        ("PT Samudra Biru Tbk", "PT Samudra Biru"),
        ("PT Samudra Biru (Persero) Tbk", "PT Samudra Biru"),
    ],
    "one letter of a short invented word": [
        ("Gazmar Drilling OOO", "Gasmar Drilling OOO"),
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
        ("Hightowers Cranes Ltd", "Hightower Cranes Ltd"),
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
        ("Clara Nicholson", "Clara Nicolson"),
        ("Clara Clarke", "Clara Clark"),
        ("Clara Wells", "Clara Well"),
        ("Abdul Rashid Noorzai", "Abdul Rahim Noorzai"),
        ("Jo Hartley", "Joe Hartley"),
    ],
    "the wife of a man of that name": [
        ("Mrs. Peter Hollis", "Peter Hollis"),
    ],
    "initials of another company": [
        ("KLM Tools Ltd", "KML Tools Ltd"),
        ("ACE Tools Ltd", "AXE Tools Ltd"),
    ],
    "a short form of several words": [
        ("Ludlow Hosp. Trust", "Ludlow Hospitality Trust"),
        ("Ludlow Const. Society", "Ludlow Constitutional Society"),
    ],
    "other letters, not other accents": [
        ("Trần Văn Dũng", "Trần Văn Dưng"),
        ("Đặng Thị Mai", "Đặng Thị Mái"),
    ],
    "a Japanese form before and after the name": [
        ("株式会社青葉印刷", "青葉印刷株式会社"),
        ("(株)青葉印刷", "青葉印刷株式会社"),
        ("有限会社みどり工房", "みどり工房有限会社"),
        ("合同会社みどり工房", "みどり工房合同会社"),
    ],
    "a short form of several words, or of none that is listed": [
        ("Kestrel Comm Ltd", "Kestrel Communications Ltd"),
        ("Kestrel Fed Bank", "Kestrel Federation Bank"),
        ("Kestrel Whse Ltd", "Kestrel Warehouse Ltd"),
        ("Kestrel Assoc. Inc", "Kestrel Associates Inc"),
        ("Kestrel Assoc. Inc", "Kestrel Association Inc"),
        ("Kestrel Est. Tools Ltd", "Kestrel Establishment Tools Ltd"),
        ("Kestrel Pkg. Tools Ltd", "Kestrel Packaging Tools Ltd"),
        ("So. Kestrel Gas Co", "Southern Kestrel Gas Co"),
    ],
    "a misspelt legal form": [
        ("Kestrel Ltd", "Kestrel Ldt"),
        ("Kestrel Inc", "Kestrel lnc"),
        ("Kestrel GmbH", "Kestrel GmbHH"),
    ],
    "a company that is not yet registered": [
        ("Kestrel GmbH", "Kestrel GmbH i.G."),
        ("Kestrel GmbH", "Kestrel GmbH in Gründung"),
    ],
    "a short form that is all of a name": [
        ("LBR Inc", "Lumber Inc"),
        ("Intl Ltd", "International Ltd"),
    ],
    "a doubled letter that may make another name": [
        ("Otto Weiss", "Otto Weis"),
        ("Otto Weiß", "Otto Weis"),
        ("Otto Haas", "Otto Has"),
        ("Hasan Mert", "Hassan Mert"),
        ("Weiss Kestrel GmbH", "Weis Kestrel GmbH"),
    ],
    "two surname particles": [
        ("Jan van Horst", "Jan ter Horst"),
        ("Jan van den Berg", "Jan van der Berg"),
        ("Laila bin Kestrel", "Laila bint Kestrel"),
        ("Otto von Stein", "Otto vom Stein"),
        ("Inés del Rio", "Inés de Rio"),
    ],
    "a family name that goes on": [
        ("Paula Castell", "Paula Castella"),
        ("Inés Quiroga", "Inés Quirogas"),
        ("Priya Sharma", "Priya Sharman"),
    ],
    "surnames in the other order": [
        ("Quiroga Salas, Inés", "Inés Salas Quiroga"),
        ("QUIROGA SALAS Inés", "Inés Salas Quiroga"),
        ("Venn-Cole, Paula", "Paula Cole-Venn"),
    ],
    "capitals that may be initials": [
        ("JP Simon", "Simon James Paul"),
        ("JP Simon", "James Paul Simon"),
        ("JP Simon", "Jo Simon"),
    ],
    "a word that is no word for number": [
        ("No One Kestrel Ltd", "Number One Kestrel Ltd"),
        ("Say No Kestrel Ltd", "Say Number Kestrel Ltd"),
    ],
    "a place in an order and a number": [
        ("First Kestrel Bank", "1 Kestrel Bank"),
        ("Kestrel Fund Second LP", "Kestrel Fund 2 LP"),
    ],
    "a street before a saint": [
        ("Quarry St Bakery LLC", "Quarry Saint Bakery LLC"),
    ],
    "a word for number on one side": [
        ("Kestrel Lodge No. 7", "Kestrel Lodge 7"),
        ("Kestrel Fund Number 3 LP", "Kestrel Fund 3 LP"),
        ("Kestrel Lodge No. 7", "Kestrel Lodge No. 8"),
    ],
    "words of a name that change places": [
        ("Stone Bridge Kestrel LLC", "Bridge Stone Kestrel LLC"),
        ("A & K Joinery LLC", "K & A Joinery LLC"),
        ("Hollis, Drake & Co", "Drake, Hollis & Co"),
        ("North South Cranes Inc", "South North Cranes Inc"),
        ("First Capital Cranes Inc", "Capital First Cranes Inc"),
    ],
    "half of a compound given name": [
        ("Marie-Claude Perrin", "Marie Perrin"),
        ("Hans-Peter Vogel", "Hans Vogel"),
        ("María José García López", "María García López"),
        ("Juan Carlos Vega Luna", "Juan Vega Luna"),
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
        ("Pelham & Assoc. Inc", "Pelham & Associates Inc"),
        ("Pelham Fdn Arts Inc", "Pelham Foundation Arts Inc"),
        ("Pelham View Apts LLC", "Pelham View Apartments LLC"),
        ("Pelham Trdg. Partners Ltd", "Pelham Trading Partners Ltd"),
        ("12 N. Orchard Street LLC", "12 North Orchard Street LLC"),
        ("40 Vine St LLC", "40 Vine Street LLC"),
        ("Adler, Konrad", "Konrad Adler"),
        ("Kestrel Holdings, Inc. (Delaware)", "Kestrel Holdings, Inc."),
        ("Kestrel B. V.", "Kestrel B.V."),
        ("Kestrel S. p. A.", "Kestrel SpA"),
        ("Kestrel Mills™ Ltd", "Kestrel Mills Ltd"),
        ("Caf&eacute; Kestrel ApS", "Café Kestrel ApS"),
        ("K?strel Bau GmbH", "Köstrel Bau GmbH"),
        ("Kestrel%20Mills%20Ltd", "Kestrel Mills Ltd"),
        ("Kestrel FormaÃ§Ã£o Ltda", "Kestrel Formação Ltda"),
        ("Rhodes Arvidge", "Rhodes Arvidje"),
        ("Kestrel och Norrby AB", "Kestrel & Norrby AB"),
        ("Kestrel ja Niemi Oy", "Kestrel & Niemi Oy"),
        ("Kestrel Co-operative Society Ltd", "Kestrel Cooperative Society Ltd"),
        ("Kestrel Brasserie Incorporée", "Kestrel Brasserie Inc."),
        ("SC Kestrel Impex SRL", "Kestrel Impex SRL"),
        ("Kestrel Bank AG Zweigniederlassung Wien", "Kestrel Bank AG"),
        ("Kestrel Bank NA, New York Branch", "Kestrel Bank NA"),
        ("Kestrel Foods (HK) Ltd", "Kestrel Foods (Hong Kong) Ltd"),
        ("Kestrel Foods United Kingdom Ltd", "Kestrel Foods UK Ltd"),
        ("NYC Kestrel Transit Inc", "New York City Kestrel Transit Inc"),
        ("Kestrel DC Water Inc", "Kestrel District of Columbia Water Inc"),
        ("No. 3 Kestrel Wharf Ltd", "Number Three Kestrel Wharf Ltd"),
        ("Kestrel International Marine Insurance LL", "Kestrel International Marine Insurance LLC"),
        ("Kestrel Ltd, as Borrower", "Kestrel Ltd"),
        ("Kestrel Ltd post@kestrel.example", "Kestrel Ltd"),
        ("Kestrel B.V., ROTTERDAM, NL", "Kestrel B.V."),
        ("Al Kestrel Co", "El Kestrel Co"),
        ("Anna Hollis, 9 Quay Street", "Anna Hollis"),
        ("Wladimir Kusmin", "Vladimir Kuzmin"),
        ("Pavel Sokolow", "Pavel Sokolov"),
        ("Piotr Orloff", "Piotr Orlov"),
        ("Haruko Ito", "Haruko Itoh"),
        ("Bo Dale a/k/a Max Quill", "Max Quill"),
        ("Bank Kestrelia", "Kestrelia Bank"),
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
        ("Zeta Marine Ltd", "Beta Marine Ltd", "kyc"),
        ("Kestrel BidCo Ltd", "Kestrel TopCo Ltd", "kyc"),
        ("Kestrel Biofuels Inc", "Kestrel Fuels Inc", "general"),
        ("KPMR Ltd", "KPRM Ltd", "general"),
        ("青山贸易有限公司", "青山贸易集团有限公司", "kyc"),
        ("Mekong Foods Public Company Limited", "Mekong Foods Company Limited", "lc"),
        ("Pet Barn Ltd", "Petroleum Barn Ltd", "contract"),
        ("St. Brannock Fencing Ltd", "Street Brannock Fencing Ltd", "general"),
        ("Anna Hollis or Ben Hollis", "Anna Hollis", "kyc"),
        ("Anna Hollis Estate", "Anna Hollis", "general"),
        ("Kasim al-Jabri", "Ingeborg Sandvik", "sanctions"),
        ("Pedro Quiroga", "Lena Hofmann", "sanctions"),
    ],
)
def test_what_cannot_be_one_name_is_material(left: str, right: str, profile: str) -> None:
    assert compare(left, right, profile).verdict is Verdict.MATERIAL


@pytest.mark.parametrize(
    ("left", "right", "profile"),
    [
        ('Kestrel Ltd (the "Lender")', "Kestrel Ltd", "contract"),
        ('Kestrel Ltd ("Kestrel")', "Kestrel Ltd", "contract"),
        ("Kestrel Textilles Ltd", "Kestrel Textiles Ltd", "lc"),
        ("Kestrel Intl. Ltd", "Kestrel International Ltd", "lc"),
        ("Bros. Kestrel Ltd", "Brothers Kestrel Ltd", "general"),
        ("Ana Rowe-Hart", "Ana Rowe Hart", "general"),
        ("Saint Brannock Fencing Ltd", "St. Brannock Fencing Ltd", "general"),
        ("Friends of Saint Brannock", "Friends of St Brannock", "kyc"),
        ("First Kestrel Bank", "1st Kestrel Bank", "general"),
        ("Kestrel Wharf Number 14 Ltd", "Kestrel Wharf No. 14 Ltd", "kyc"),
        ("Kestrel Loge Nr. 4 e.V.", "Kestrel Loge No. 4 e.V.", "contract"),
        ("Number Three Kestrel Wharf Ltd", "No. 3 Kestrel Wharf Ltd", "general"),
        ("QUIROGA SALAS, Inés", "Inés Quiroga Salas", "kyc"),
        ("QUIROGA Inés Marta", "Inés Marta Quiroga", "kyc"),
        ("QUIROGA Inés Marta", "Inés M. Quiroga", "general"),
        ("Simon, Hélène", "Hélène Simon", "general"),
        ("JP Quiroga", "J.P. Quiroga", "kyc"),
        ("Otto Weiß", "Otto Weiss", "kyc"),
        ("Håkon Lie", "Haakon Lie", "kyc"),
        ("Otto Müller", "Otto Mueller", "kyc"),
        ("Karim bin Yusuf Haddad", "Karim ibn Yusuf Haddad", "kyc"),
        ("TJ QUIROGA", "T. J. QUIROGA", "general"),
        ("Quiroga TJ", "Quiroga T.J.", "ucc"),
        ("QUIROGA Inés", "Quiroga Inés", "ucc"),
        ("AB Kestrel", "Aktiebolaget Kestrel", "general"),
        ("Aktiebolaget Kestrel", "Kestrel AB", "kyc"),
        ("Aktieselskabet Kestrel", "Kestrel A/S", "general"),
        ("The Trustees of Kestrel College", "Trustees of Kestrel College", "general"),
        ("The Trustees of Kestrel College", "Trustees of Kestrel College", "ucc"),
    ],
)
def test_what_the_regime_disregards_is_immaterial(left: str, right: str, profile: str) -> None:
    assert compare(left, right, profile).verdict is Verdict.IMMATERIAL


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


@pytest.mark.parametrize(
    ("left", "right", "profile", "verdict"),
    [
        # Of two names one is shared and the other has nothing in common: no match (OFAC FAQ 5).
        ("Arthur Pell", "Gilbert Pell", "sanctions", Verdict.MATERIAL),
        ("Gilbert Pell", "Gilbert Hask", "sanctions", Verdict.MATERIAL),
        ("Gilbert Pell", "Gilbert Hask", "kyc", Verdict.MATERIAL),
        # A woman may have married; an unlisted name may be another spelling.
        ("Edith Pell", "Edith Hask", "kyc", Verdict.REVIEW),
        ("Edith Pell", "Edith Hask", "sanctions", Verdict.REVIEW),
        ("Arthur Pell", "Zhivko Pell", "sanctions", Verdict.REVIEW),
        ("Omar Pell", "Ammar Pell", "sanctions", Verdict.REVIEW),
        ("Alex Pell", "Alejandro Pell", "sanctions", Verdict.REVIEW),
        ("Hasan Pell", "Husain Pell", "sanctions", Verdict.REVIEW),
    ],
)
def test_one_name_in_common_is_no_match_unless_the_other_may_have_changed(
    left: str, right: str, profile: str, verdict: Verdict
) -> None:
    assert compare(left, right, profile, "individual").verdict is verdict
    assert compare(right, left, profile, "individual").verdict is verdict


@pytest.mark.parametrize("profile", ["general", "kyc", "contract", "lc"])
@pytest.mark.parametrize(
    ("added", "verdict"),
    [
        (", HRB 40917", Verdict.IMMATERIAL),
        (", VAT GB 123456789", Verdict.IMMATERIAL),
        (", Company No. 08812345", Verdict.IMMATERIAL),
        (", 14 Dock Road", Verdict.IMMATERIAL),
        (", P.O. Box 117", Verdict.IMMATERIAL),
        (" (in liquidation)", Verdict.REVIEW),
        (", Company No. 08812345 (in liquidation)", Verdict.REVIEW),
        (", Company No. 08812345 Holdings", Verdict.REVIEW),
        (" 2 Street Food", Verdict.REVIEW),
    ],
)
def test_an_address_or_a_number_beside_a_name_is_no_part_of_it(
    added: str, verdict: Verdict, profile: str
) -> None:
    assert compare(f"Kestrel Mills Ltd{added}", "Kestrel Mills Ltd", profile).verdict is verdict
    assert compare("Kestrel Mills Ltd", f"Kestrel Mills Ltd{added}", profile).verdict is verdict


def test_two_numbers_of_a_register_are_two_companies() -> None:
    for profile in ("general", "kyc", "contract", "lc"):
        found = compare("Kestrel Mills Ltd, HRB 40917", "Kestrel Mills Ltd, HRB 40918", profile)
        assert found.verdict is Verdict.MATERIAL


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Tseng Chih-hao", "Zeng Zhihao"),
        ("Chou Kuo-ping", "Zhou Guoping"),
        ("Hsieh Chun-hsien", "Xie Junxian"),
        ("Mao Tse-lin", "Mao Zelin"),
    ],
)
def test_a_chinese_name_in_two_romanisations_is_a_match_and_no_other_name(left: str, right: str) -> None:
    assert compare(left, right, "general", "individual").verdict is not Verdict.MATERIAL
    assert compare(left, right, "kyc", "individual").verdict is Verdict.REVIEW
    assert compare(right, left, "kyc", "individual").verdict is Verdict.REVIEW


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Tina Ellery", "Dina Ellery"),
        ("Tan Ellery", "Dan Ellery"),
        ("Chen Wei", "Zhen Wei"),
    ],
)
def test_names_that_are_pinyin_both_are_never_one_by_their_romanisation(left: str, right: str) -> None:
    for profile in ("general", "kyc", "contract", "lc", "sanctions"):
        assert compare(left, right, profile, "individual").verdict is not Verdict.IMMATERIAL


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Zarya Neftegaz OOO", "ООО Северный Ветер"),
        ("Brontal Mills Ltd", "ООО Кузница Уют"),
        ("Pelor Trading LLC", "شركة السماء للنقل"),
    ],
)
def test_names_in_two_scripts_with_other_consonants_are_no_match(left: str, right: str) -> None:
    assert compare(left, right, "sanctions").verdict is not Verdict.IMMATERIAL


@pytest.mark.parametrize(
    ("left", "text"),
    [('Kestrel Ltd (the "Borrower")', 'the "Borrower"'), ("Kestrel Ltd (the “Borrower”)", "the “Borrower”")],
)
def test_a_defined_term_is_shown_with_the_mark_that_closes_it(left: str, text: str) -> None:
    (found,) = compare(left, "Kestrel Ltd", "contract").differences
    assert found.text1 == text


@pytest.mark.parametrize(
    ("left", "right", "title"),
    [
        ("Jan van Horst", "Jan ter Horst", "Two surname particles"),
        ("Karim bin Yusuf Haddad", "Karim ibn Yusuf Haddad", "Surname particle in two spellings"),
        ("Jan Horst", "Jan van Horst", "Surname particle"),
    ],
)
def test_surname_particles_are_told_apart_from_spellings_of_one(left: str, right: str, title: str) -> None:
    assert [item.title for item in compare(left, right, "kyc").differences] == [title]
