"""Japanese and Chinese words are sought in the Latin name, never rendered for sure."""

import pytest

from matching.engine.text.cjk import match_readings


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
    reading = match_readings(native, latin)
    assert reading.native_coverage == 1.0
    assert reading.latin_coverage > 0.9


def test_what_the_latin_name_does_not_say_is_not_found() -> None:
    reading = match_readings(["古河", "電気"], "hiroseelectric")
    assert 0.0 < reading.native_coverage < 0.5
    assert reading.latin_coverage == 0.0


def test_a_word_that_latin_names_leave_out_is_missed_less_than_the_name_itself() -> None:
    left_out, another = (
        match_readings(["北川", "工業"], "kitagawa"),
        match_readings(["北川", "工業"], "kogyo"),
    )
    assert left_out.native_coverage > 0.7
    assert another.native_coverage < 0.3


def test_nothing_is_found_in_nothing() -> None:
    assert match_readings([], "acme") == (0.0, 0.0, 0.0)
    assert match_readings(["髙島屋"], "") == (0.0, 0.0, 0.0)


def test_the_distinctive_word_leads_both_names_or_does_not() -> None:
    assert match_readings(["古河", "電気"], "furukawaelectric").first_word_score == 1.0
    assert match_readings(["古河", "電気"], "newfurukawa").first_word_score == 0.5
    assert match_readings(["古河", "電気"], "hiroseelectric").first_word_score == 0.0


def test_a_sound_is_not_heard_in_a_word_that_another_part_stands_for() -> None:
    assert match_readings(["フェスタリアホールディングス"], "higashiholdings").native_coverage < 0.3
    assert match_readings(["マネックスグループ"], "monexgroup") == (1.0, 1.0, 1.0)
