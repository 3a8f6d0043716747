"""Japanese and Chinese words are sought in the Latin name, never rendered for sure."""

import pytest

from matching.engine.cjk import read_against


@pytest.mark.parametrize(
    ("native", "latin"),
    [
        (["髙島屋"], "takashimaya"),
        (["東京", "電力"], "tokyoelectricpower"),
        (["日清", "ホールディングス"], "nisshinholdings"),
    ],
)
def test_every_character_is_found_where_the_latin_name_renders_it(native: list[str], latin: str) -> None:
    reading = read_against(native, latin)
    assert reading.found == 1.0
    assert reading.covered > 0.9


def test_what_the_latin_name_does_not_say_is_not_found() -> None:
    reading = read_against(["古河", "電気"], "hiroseelectric")
    assert reading.found == 0.5
    assert reading.covered == pytest.approx(8 / 14)


def test_nothing_is_found_in_nothing() -> None:
    assert read_against([], "acme") == (0.0, 0.0)
    assert read_against(["髙島屋"], "") == (0.0, 0.0)
