"""Personal names are taken apart into the parts a reader sees."""

from __future__ import annotations

import pytest

from matching.engine.person.parse import parse_person
from matching.engine.person.types import ParsedPerson
from matching.engine.text.tokenise import Tokens, tokenise_name


def _parse(name: str) -> ParsedPerson:
    return parse_person(tokenise_name(name))


def _words(tokens: Tokens) -> str:
    return " ".join([token.text for token in tokens])


@pytest.mark.parametrize(
    ("name", "surname", "given", "middle"),
    [
        ("MORA RICARDO, Daniel Alberto", "MORA RICARDO", "Daniel", "Alberto"),
        ("John Allen Smith", "Smith", "John", "Allen"),
        ("John SMITH", "SMITH", "John", ""),
        ("SMITH John", "SMITH", "John", ""),
        ("J.R. Smith", "Smith", "J", "R"),
        ("Smith J.R.", "Smith", "J", "R"),
        ("MUELLER<<HANS<PETER", "MUELLER", "HANS", "PETER"),
        ("Mao Zedong", "Mao", "Zedong", ""),
        ("Nagy Péter", "Nagy", "Péter", ""),
        ("Lucia Ortega Vidal", "Ortega Vidal", "Lucia", ""),
        ("Mary Smith-Jones", "Smith Jones", "Mary", ""),
        ("Maria del Carmen Lopez", "Lopez", "Maria", "Carmen"),
        ("Miguel de la Cruz Lopez", "Cruz Lopez", "Miguel", ""),
        ("AL-ZINDANI, Shaykh 'Abd Al-Majid", "ZINDANI", "Abd Al-Majid", ""),
        ("KHANFURAH, 'Ala'", "KHANFURAH", "Ala", ""),
    ],
)
def test_surname_given_and_middle_names_are_told_apart(
    name: str, surname: str, given: str, middle: str
) -> None:
    person = _parse(name)
    assert (_words(person.surname), _words(person.given), _words(person.middle)) == (surname, given, middle)


@pytest.mark.parametrize(
    ("name", "field", "text"),
    [
        ("Ludwig van Beethoven", "particles", "van"),
        ("Beethoven, Ludwig van", "particles", "van"),
        ("AL-KHATIB, Mahmoud Daoud", "particles", "AL"),
        ("Ivan Petrovich Sidorov", "patronymic", "Petrovich"),
        ("Sidorov Ivan Petrovich", "patronymic", "Petrovich"),
        ("Иван Петрович Сидоров", "patronymic", "Петрович"),
        ("Ahmed bin Said Al-Maktoum", "patronymic", "Said"),
        ("Dr. Jane Roe", "titles", "Dr"),
        ("Jane Roe, MD", "postnominals", "MD"),
        ("Jane Roe, M.D.", "postnominals", "M.D."),
        ("Ada King, Ph.D.", "postnominals", "Ph D"),
        ('William "Bill" Harker', "nicknames", "Bill"),
        ("William (Bill) Harker", "nicknames", "Bill"),
        ("William 'Bill' Harker", "nicknames", "Bill"),
        ("John Smith a/k/a Johnny Rocket", "alias", "a/k/a Johnny Rocket"),
        ("John Smith also known as Rocket", "alias", "also known as Rocket"),
        ("Anna Weber (geb. Schmidt)", "birth_name", "geb Schmidt"),
        ("Anna Weber née Schmidt", "birth_name", "née Schmidt"),
        ("John Smith, Trustee", "capacity", "Trustee"),
        ("John Smith, as Executor of the Doe Estate", "capacity", "as Executor of the Doe Estate"),
        ("Estate of John Smith", "capacity", "Estate of"),
        ("John and Mary Smith", "joint", "Mary"),
        ("SMITH, John and Mary", "joint", "Mary"),
        ("John Smith and Mary Jones", "joint", "Mary Jones"),
        ("Henry Horne, 1st Baron Horne", "style", "1st Baron Horne"),
        ("Bob Keane (birth certificate)", "document", "birth certificate"),
        ("FNU Suharto", "placeholders", "FNU"),
        ("Fenn Tyre Co.", "trade", "Tyre Co"),
    ],
)
def test_what_stands_around_a_name_is_filed_under_its_field(name: str, field: str, text: str) -> None:
    tokens: Tokens = getattr(_parse(name), field)
    assert _words(tokens) == text


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("John Smith Jr.", "jr"),
        ("Smith, John, Jnr", "jr"),
        ("SMITH Jr., John", "jr"),
        ("John Smith, Senior", "sr"),
        ("John Smith III", "3"),
        ("John Smith 3rd", "3"),
        ("John Smith V", "5"),
        ("Smith, John V", ""),
        ("Junior Wells", ""),
        ("John Smith", ""),
    ],
)
def test_generational_suffixes_are_read_into_one_form(name: str, suffix: str) -> None:
    assert _parse(name).suffix == suffix


def test_a_single_word_is_a_mononym() -> None:
    assert _parse("Suharto").mononym
    assert not _parse("Suharto Kusuma").mononym


def test_a_title_that_is_the_whole_name_stays_the_name() -> None:
    assert _words(_parse("Sheikh").core) == "Sheikh"
    assert _words(_parse("MD").core) == "MD"


def test_a_degree_like_given_name_stays_a_given_name() -> None:
    assert _words(_parse("HUSSEIN, Md").given) == "Md"


def test_a_soft_title_goes_only_when_a_full_name_remains() -> None:
    assert _words(_parse("Haji Mohammad Suharto").titles) == "Haji"
    assert _parse("Haji Suharto").titles == ()


def test_offsets_point_into_the_name_as_received() -> None:
    name = "  SMITH ,  J.R. "
    for token in _parse(name).core:
        assert name[token.start : token.end] == token.text


def test_a_bare_name_is_known_as_such() -> None:
    assert _parse("John Smith").is_name_only
    assert not _parse("Mr John Smith").is_name_only


def test_placeholders_alone_are_still_a_name() -> None:
    assert _words(_parse("FNU (LNU)").core) == "FNU LNU"


def test_a_hyphenated_given_name_with_a_small_second_syllable_follows_its_surname() -> None:
    assert _words(_parse("Lee Myung-bak").surname) == "Lee"


@pytest.mark.parametrize(
    "name",
    [
        "Park Min-jun",
        "Jan van der Meer",
        "Willem van-der-Meer",
        "de la Roche",
        "John Allen Smith V",
        "Lee Myung-sik",
    ],
)
def test_case_says_nothing_about_the_parts_of_a_name(name: str) -> None:
    for written in (name.upper(), name.lower()):
        person, other = _parse(name), _parse(written)
        assert (person.roles, person.suffix) == (other.roles, other.suffix)
        assert _words(person.particles).upper() == _words(other.particles).upper()


@pytest.mark.parametrize(
    ("name", "particles"),
    [
        ("GABRIELA ORTIZ Y MENA", "Y"),
        ("Mary Y Hartwell", ""),
        ("Van Hartwell", ""),
        ("RAHMAN, INAYAT UR", "UR"),
        ("Hartwell, John Ed", ""),
        ("Nguyen, Thi Van", ""),
    ],
)
def test_a_particle_is_known_by_the_words_beside_it(name: str, particles: str) -> None:
    assert _words(_parse(name).particles) == particles


def test_a_hyphen_between_two_surnames_makes_no_given_name() -> None:
    assert _words(_parse("Ann Kim-Park").surname) == "Kim Park"
    assert _words(_parse("Ann Drake-Cole").surname) == "Drake Cole"


@pytest.mark.parametrize("quoted", ['"{}"', "“{}”", "«{}»", ' "{}". ', "„{}“"])
def test_quotation_marks_around_the_whole_name_are_no_nickname(quoted: str) -> None:
    for name in ("John Allen Smith Jr.", 'Robert "Bob" Kestrel', '"Bob" Kestrel', "Smith, John"):
        plain, marked = _parse(name), _parse(quoted.format(name))
        assert [token.key for token in plain.core] == [token.key for token in marked.core]
        assert (plain.roles, plain.suffix) == (marked.roles, marked.suffix)
        assert _words(plain.nicknames) == _words(marked.nicknames)
