"""Every regular expression that reads what users send takes time linear in its length.

A backtracking matcher takes as long as there are ways to read a text. The ways are counted here for every
short word repeated eight and sixteen times: where they more than quadruple, a short name stops a process.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import sre_constants as op
import sre_parse
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import pytest

import matching

OFFLINE = ("matching.training", "matching.benchmark", "matching.management")
"""Packages that read files of their own, never what users send."""
LETTERS = 14
"""Most letters of which words are made: those that most parts of a pattern accept."""
MAX_GROWTH = 4.5
EXPONENTIAL = (
    r"(?:(?:[kgnhbpmr]y|sh|ch|ts|[kgsztdnhbpmrwfjy])?[aeiou]h?|n(?![aeiouy]))+",  # syllables, once ours
    r"(?:a|a)*b",
    r"(?:a*)*b",
    r"(?:\w+\s?)*$",
)


def list_modules() -> list[str]:
    names = [module.name for module in pkgutil.walk_packages(matching.__path__, "matching.")]
    return [name for name in names if not name.startswith((*OFFLINE, "matching.migrations"))]


def list_patterns() -> list[tuple[str, str]]:
    return sorted(
        {
            (f"{module}.{name}", value.pattern)
            for module in list_modules()
            for name, value in vars(importlib.import_module(module)).items()
            if isinstance(value, re.Pattern) and isinstance(value.pattern, str)
        }
    )


def test_patterns_are_constants_of_their_modules_so_that_all_of_them_are_checked() -> None:
    """``re.compile`` alone, and outside functions: what is not a constant would escape the next test."""
    for module in list_modules():
        path = Path(str(importlib.import_module(module).__file__))
        tree = ast.parse(path.read_text(encoding="utf-8"))
        constants = {id(node.value) for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re."):
                assert id(node) in constants, f"{path}:{node.lineno}"


@pytest.mark.parametrize(("name", "pattern"), list_patterns())
def test_no_pattern_reads_a_repeated_word_in_ever_more_ways(name: str, pattern: str) -> None:
    assert find_explosive_word(pattern) is None, name


@pytest.mark.parametrize("pattern", EXPONENTIAL)
def test_the_check_finds_patterns_that_explode(pattern: str) -> None:
    assert find_explosive_word(pattern) is not None


def find_explosive_word(pattern: str) -> str | None:
    """Return a word of one or two letters whose repetition multiplies the ways to read it."""
    nodes = sre_parse.parse(pattern)
    sequences, letters = [nodes, *list_sequences(nodes)], list_letters(nodes)
    for word in ["".join(pair) for length in (1, 2) for pair in product(letters, repeat=length)]:
        few, many = Readings(word * 8), Readings(word * 16)
        if any(many.count_attempts(each) > MAX_GROWTH * few.count_attempts(each) for each in sequences):
            return word
    return None


def list_sequences(nodes: Any) -> Iterator[Any]:
    """Yield the sequences of which the parts of a pattern consist, at any depth."""
    for kind, value in nodes:
        if kind is op.BRANCH:
            inner = value[1]
        elif kind in (op.LITERAL, op.NOT_LITERAL, op.IN, op.ANY, op.AT):
            continue
        else:
            inner = [value if kind is op.ATOMIC_GROUP else value[-1]]
        for sequence in inner:
            yield sequence
            yield from list_sequences(sequence)


def list_letters(nodes: Any) -> list[str]:
    """Return one letter for each set of parts that accept it, those that most parts accept first."""
    tests = list(list_letter_tests(nodes))
    literals = [chr(value) for kind, value in tests if kind is op.LITERAL]
    signatures: dict[tuple[bool, ...], str] = {}
    for letter in [*map(chr, range(32, 127)), "é", "ü", "中", "ア", "́", *literals]:
        signatures.setdefault(tuple(accepts(test, letter) for test in tests), letter)
    ranked = sorted(signatures.items(), key=lambda item: -sum(item[0]))
    return [letter for _, letter in ranked[:LETTERS]]


def list_letter_tests(nodes: Any) -> Iterator[tuple[Any, Any]]:
    for sequence in [nodes, *list_sequences(nodes)]:
        yield from [node for node in sequence if node[0] in (op.LITERAL, op.NOT_LITERAL, op.IN, op.ANY)]


def accepts(test: tuple[Any, Any], letter: str) -> bool:
    """Return whether a letter passes the test of one position."""
    kind, value = test
    code = ord(letter)
    if kind in (op.LITERAL, op.NOT_LITERAL):
        return (code == value) is (kind is op.LITERAL)
    if kind is op.ANY:
        return letter != "\n"
    if kind is op.RANGE:
        return bool(value[0] <= code <= value[1])
    if kind is op.CATEGORY:
        return re.fullmatch(CATEGORIES[value], letter) is not None
    is_negated = value[0][0] is op.NEGATE
    return any(accepts(item, letter) for item in value[is_negated:]) is not is_negated


CATEGORIES = {
    op.CATEGORY_DIGIT: r"\d",
    op.CATEGORY_NOT_DIGIT: r"\D",
    op.CATEGORY_SPACE: r"\s",
    op.CATEGORY_NOT_SPACE: r"\S",
    op.CATEGORY_WORD: r"\w",
    op.CATEGORY_NOT_WORD: r"\W",
}


class Readings:
    """The ways to read one text, as a backtracking matcher would try them."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.known: dict[tuple[int, int], Counter[int]] = {}

    def read(self, nodes: Any, at: int) -> Counter[int]:
        """Return the number of ways to match a sequence from ``at``, by where the match ends."""
        if (id(nodes), at) not in self.known:
            ends = Counter({at: 1})
            for node in nodes:
                ends = self.follow(ends, partial(self.read_node, node))
            self.known[id(nodes), at] = ends
        return self.known[id(nodes), at]

    def count_attempts(self, nodes: Any) -> int:
        """Return how many times a part of a sequence is tried, from the beginning of the text."""
        ends, attempts = Counter({0: 1}), 1
        for node in nodes:
            ends = self.follow(ends, partial(self.read_node, node))
            attempts += sum(ends.values())
        return attempts

    def follow(self, ends: Counter[int], read: Callable[[int], Counter[int]]) -> Counter[int]:
        found: Counter[int] = Counter()
        for end, ways in ends.items():
            for stop, more in read(end).items():
                found[stop] += ways * more
        return found

    def read_node(self, node: tuple[Any, Any], at: int) -> Counter[int]:
        kind, value = node
        if kind is op.BRANCH:
            return sum((self.read(branch, at) for branch in value[1]), Counter())
        if kind in (op.SUBPATTERN, op.ATOMIC_GROUP):
            found = self.read(value if kind is op.ATOMIC_GROUP else value[-1], at)
            return keep_longest(found) if kind is op.ATOMIC_GROUP else found
        if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
            found = self.repeat(value, at)
            return keep_longest(found) if kind is op.POSSESSIVE_REPEAT else found
        if kind in (op.ASSERT, op.ASSERT_NOT):
            start = at if value[0] > 0 else at - value[1].getwidth()[1]
            holds = start >= 0 and bool(self.read(value[1], start))
            return Counter({at: 1} if holds is (kind is op.ASSERT) else {})
        if kind is op.AT:
            return Counter({at: 1})
        return Counter({at + 1: 1} if at < len(self.text) and accepts(node, self.text[at]) else {})

    def repeat(self, value: tuple[int, Any, Any], at: int) -> Counter[int]:
        least, most, nodes = value
        found: Counter[int] = Counter()
        ends = Counter({at: 1})
        for times in range(min(int(most), len(self.text)) + 1):
            if times >= least:
                found += ends
            ends = self.follow(
                ends, lambda end: Counter({s: w for s, w in self.read(nodes, end).items() if s > end})
            )
        return found


def keep_longest(ends: Counter[int]) -> Counter[int]:
    """Return the one way that is left without backtracking."""
    return Counter({max(ends): 1}) if ends else ends
