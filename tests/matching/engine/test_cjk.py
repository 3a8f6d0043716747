"""Japanese and Chinese words are sought in the Latin name, never rendered for sure."""

import pytest

from matching.engine.cjk import read_against


@pytest.mark.parametrize(
    ("native", "latin"),
    [
        (["髙島屋"], "takashimaya"),
        (["東京", "電力"], "tokyoelectricpower"),
        (["日清", "ホールディングス"], "nisshinholdings"),
        (["日清", "ホールディングス"], "nissinholdings"),
        (["大森"], "ohmori"),
        (["高速道路"], "expressway"),
    ],
)
def test_every_character_is_found_where_the_latin_name_renders_it(native: list[str], latin: str) -> None:
    reading = read_against(native, latin)
    assert reading.found == 1.0
    assert reading.covered > 0.9


def test_what_the_latin_name_does_not_say_is_not_found() -> None:
    reading = read_against(["古河", "電気"], "hiroseelectric")
    assert 0.0 < reading.found < 0.5
    assert reading.covered == 0.0


def test_a_word_that_latin_names_leave_out_is_missed_less_than_the_name_itself() -> None:
    left_out, another = read_against(["北川", "工業"], "kitagawa"), read_against(["北川", "工業"], "kogyo")
    assert left_out.found > 0.7
    assert another.found < 0.3


def test_nothing_is_found_in_nothing() -> None:
    assert read_against([], "acme") == (0.0, 0.0, 0.0)
    assert read_against(["髙島屋"], "") == (0.0, 0.0, 0.0)


def test_the_distinctive_word_leads_both_names_or_does_not() -> None:
    assert read_against(["古河", "電気"], "furukawaelectric").led == 1.0
    assert read_against(["古河", "電気"], "newfurukawa").led == 0.5
    assert read_against(["古河", "電気"], "hiroseelectric").led == 0.0


def test_a_sound_is_not_heard_in_a_word_that_another_part_stands_for() -> None:
    assert read_against(["フェスタリアホールディングス"], "higashiholdings").found < 0.3
    assert read_against(["マネックスグループ"], "monexgroup") == (1.0, 1.0, 1.0)
