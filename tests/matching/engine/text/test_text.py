"""Reading names into tokens: offsets always point into the name as received."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.engine.text.tokenise import (
    Token,
    build_confusable_skeleton,
    expand_icao_digraphs,
    is_mixed_script,
    romanise_token,
    tokenise_name,
)
from matching.engine.types import EmptyNameError, NameTooLongError


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("R.J.T. Instruments Corporation", ("rjt", "instruments", "corporation")),
        ("S.à r.l. & Cie", ("sa", "rl", "and", "cie")),
        ("PG + E CORP.", ("pg", "and", "e", "corp")),
        ("77Bank,Ltd.", ("77", "bank", "ltd")),
        ("Fund 1.5 No. 2, 1,000", ("fund", "1.5", "no", "2", "1000")),
        ("O'Brien, Sean", ("obrien", "sean")),
        ("José Nu\u0301n\u0303ez", ("jose", "nunez")),
        ("株式会社髙島屋", ("株式会社", "髙島屋")),
        ("\u110c\u116e\u1109\u1175\u11a8\u1112\u116c\u1109\u1161 \u1109\u1162\u11b7", ("주식회사", "샘")),
        ("日清食品DOWAホールディングス", ("日清食品", "dowa", "ホールディングス")),
        ("ＤＯＷＡ Ｈｏｌｄｉｎｇｓ", ("dowa", "holdings")),
        ("ООО «Ромашка»", ("ооо", "ромашка")),
        ("Foo d/b/a Bar c/o Baz", ("foo", "dba", "bar", "c/o", "baz")),
        ("2nd Street", ("2", "street")),
        ("삼성전자주식회사", ("삼성전자", "주식회사")),
        ("บริษัท ปตท", ("บริษัท", "ปตท")),
        ("टाटा मोटर्स लिमिटेड", ("टाटा", "मोटर्स", "लिमिटेड")),
    ],
)
def test_a_name_is_read_into_comparison_keys(name: str, keys: tuple[str, ...]) -> None:
    assert tokenise_name(name).keys == keys


@given(st.text(max_size=60))
def test_offsets_point_into_the_name_as_received(name: str) -> None:
    try:
        text = tokenise_name(name)
    except EmptyNameError:
        return
    for before, token in zip((None, *text.tokens), text.tokens, strict=False):
        assert name[token.start : token.end] == token.text
        assert before is None or before.start <= token.start


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_words_are_read_alike_wherever_they_stand(one: str, other: str) -> None:
    first, second, both = (
        tokenise_name(f"{one} é"),
        tokenise_name(f"{other} é"),
        tokenise_name(f"{one} é {other} é"),
    )
    shift = len(one) + 3
    moved = [Token(word.key, word.start + shift, word.end + shift, word.text) for word in second.tokens]
    assert both.tokens == (*first.tokens, *moved)
    assert both.invisible == (*first.invisible, *[at + shift for at in second.invisible])
    assert both.scripts == first.scripts | second.scripts


def test_invisible_characters_are_set_aside_and_reported() -> None:
    text = tokenise_name("Ac\u200bme\u202e Ltd")
    assert text.keys == ("acme", "ltd")
    assert text.invisible == (2, 5)


@pytest.mark.parametrize("name", ["", "   ", "—…!", "\u200b"])
def test_a_name_without_letters_or_digits_is_refused(name: str) -> None:
    with pytest.raises(EmptyNameError, match="at least one letter or digit"):
        tokenise_name(name)


def test_an_overlong_name_is_refused_without_being_quoted() -> None:
    with pytest.raises(NameTooLongError, match="1001") as caught:
        tokenise_name("secret" + "x" * 995)
    assert "secret" not in str(caught.value)


def test_machine_readable_digraphs_have_a_second_key() -> None:
    assert expand_icao_digraphs("Müller") == "mueller"
    assert expand_icao_digraphs("Ñandú") == "nxxandu"


def test_look_alikes_share_a_skeleton_and_mixed_script_is_seen() -> None:
    assert build_confusable_skeleton("Асme") == build_confusable_skeleton("Acme")
    assert build_confusable_skeleton("0il") == build_confusable_skeleton("Oil")
    assert is_mixed_script("Acmе")
    assert not is_mixed_script("Ромашка")


def test_every_script_has_a_latin_rendering() -> None:
    assert romanise_token("Ромашка") == "romashka"
    assert romanise_token("삼성") == "samseong"


@given(st.text(max_size=60))
def test_no_token_is_without_a_key(name: str) -> None:
    try:
        text = tokenise_name(name)
    except EmptyNameError:
        return
    assert all(text.keys)
