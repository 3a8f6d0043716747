"""Alignment accounts for every word exactly once."""

from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from matching.engine.text.alignment import align_tokens, find_equal_runs
from matching.engine.text.tokenise import Token

WORDS = st.lists(
    st.sampled_from(["acme", "acne", "fund", "ii", "2", "blue", "bluewater", "water", "intl", "of"]),
    max_size=9,
)


def tokens(words: list[str]) -> tuple[Token, ...]:
    return tuple(Token(word, 10 * index, 10 * index + len(word), word) for index, word in enumerate(words))


@given(WORDS, WORDS)
def test_every_word_is_matched_moved_or_left_over_exactly_once(left: list[str], right: list[str]) -> None:
    found = align_tokens(tokens(left), tokens(right))
    ones = [i for match in found.matches for i in range(match.left_start, match.left_stop)]
    ones += [i for gap in found.gaps for i in gap.left] + [i for i, _ in found.moves]
    others = [j for match in found.matches for j in range(match.right_start, match.right_stop)]
    others += [j for gap in found.gaps for j in gap.right] + [j for _, j in found.moves]
    assert sorted(ones) == list(range(len(left)))
    assert sorted(others) == list(range(len(right)))


def test_words_written_together_stand_for_words_written_apart() -> None:
    found = align_tokens(tokens(["blue", "water", "fund"]), tokens(["bluewater", "fund"]))
    joined = found.matches[-1]
    assert (joined.left_start, joined.left_stop) == (0, 2)
    assert (joined.right_start, joined.right_stop) == (0, 1)
    assert not found.gaps


def test_a_word_at_another_place_has_moved() -> None:
    found = align_tokens(tokens(["acme", "blue", "fund"]), tokens(["acme", "fund", "blue"]))
    assert len(found.moves) == 1
    assert not found.gaps


@given(WORDS, WORDS)
def test_runs_of_equal_words_are_those_of_the_fewest_edits(left: list[str], right: list[str]) -> None:
    blocks = Levenshtein.opcodes(left, right).as_matching_blocks()
    expected = [(block.a, block.b, block.size) for block in blocks if block.size]
    assert [run for run in find_equal_runs(left, right) if run[2]] == expected
